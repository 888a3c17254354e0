using Consort.Foundation.Tables;
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
            [], [.. runs.Select(r => new Panel($"{r.Label}: ECE {Numbers.Fixed(r.Diagnosis.Ensemble.Calibration.ExpectedError, 4)}",
                new ReliabilityPlot
            {
                Description = $"Reliability curve of {r.Label}: expected calibration error {Numbers.Fixed(r.Diagnosis.Ensemble.Calibration.ExpectedError, 4)}, predicted over observed {Numbers.Fixed(r.Diagnosis.Ensemble.Calibration.Ratio, 4)}.",
                Curves = [new Reliability(r.Label, r.Diagnosis.Ensemble.Calibration, 0)],
            }.Draw()))],
            Bins(runs)),
        new TableBlock(Table(runs)),
    ]);

    private static ResultTable Table(IReadOnlyList<Diagnosed> runs)
    {
        var groups = runs.Any(r => r.Diagnosis.Ensemble.GroupAuc is not null);
        return Numbers.Table(
            runs,
            new("setting", r => r.Label),
            new("seed", r => r.Run.Seed, "F0"),
            new("rows", r => $"{Numbers.Whole(r.Diagnosis.Data.Rows)} {r.Diagnosis.Data.Source}"),
            new("ECE", r => r.Diagnosis.Ensemble.Calibration.ExpectedError, "F5")
            { Meaning = "Mean distance of predicted and observed over bins of equal size" },
            new("worst bin", r => r.Diagnosis.Ensemble.Calibration.MaximumError, "F5"),
            new("predicted / observed", r => r.Diagnosis.Ensemble.Calibration.Ratio, "F4"),
            !groups ? null : new("group AUC", r => r.Diagnosis.Ensemble.GroupAuc?.Auc, "F5")
            { Meaning = "AUC within groups, weighted by rows" },
            !groups ? null : new("95 % by groups",
                r => Numbers.Interval(r.Diagnosis.Ensemble.GroupAuc?.Low, r.Diagnosis.Ensemble.GroupAuc?.High), ResultColumn.Right)
            { Meaning = "Groups drawn with replacement" },
            !groups ? null : new("group field", r => r.Diagnosis.Ensemble.GroupAuc?.Field));
    }

    private static ResultTable Bins(IReadOnlyList<Diagnosed> runs) => Numbers.Table(
        runs.SelectMany(r => r.Diagnosis.Ensemble.Calibration.Bins.Select((b, i) => (r.Label, Bin: b, Number: i + 1))),
        new("setting", b => b.Label), new("bin", b => b.Number, "N0"), new("rows", b => b.Bin.Rows, "N0"),
        new("predicted", b => b.Bin.Predicted, "F5"),
        new("observed", b => b.Bin.Observed, "F5"));
}
