using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Learning.Runs;

namespace Consort.Studies.Recipes.Daily;

/// <summary>What a model came to on a day that it had not seen.</summary>
/// <param name="Score">Of the day's rows.</param>
/// <param name="Seconds">What it took to make the model: reading, encoding and training; 0 of one that was there.</param>
/// <param name="Ids">How many ids it knows.</param>
internal sealed record DailyScore(DayScore Score, double Seconds, int Ids)
{
    /// <summary>What a run folder keeps for a day, or null.</summary>
    public static DailyScore? Read(RunFolder run, int day) => JsonRecord.Find<DailyScore>(PathOf(run, day),
        what => new ConsortException($"{PathOf(run, day)}: the file is damaged: {what}; delete it to measure again"));

    /// <summary>Keeps it.</summary>
    public void Write(RunFolder run, int day) => JsonRecord.Write(PathOf(run, day), this);

    private static string PathOf(RunFolder run, int day) => Path.Combine(run.Path, FormattableString.Invariant($"day{day + 1:D3}.json"));
}
