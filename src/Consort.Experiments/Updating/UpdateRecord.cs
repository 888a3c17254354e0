using System.Text.Json.Serialization;
using Consort.Experiments.Running;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>A run in the chain of those that an update stands on.</summary>
/// <param name="Run">What its folder is called.</param>
/// <param name="DataKey">The key of the rows that it was trained on.</param>
/// <param name="Weights">XxHash128 of its weights.</param>
public sealed record RunLink(string Run, string DataKey, string Weights)
{
    /// <summary>A run as a link.</summary>
    internal static RunLink Of(RunFolder run, string weights) =>
        new(Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Path)), RunEnvironment.DataKeyOf(run), weights);
}

/// <summary>How the vocabulary has changed.</summary>
/// <param name="Before">Ids before.</param>
/// <param name="Admitted">Tokens that got an id.</param>
/// <param name="Evicted">Tokens that lost theirs.</param>
/// <param name="Size">Ids now.</param>
public sealed record VocabularyChange(int Before, int Admitted, int Evicted, int Size);

/// <summary>What a run said of rows that it had not seen.</summary>
/// <param name="Auc">AUC; NaN where rows are of one class.</param>
/// <param name="LogLoss">Log-loss.</param>
/// <param name="Calibration">Predicted over observed clicks.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Clicks">Clicks.</param>
public sealed record DayScore(double Auc, double LogLoss, double Calibration, long Rows, long Clicks)
{
    /// <summary>The best that could have been said, where the truth is known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CeilingResult? Ceiling { get; init; }

    /// <summary>Of a split.</summary>
    public static DayScore Of(SplitResult split) => Of(split.Metrics.Ensemble) with { Ceiling = split.Ceiling };

    private static DayScore Of(Metrics m) => new(m.Auc, m.LogLoss, m.Calibration, m.Rows, m.Clicks);
}

/// <summary>From which run and with which rows a run has gone on: <c>update.json</c> in its folder.</summary>
public sealed record UpdateRecord
{
    /// <summary>How many updates led here, this one included.</summary>
    public required int Number { get; init; }

    /// <summary>The way to the run before from this run's folder.</summary>
    public required string From { get; init; }

    /// <summary>The runs that led here, the first one first.</summary>
    public required IReadOnlyList<RunLink> Chain { get; init; }

    /// <summary>The places of the new rows.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>How it went on, every option with its value.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>What became of the vocabulary.</summary>
    public required VocabularyChange Vocabulary { get; init; }

    /// <summary>What the run before said of the new rows, none of which it had seen.</summary>
    public required DayScore Before { get; init; }

    /// <summary>A digest of what the weights follow from beside rows and experiment.</summary>
    public required string Identity { get; init; }

    /// <summary>Reads what an update has left; null of a run that is none.</summary>
    /// <param name="folder">The folder of a run.</param>
    /// <exception cref="ConsortException">The file is damaged.</exception>
    public static UpdateRecord? Read(string folder)
    {
        var path = new RunFolder(folder).Update;
        return JsonRecord.Find<UpdateRecord>(path,
            what => new ConsortException($"{path}: the file is damaged, expected where an update comes from: {what}"));
    }

    /// <summary>What differs of other options: <c>epochs: 1, now 2</c>; null for nothing.</summary>
    internal string? Differences(UpdateOptions options)
    {
        var defaults = UpdateOptions.Options.Write(new UpdateOptions()).ToDictionary(o => o.Key, o => o.Value);
        // An option that came later is what it is by default.
        var others = UpdateOptions.Options.Write(options).Where(o => Options.GetValueOrDefault(o.Key, defaults[o.Key]) != o.Value)
            .Select(o => $"{o.Key}: {Options.GetValueOrDefault(o.Key) ?? "nothing"}, now {o.Value}").ToArray();
        return others.Length == 0 ? null : string.Join("; ", others);
    }

    /// <summary>Writes it, whole or not at all.</summary>
    internal void Write(RunFolder run) => JsonRecord.Write(run.Update, this);
}
