using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>
/// Families against their number of members: quality of the ensemble, of the members by themselves, and how far these are from each other.
/// The three failures of Li et al. 2024 (arXiv 2411.16122) are falling lines in the first two and a rising one in the third.
/// </summary>
internal static class ScalingSection
{
    /// <summary>Up to so many lines are told at the top of the page; more are told beside their plots.</summary>
    public const int MostInFindings = 3;

    /// <summary>The section, or null where no settings differ in the number of members only.</summary>
    public static Section? Of(IReadOnlyList<Scaling> scalings, string id, string title)
    {
        if (scalings.Count == 0)
            return null;
        var ceiling = scalings[0].Settings[0].First.Split!.CeilingAuc;
        List<Panel> panels =
        [
            Panel(scalings, "AUC of the ensemble", s => s.Auc, Levels(scalings, ceiling)),
            Panel(scalings, "Mean AUC of the members", s => new([.. s.Runs.Select(r => r.MemberAuc.Average())]), []),
            Panel(scalings, "Spread of the members’ AUC (sd)", Spread, [], hasIntervals: false),
        ];
        if (scalings.Any(s => s.Settings.Any(f => f.Runs.Any(r => r.Diagnosis is not null))))
            panels.Add(Panel(scalings, "Members’ distance from the ensemble", Discrepancy, [], hasIntervals: false));
        var split = Uncertainty.SplitName(scalings[0].Settings[0]);
        return new Section(id, title,
        [
            new Figure(
                $"Measured on the {split} rows. Marks are means over seeds, with 95 % intervals (Student’s t) where they are of AUC; small dots are single seeds. The distance is the mean of |p − p_ens|."
                + (ceiling is { } best ? $" The best reachable AUC is {Numbers.Auc(best)}." : ""),
                [.. scalings.Select((s, i) => new LegendEntry(s.Label, i))], panels, Table(scalings)),
            .. scalings.Count > MostInFindings ? scalings.Select(s => new Paragraph(Words(s))) : [],
        ]);
    }

    /// <summary>What a line says, with its uncertainty.</summary>
    public static string Words(Scaling scaling)
    {
        var (first, last) = (scaling.Settings[0], scaling.Settings[^1]);
        var best = scaling.Settings.MaxBy(s => s.ValidAuc)!;
        var text = string.Create(CultureInfo.InvariantCulture, $"{scaling.Label}: from M = {first.Members} to M = {last.Members} ");
        text += last.Against(first, r => r.Auc) is { } change
            ? $"AUC changes by {Uncertainty.Words(change)}: {(change.IsDecided ? change.Difference > 0 ? "more members are better" : "more members are worse" : "undecided with these seeds")}"
            : $"AUC changes by {Numbers.Signed(last.Auc.Mean - first.Auc.Mean)}, with no interval for want of seeds";
        var own = last.Runs.Average(r => r.MemberAuc.Average()) - first.Runs.Average(r => r.MemberAuc.Average());
        text += $"; the members’ own mean AUC changes by {Numbers.Signed(own)}.";
        return best == last || scaling.Settings.Count < 3
            ? text : string.Create(CultureInfo.InvariantCulture, $"{text} Best on the validation rows is M = {best.Members}.");
    }

    private static Replicates Spread(Setting setting) => new(
        setting.Members < 2 ? [] : [.. setting.Runs.Select(r => new Replicates(r.MemberAuc).Deviation)]);

    private static Replicates Discrepancy(Setting setting) => new(
        setting.Members < 2 ? [] : [.. setting.Runs.Where(r => r.Diagnosis is not null).Select(r => r.Diagnosis!.Spread.DiscrepancyMean)]);

    private static List<Level> Levels(IReadOnlyList<Scaling> scalings, double? ceiling)
    {
        var all = scalings.SelectMany(s => s.Settings).Select(s => s.Auc.Mean).ToList();
        return ceiling is { } best && best - all.Max() < all.Max() - all.Min() ? [new Level(best, "best reachable")] : [];
    }

    private static Panel Panel(IReadOnlyList<Scaling> scalings, string name, Func<Setting, Replicates> measure, IReadOnlyList<Level> levels,
        bool hasIntervals = true)
    {
        var lines = scalings.Select((scaling, look) => Line(scaling, look, scalings.Count, name, measure, hasIntervals)).ToList();
        var plot = new LinePlot
        {
            Description = $"{name} against the number of members. " + string.Join(" ", lines.Where(l => l.Points.Count > 0).Select(l =>
                string.Create(CultureInfo.InvariantCulture, $"{l.Name}: {Numbers.Auc(l.Points[0].Y)} to {Numbers.Auc(l.Points[^1].Y)}."))),
            Lines = lines,
            XName = "members M",
            YName = "",
            WholeX = true,
            Levels = levels,
        };
        return new Panel(name, plot.Draw());
    }

    // Lines stand a little apart, so that intervals at one M do not cover each other.
    private static Line Line(Scaling scaling, int look, int lines, string name, Func<Setting, Replicates> measure, bool hasIntervals)
    {
        var apart = 0.12 * (look - ((lines - 1) / 2.0));
        var (points, dots) = (new List<LinePoint>(), new List<LinePoint>());
        foreach (var setting in scaling.Settings)
        {
            var values = measure(setting);
            if (values.Values.Count == 0)
                continue;
            var interval = hasIntervals ? values.Interval : null;
            var tip = string.Create(
                CultureInfo.InvariantCulture,
                $"{scaling.Label}, M = {setting.Members}\n{name}: {Numbers.WithDeviation(values.Mean, values.Deviation)}{(values.Values.Count > 1 ? $" (sd, {values.Values.Count} seeds)" : "")}");
            points.Add(new LinePoint(setting.Members + apart, values.Mean, interval?.Low, interval?.High, tip));
            if (values.Values.Count > 1)
                dots.AddRange(values.Values.Select(v => new LinePoint(setting.Members + apart, v)));
        }

        return new Line(scaling.Label, points, look, Dots: dots);
    }

    private static ResultTable Table(IReadOnlyList<Scaling> scalings) => Numbers.Table(
        scalings.SelectMany(scaling => scaling.Settings.Select(s => (scaling.Label, Setting: s))),
        new("family", r => r.Label),
        new("M", r => r.Setting.Members, "N0"),
        new("seeds", r => r.Setting.Runs.Count, "N0"),
        new("AUC of the ensemble", r => r.Setting.Auc.Mean, "F5"),
        new("sd", r => r.Setting.Auc.Deviation, "F5"),
        new("mean AUC of the members", r => r.Setting.Runs.Average(run => run.MemberAuc.Average()), "F5"),
        new("sd of the members", r => Spread(r.Setting).Mean, "F5"),
        new("mean |p − p_ens|", r => Discrepancy(r.Setting).Mean, "F5"),
        new("log-loss", r => r.Setting.LogLoss.Mean, "F5"));
}
