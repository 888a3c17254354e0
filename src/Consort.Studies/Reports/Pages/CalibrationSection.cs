using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Reports.Pages;

/// <summary>Whether probabilities are what they say: reliability curves and the expected calibration error.</summary>
internal static class CalibrationSection
{
    /// <summary>The section, or null where no run is diagnosed.</summary>
    public static Section? Of(IReadOnlyList<Diagnosed> runs, string id, string title) => runs.Count == 0 ? null : new Section(id, title,
    [
        new Figure(
            "Rows in order of their probability, cut into bins of equal size. On the dashed diagonal, predicted and observed are equal; a point below it promises more clicks than came. Upright bars are 95 % intervals of the observed rate (Wilson).",
            [], [.. runs.Select(r => new Panel($"{r.Label}: ECE {Numbers.Fixed(r.Diagnosis.Ensemble.Calibration.ExpectedError, 4)}", new ReliabilityPlot
            {
                Description = $"Reliability curve of {r.Label}: expected calibration error {Numbers.Fixed(r.Diagnosis.Ensemble.Calibration.ExpectedError, 4)}, predicted over observed {Numbers.Fixed(r.Diagnosis.Ensemble.Calibration.Ratio, 4)}.",
                Curves = [new Reliability(r.Label, r.Diagnosis.Ensemble.Calibration, 0)],
            }.Draw()))],
            Bins(runs)),
        new TableBlock(Table(runs)),
    ]);

    private static ReportTable Table(IReadOnlyList<Diagnosed> runs)
    {
        var groups = runs.Any(r => r.Diagnosis.Ensemble.GroupAuc is not null);
        List<Column> columns =
        [
            new("setting", IsNumber: false), new("seed"), new("rows", IsNumber: false), new("ECE", Meaning: "Mean distance of predicted and observed over bins of equal size"),
            new("worst bin"), new("predicted / observed"),
        ];
        if (groups)
            columns.AddRange([new("group AUC", Meaning: "AUC within groups, weighted by rows"), new("group field", IsNumber: false)]);
        return new ReportTable(columns, [.. runs.Select(r =>
        {
            var curve = r.Diagnosis.Ensemble.Calibration;
            List<string> row =
            [
                r.Label, Numbers.Fixed(r.Run.Seed, 0), $"{Numbers.Whole(r.Diagnosis.Data.Rows)} {r.Diagnosis.Data.Source}", Numbers.Fixed(curve.ExpectedError, 5),
                Numbers.Fixed(curve.MaximumError, 5), Numbers.Fixed(curve.Ratio, 4),
            ];
            if (groups)
                row.AddRange([Numbers.Auc(r.Diagnosis.Ensemble.GroupAuc?.Auc), r.Diagnosis.Ensemble.GroupAuc?.Field ?? Numbers.None]);
            return (IReadOnlyList<string>)row;
        })]);
    }

    private static ReportTable Bins(IReadOnlyList<Diagnosed> runs) => new(
        [new("setting", IsNumber: false), new("bin"), new("rows"), new("predicted"), new("observed")],
        [.. runs.SelectMany(r => r.Diagnosis.Ensemble.Calibration.Bins.Select((b, i) => (IReadOnlyList<string>)
            [r.Label, Numbers.Whole(i + 1), Numbers.Whole(b.Rows), Numbers.Fixed(b.Predicted, 5), Numbers.Fixed(b.Observed, 5)]))]);
}
