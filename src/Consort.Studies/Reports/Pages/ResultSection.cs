using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>The main table and its plot: each setting's AUC and log-loss over seeds, against one to compare with.</summary>
internal static class ResultSection
{
    /// <summary>
    /// What others are compared with unless the user names one: the single model that is best on the validation rows, or, where
    /// all are single or none is, the best setting.
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
            ? "Intervals and p-values: Student’s t over the differences seed by seed; each is for one comparison, so of twenty true zeros about one is expected outside its interval."
            : "With one seed each there is no interval: a second seed may change a difference of this size.");
    }

    private static ReportTable Table(List<Setting> settings, Setting baseline)
    {
        var seeds = settings.Any(s => s.Runs.Count > 1);
        var families = settings.Any(s => s.Members > 1);
        var several = settings.Count > 1;
        var split = Uncertainty.SplitName(settings[0]);
        List<Column> columns = [new("setting", IsNumber: false)];
        if (families)
            columns.Add(new("M", Meaning: "Members of the family"));
        if (seeds)
            columns.Add(new("seeds"));
        columns.Add(new($"{split} AUC", Meaning: "Exact area under the ROC curve of the ensemble, mean over seeds"));
        if (seeds)
            columns.Add(new("sd", Meaning: "Standard deviation over seeds"));
        columns.Add(new("log-loss", Meaning: "Mean cross-entropy in nats; smaller is better"));
        if (seeds)
            columns.Add(new("sd", Meaning: "Standard deviation over seeds"));
        columns.Add(new("predicted / observed", Meaning: "Sum of probabilities over clicks; 1 is right on average"));
        if (several)
            columns.Add(new("ΔAUC", Meaning: "Difference of AUC to the marked row"));
        if (several && seeds)
            columns.AddRange([new("95 % interval", Meaning: "Of the difference, paired over seeds"), new("p", Meaning: "Two-sided, of the difference")]);

        var rows = settings.Select(setting =>
        {
            var comparison = setting == baseline ? null : setting.Against(baseline, r => r.Auc);
            List<string> row = [setting.Label];
            if (families)
                row.Add(Numbers.Whole(setting.Members));
            if (seeds)
                row.Add(Numbers.Whole(setting.Runs.Count));
            row.Add(Numbers.Auc(setting.Auc.Mean));
            if (seeds)
                row.Add(Numbers.Auc(setting.Auc.Deviation));
            row.Add(Numbers.LogLoss(setting.LogLoss.Mean));
            if (seeds)
                row.Add(Numbers.LogLoss(setting.LogLoss.Deviation));
            row.Add(Numbers.Fixed(setting.Calibration, 4));
            if (several)
                row.Add(setting == baseline ? Numbers.None : Numbers.Signed(comparison?.Difference ?? setting.Auc.Mean - baseline.Auc.Mean));
            if (several && seeds)
                row.AddRange([comparison is null ? Numbers.None : $"{Numbers.Signed(comparison.Low)} to {Numbers.Signed(comparison.High)}", Numbers.P(comparison?.PValue)]);
            return (IReadOnlyList<string>)row;
        }).ToList();
        return new ReportTable(columns, rows) { Marked = several ? settings.IndexOf(baseline) : -1 };
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
                s.Label, s.Runs.Count == 1 ? [] : [.. s.Runs.Select(r => (r.Split!.Auc, $"{s.Label}, seed {r.Seed}: AUC {Numbers.Auc(r.Split.Auc)}"))],
                s.Auc.Mean, Uncertainty.OfMean(s.Auc)?.Low, Uncertainty.OfMean(s.Auc)?.High,
                $"{s.Label}: {(s.Runs.Count > 1 ? "mean " : "")}AUC {Numbers.Auc(s.Auc.Mean)}, {Numbers.Count(s.Runs.Count, "seed")}", s.Members > 1 ? 1 : 0))],
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
