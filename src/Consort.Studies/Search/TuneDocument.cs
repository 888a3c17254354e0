using System.Globalization;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Search;

/// <summary>The report of a search: what it came to, its way, what good settings have in common, and what mattered.</summary>
internal static class TuneDocument
{
    private const int MostLines = 400;

    /// <summary>The page.</summary>
    public static Document Of(
        string name, string step, SearchSpace space, int[] rungs, IReadOnlyList<SearchTrial> trials, TuneResult result)
    {
        var importance = Importance.Of(space, trials);
        return new Document($"Search: {name}",
            string.Create(CultureInfo.InvariantCulture,
                $"{Numbers.Count(result.Trials, "trial")} in {Numbers.Time(result.Seconds)}, at most {string.Join(", ", rungs)} {step}s{(rungs.Length > 1 ? " from rung to rung" : "")}; then {Numbers.Count(result.Seeds, "seed")} of {Numbers.Count(result.Settings.Count, "setting")}."),
            [Finding(result)], Facts(result),
            [Settings(space, result), Path(trials, rungs, step), Common(space, trials), Mattered(importance), All(space, trials, step)]);
    }

    private static string Finding(TuneResult result)
    {
        if (result.Best == result.Start)
            return "No setting that was tried is better than the start on the rows that the search chose by: the start stays.";
        var difference = result.Auc is { } auc ? string.Create(CultureInfo.InvariantCulture,
            $": AUC {Numbers.Fixed(result.Best.Auc, 5)} against {Numbers.Fixed(result.Start.Auc, 5)}, {auc.Shown} ({auc.Ends()}, 95 % over {result.Over})") : "";
        return $"The best setting, {result.Best.Name}, {result.Verdict} on validation rows that neither training nor search has seen{difference}.";
    }

    private static IReadOnlyList<Fact> Facts(TuneResult result) =>
    [
        new("AUC on rows kept aside", Numbers.Auc(result.Best.Auc), result.Best.Name),
        new("the start's", Numbers.Auc(result.Start.Auc), "same rows and seeds"),
        new("trials", Numbers.Whole(result.Trials),
            result.Failed == 0 ? "all could be trained" : $"{Numbers.Whole(result.Failed)} could not be trained"),
    ];

    private static Section Settings(SearchSpace space, TuneResult result) => new("settings", "The best few and the start",
    [
        new Paragraph("Each was trained anew with seeds of its own. The first number is the mean on the half of the validation rows that the search has seen, and decides; the others are on rows that it has not seen."),
        new TableBlock(Numbers.Table(result.Settings,
        [
            new("setting", s => s.Name), new("seen: score", s => s.Score, "F5"), new("kept aside: AUC", s => s.Auc, "F5"),
            new("sd over seeds", s => s.Deviation, "F5"), new("log-loss", s => s.LogLoss, "F5"),
            result.Settings.Any(s => s.TestAuc is not null) ? new("test AUC", s => s.TestAuc, "F5") : null,
            .. space.Dimensions.Select(d => new ResultColumn<TunedSetting>(d.Path, s => s.Values[d.Path], ResultColumn.Right)),
        ])),
    ]);

    private static Section Path(IReadOnlyList<SearchTrial> trials, int[] rungs, string step)
    {
        var (best, far) = (double.NegativeInfinity, new List<LinePoint>());
        var done = trials.Where(t => t.Rungs.Count > 0 && double.IsFinite(t.Rungs[^1].Score)).ToList();
        foreach (var trial in done)
            far.Add(new LinePoint(trial.Number, best = Math.Max(best, trial.Rungs[^1].Score)));
        var lines = rungs.Select((epochs, rung) => new Line(Steps(epochs, step), [], rung + 1, Dots:
            [.. done.Where(t => t.Rungs.Count == rung + 1).Select(t => new LinePoint(t.Number, t.Rungs[^1].Score,
                Tip: string.Create(CultureInfo.InvariantCulture, $"trial {t.Number}, {Numbers.Auc(t.Rungs[^1].Score)}")))])).ToList();
        var plot = new LinePlot
        {
            Description = "Score of each trial in the order in which they were drawn, and the best so far.",
            Lines = [new Line("best so far", far, 0, Marks: false), .. lines],
            XName = "trial",
            YName = "score",
            Width = 740,
        };
        return new Section("path", "The way of the search", [new Figure(
            $"Each trial at the last rung that it came to, and the best so far. Scores of few {step}s are lower than those of many.",
            [new("best so far", 0), .. lines.Select((l, i) => new LegendEntry(l.Name, i + 1, IsLine: false))],
            [new Panel("", plot.Draw())], null)]);
    }

    private static Section Common(SearchSpace space, IReadOnlyList<SearchTrial> trials)
    {
        SearchTrial[] worstFirst = [.. Halving.Ranked(trials).Take(MostLines).Reverse()];
        var good = worstFirst.Length - Math.Max(3, worstFirst.Length / 10);
        var plot = new ParallelPlot("Options of all trials side by side; the best tenth stands out.",
            [.. space.Dimensions.Select(d => new ParallelAxis(d.Name, d.At(1).ToString(), d.At(0).ToString())),
                new ParallelAxis("rank", "best", "worst")],
            [.. worstFirst.Select((t, i) => new ParallelLine(
                [.. t.Places, (double)i / Math.Max(1, worstFirst.Length - 1)], i >= good ? 0 : 7, i < good,
                string.Join(", ", space.Dimensions.Select((d, k) => $"{d.Name} {t.Values[k]}"))))]);
        return new Section("common", "What good settings have in common", [new Figure(
            "A line is a trial; the best tenth, by rung and score, is drawn strong. Where strong lines meet, the option matters.",
            [new("the best tenth", 0), new("the others", 7)], [new Panel("", plot.Draw())], null)]);
    }

    private static Section Mattered(IReadOnlyList<Importance> importance) => new("importance", "What mattered", importance.Count == 0
        ? [new Paragraph("Too few trials to tell.")]
        : [new Paragraph("The share of the variance of the trials' ranks, at the first rung, between bins of an option's values, corrected for chance (ω²). Each option is looked at alone, so shares need not add up to 100 %; interactions are not seen, and as the search looks more where it finds good settings, it is of what was tried."),
            new TableBlock(Numbers.Table(importance, new("option", i => i.Path),
                new("share of the variance", i => Numbers.Percent(i.Share), ResultColumn.Right), new("best bin", i => i.Best)))]);

    private static Section All(SearchSpace space, IReadOnlyList<SearchTrial> trials, string step) => new("trials", "All trials",
    [
        new Bullets([.. space.Dimensions.Select(d => $"`{d.Path}`: {d.Words}")]),
        new Fold(Numbers.Count(trials.Count, "trial"), [new TableBlock(Numbers.Table(trials,
        [
            new("trial", t => t.Number, "F0"),
            .. space.Dimensions.Select((d, i) => new ResultColumn<SearchTrial>(d.Path, t => t.Values[i], ResultColumn.Right)),
            new($"{step}s at most", t => t.Last?.Epochs, "F0"), new("score", t => t.Last?.Score, "F5"),
            new("s", t => t.Last?.Seconds, "F1"), new("cannot be trained", t => t.Failure ?? ""),
        ]))]),
    ]);

    private static string Steps(int steps, string step) => $"after {Numbers.Count(steps, step)} at most";
}
