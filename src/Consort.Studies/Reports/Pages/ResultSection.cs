using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>The main table and its plot: each setting's AUC and log-loss over seeds, against one to compare with.</summary>
internal static class ResultSection
{
    /// <summary>
    /// What others are compared with unless the user names one: the single model that is best on the validation rows, or, where all are
    /// single or none is, the best setting.
    /// </summary>
    public static Setting Baseline(IReadOnlyList<Setting> settings)
    {
        var singles = settings.Where(s => s.Members == 1).ToList();
        return (singles.Count > 0 && singles.Count < settings.Count ? singles : settings).MaxBy(s => s.ValidAuc)!;
    }

    /// <summary>The section.</summary>
    /// <param name="settings">At least one.</param>
    /// <param name="baseline">What others are compared with.</param>
    /// <param name="id">Names the section.</param>
    /// <param name="title">Its heading.</param>
    public static Section Of(IReadOnlyList<Setting> settings, Setting baseline, string id, string title)
    {
        var ordered = settings.OrderByDescending(s => s.Auc.Mean).ToList();
        var blocks = new List<Block>();
        if (settings.Count > 1)
            blocks.Add(Plot(ordered));
        blocks.Add(new TableBlock(Table(ordered, baseline)));
        if (settings.Count > 1)
            blocks.Add(new Paragraph(Note(ordered, baseline)));
        return new Section(id, title, blocks);
    }

    private static string Note(List<Setting> settings, Setting baseline)
    {
        var paired = settings.Any(s => s != baseline && s.Against(baseline, r => r.Auc) is not null);
        return $"Differences are to {baseline.Label}, the marked row. " + (paired
            ? "Intervals and p-values: Student’s t over the differences seed by seed; each is for one comparison, so of twenty true zeros about one is expected outside its interval. q is the p-value corrected for the number of settings (Benjamini and Hochberg): of all that are called differences by q up to 0.05, one in twenty is expected to be none."
            : "With one seed each there is no interval: a second seed may change a difference of this size.");
    }

    private static ResultTable Table(List<Setting> settings, Setting baseline)
    {
        var seeds = settings.Any(s => s.Runs.Count > 1);
        var several = settings.Count > 1;
        var groups = settings.Exists(s => s.GroupAuc is not null);
        var q = ManyTests.BenjaminiHochberg([.. settings.Select(s => Against(s)?.PValue)]);
        return Numbers.Table(
            settings,
            new("setting", s => s.Label),
            settings.Any(s => s.Members > 1) ? new("M", s => s.Members, "N0") { Meaning = "Members of the family" } : null,
            seeds ? new("seeds", s => s.Runs.Count, "N0") : null,
            new($"{Uncertainty.SplitName(settings[0])} AUC", s => s.Auc.Mean, "F5")
            { Meaning = "Exact area under the ROC curve of the ensemble, mean over seeds" },
            seeds ? new("sd", s => s.Auc.Deviation, "F5") { Meaning = "Standard deviation over seeds" } : null,
            groups ? new("group AUC", s => s.GroupAuc, "F5") { Meaning = "AUC within groups, weighted by rows, mean over seeds" } : null,
            groups ? new("95 % by groups", s => Numbers.Interval(s.GroupInterval.Low, s.GroupInterval.High), ResultColumn.Right)
            { Meaning = "Of the group AUC, groups drawn with replacement: it tells of other groups, not of other seeds" } : null,
            new("log-loss", s => s.LogLoss.Mean, "F5") { Meaning = "Mean cross-entropy in nats; smaller is better" },
            seeds ? new("sd", s => s.LogLoss.Deviation, "F5") { Meaning = "Standard deviation over seeds" } : null,
            new("predicted / observed", s => s.Calibration, "F4") { Meaning = "Sum of probabilities over clicks; 1 is right on average" },
            several ? new("ΔAUC", s => s == baseline ? null : Against(s)?.Difference
                ?? s.Auc.Mean - baseline.Auc.Mean, Numbers.Difference)
            { Meaning = "Difference of AUC to the marked row" } : null,
            several && seeds ? new("95 % interval", s => Numbers.Ends(Against(s)), ResultColumn.Right)
            { Meaning = "Of the difference, paired over seeds" } : null,
            several && seeds ? new("p", s => Numbers.P(Against(s)?.PValue), ResultColumn.Right)
            { Meaning = "Two-sided, of the difference" } : null,
            several && seeds ? new("q", s => Numbers.P(q[settings.IndexOf(s)]), ResultColumn.Right)
            { Meaning = "p corrected for the number of settings" } : null)
            with
        { Marked = several ? [settings.IndexOf(baseline)] : [] };

        Comparison? Against(Setting setting) => setting == baseline ? null : setting.Against(baseline, r => r.Auc);
    }

    private static Figure Plot(List<Setting> settings)
    {
        var split = Uncertainty.SplitName(settings[0]);
        var ceiling = settings[0].First.Split!.CeilingAuc;
        var hasSeeds = settings.Any(s => s.Runs.Count > 1);
        // A ceiling far above all would press the dots together; then words name it.
        var range = settings.Max(s => s.Auc.Mean) - settings.Min(s => s.Auc.Mean);
        var isNear = ceiling is { } best && best - settings[0].Auc.Mean < 2 * range;
        var plot = new StripPlot
        {
            Description = $"Dot plot of {split} AUC for {settings.Count} settings, the best at the top: {settings[0].Label} {Numbers.Auc(settings[0].Auc.Mean)}, the last {settings[^1].Label} {Numbers.Auc(settings[^1].Auc.Mean)}.",
            Name = $"{split} AUC",
            Strips = [.. settings.Select(s => new Strip(
                s.Label, s.Runs.Count == 1 ? [] : [
                    .. s.Runs.Select(r => (r.Split!.Auc, $"{s.Label}, seed {r.Seed}: AUC {Numbers.Auc(r.Split.Auc)}"))],
                s.Auc.Mean, s.Auc.Interval?.Low, s.Auc.Interval?.High,
                $"{s.Label}: {(s.Runs.Count > 1 ? "mean " : "")}AUC {Numbers.Auc(s.Auc.Mean)}, {Numbers.Count(s.Runs.Count, "seed")}",
                s.Members > 1 ? 1 : 0))],
            Levels = isNear ? [new Level(ceiling!.Value, "best reachable")] : [],
        };
        var caption = $"AUC on the {split} rows. "
            + (hasSeeds ? "Small dots are single seeds, the large mark is their mean, the bar its 95 % interval (Student’s t; with few seeds it is wide). " : "One run each. ")
            + (ceiling is { } c && !isNear ? $"The best reachable, {Numbers.Auc(c)}, lies beyond the axis. " : "");
        var families = settings.Any(s => s.Members > 1) && settings.Any(s => s.Members == 1);
        return new Figure(
            caption.Trim(), families ? [new("one model", 0, IsLine: false), new("a family’s ensemble", 1, IsLine: false)] : [],
            [new Panel("", plot.Draw(820), plot.Draw(350))], Numbers: null);
    }
}
