using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>
/// What the runs of a chain of updates come to. Each has rows of its own, so that they would be as many data sets with as many summaries:
/// one is said of all, and a row a day stands in tables.
/// </summary>
internal static class ChainSection
{
    /// <summary>The days among the data sets: those of updates alone, where there are several of them.</summary>
    public static IReadOnlyList<Study> Days(IReadOnlyList<Study> studies)
    {
        Study[] days = [.. studies.Where(s => s.Runs.All(r => r.Update is not null))];
        return days.Length > 1 ? days : [];
    }

    /// <summary>What a chain comes to.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="runs">The runs that a report is about.</param>
    public static Summary Summary(UpdateChain chain, IReadOnlyList<RunRecord> runs)
    {
        RunRecord[] own = [.. runs.Where(r => chain.Folders.Contains(r.Folder) && r.IsFinished)];
        double[] aucs = [.. chain.Days.Select(d => d.Record.Before.Auc).Where(double.IsFinite)];
        var range = aucs.Length == 0 ? "no AUC, for labels of a day were alike"
            : $"AUC {Numbers.Auc(aucs.Min())} to {Numbers.Auc(aucs.Max())}, {Numbers.Auc(aucs.Average())} on average";
        var last = chain.Days[^1].Record;
        var newest = own.FirstOrDefault(r => r.Name == chain.Name)?.Valid is { } valid
            ? $" The newest reaches {Numbers.Auc(valid.Auc)} on what it held out of its own day." : "";
        var best = $"{chain.Name} is the newest of {Numbers.Count(chain.Days.Count, "update")}. Each day’s rows, before they were trained on, were scored with {range}; those of the last day with {Numbers.Auc(last.Before.Auc)} and log-loss {Numbers.LogLoss(last.Before.LogLoss)}.{newest}";
        var cost = own.Length == 0 ? "What an update took is not known: none of them has finished."
            : $"An update took {Numbers.Time(own.Average(r => r.Seconds))} on average. The newest has {Numbers.Whole(last.Vocabulary.Size)} ids, and takes {Numbers.Count(own[^1].Members, "model")} with {Numbers.Whole(own[^1].Parameters)} parameters to score.";
        return new Summary("", best, cost,
            "Whether a model trained anew on all days would do better: `consort recipe run daily/replay` sets both side by side.", []);
    }

    /// <summary>How they were trained and what was run: a line and a row an update.</summary>
    public static IEnumerable<Section> Runs(IReadOnlyList<Study> days)
    {
        RunRecord[] runs = [.. days.SelectMany(d => d.Runs)];
        var each = runs.Select(r => (r.Name, (IReadOnlyList<RunRecord>)[r])).ToList();
        if (TrainingSection.Of(each, runs[^1].Name, "training-days", "Training day by day") is { } curves)
            yield return curves;
        yield return RunSection.Of(runs, r => r.Name, "runs-days", "What was run day by day");
    }

    /// <summary>The newest day's numbers.</summary>
    public static IEnumerable<Fact> Facts(UpdateChain chain) =>
    [
        new("AUC of the last day, before it was trained on", Numbers.Auc(chain.Days[^1].Record.Before.Auc), chain.Days[^1].Rows),
        new("updates", Numbers.Whole(chain.Days.Count), $"up to {chain.Name}"),
    ];
}
