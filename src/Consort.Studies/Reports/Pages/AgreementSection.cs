using System.Globalization;
using Consort.Studies.Diagnostics;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Reports.Pages;

/// <summary>How alike members are, pair by pair: an ensemble of members that always agree is one model.</summary>
internal static class AgreementSection
{
    private const int MostOpen = 2;

    /// <summary>The section, or null where no family is diagnosed.</summary>
    public static Section? Of(IReadOnlyList<Diagnosed> runs, string id, string title)
    {
        var families = runs.Where(r => r.Diagnosis.Agreements.Count > 0).ToList();
        if (families.Count == 0)
            return null;
        return new Section(id, title,
        [
            new Paragraph("Each cell is a pair of members. Full colour is full agreement; members that differ have something to teach each other and something to gain from being put together."),
            .. families.Select(f => new Fold(Line(f), [Maps(f)], IsOpen: families.Count <= MostOpen)),
        ]);
    }

    private static string Line(Diagnosed run) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Label} (seed {run.Run.Seed}): logits correlate {run.Diagnosis.Agreements.Average(a => a.LogitCorrelation):F3} on average, pairs of rows stand in the same order in {run.Diagnosis.Agreements.Average(a => a.RankAgreement):P1}");

    private static Figure Maps(Diagnosed run)
    {
        var pairs = run.Diagnosis.Agreements;
        List<Panel> panels = [Map(run, "Correlation of logits", a => a.LogitCorrelation, 0),
            Map(run, "Same order of two rows (share; 0.5 is chance)", a => a.RankAgreement, 0.5)];
        if (pairs.Any(a => a.Cka is not null))
            panels.Add(Map(run, "Alikeness of last representations (linear CKA)", a => a.Cka ?? double.NaN, 0));
        return new Figure(
            $"Pairwise agreement of {run.Label} on {Numbers.Whole(run.Diagnosis.Data.Rows)} {run.Diagnosis.Data.Source} rows. Colours begin at the least agreement of the pairs.", [], panels,
            Numbers.Table(
                pairs, new("first", a => Name(run, a.First)), new("second", a => Name(run, a.Second)),
                new("correlation of logits", a => a.LogitCorrelation, "F4"),
                new("mean |Δp|", a => a.MeanProbabilityDifference, "F5"), new("same order", a => a.RankAgreement, "F4"),
                new("CKA", a => a.Cka, "F4")));
    }

    private static Panel Map(Diagnosed run, string name, Func<Agreement, double> value, double floor)
    {
        var n = run.Diagnosis.Members.Count;
        var cells = Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Select(j => i == j ? 1 : double.NaN).ToArray()).ToArray();
        foreach (var pair in run.Diagnosis.Agreements)
            cells[pair.First][pair.Second] = cells[pair.Second][pair.First] = value(pair);
        var values = run.Diagnosis.Agreements.Select(value).Where(double.IsFinite).ToList();
        var least = values.Count == 0 ? floor : values.Min();
        return new Panel(name, new HeatMap
        {
            Description = $"{name} between the {n} members of {run.Label}: {Numbers.Fixed(least, 3)} to {Numbers.Fixed(values.Count == 0 ? 1 : values.Max(), 3)}.",
            Names = [.. Enumerable.Range(0, n).Select(m => Short(run, m))],
            Values = cells,
            Low = Math.Max(floor, least - (0.25 * (1 - least))),
            High = 1,
        }.Draw());
    }

    private static string Name(Diagnosed run, int member) =>
        string.Create(CultureInfo.InvariantCulture, $"{member}: {run.Diagnosis.Members[member].Model}");

    // Alike members are told apart by their number alone.
    private static string Short(Diagnosed run, int member) => run.Diagnosis.Members.Select(m => m.Model).Distinct().Count() == 1
        ? member.ToString(CultureInfo.InvariantCulture)
        : Name(run, member);
}
