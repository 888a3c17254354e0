using Consort.Experiments.Packing;
using Consort.Serving.Calibrations;

namespace Consort.Experiments.Tests.Packing;

public sealed class ScoredRowsTests
{
    [Fact]
    public void Measure_OfRowsThatTheCalibrationIsFittedTo_JudgesEachHalfByTheOther()
    {
        // Clicks that no logit says anything of: a step function fits their chance, and on other rows it is off by as much.
        var random = new Random(7);
        var rows = new ScoredRows(isWeighted: false);
        var logits = Enumerable.Range(0, 4000).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        rows.Add(logits, [.. logits.Select(_ => random.Next(4) == 0 ? 1f : 0f)], []);
        var calibration = rows.Fit(CalibrationKind.Isotonic);
        var (_, fitted) = rows.Measure(calibration, isFittedTo: false);
        var (_, honest) = rows.Measure(calibration, isFittedTo: true);
        Assert.InRange(fitted.CalibrationError, 0, 0.002);
        Assert.True(honest.CalibrationError > 3 * fitted.CalibrationError, $"{honest.CalibrationError} beside {fitted.CalibrationError}");
        Assert.True(honest.LogLoss > fitted.LogLoss);
        Assert.Equal(fitted.Auc, honest.Auc); // the package's own order
    }

    [Fact]
    public void Measure_RowsThatCannotBeHalved_AreMeasuredAsTheyAre()
    {
        var rows = new ScoredRows(isWeighted: false);
        rows.Add([1, -1], [1, 0], []);
        var calibration = rows.Fit(CalibrationKind.Platt);
        Assert.Equal(rows.Measure(calibration, isFittedTo: false).Metrics, rows.Measure(calibration, isFittedTo: true).Metrics);
    }

    [Fact]
    public void Measured_OfRows_HasAnIntervalAroundItsAucAndACurveOfAllRows()
    {
        var rows = new ScoredRows(isWeighted: false);
        rows.Add([.. Enumerable.Range(0, 1000).Select(i => (i - 500) / 100f)], [.. Enumerable.Range(0, 1000).Select(i => i * 7 % 1000 < i ? 1f : 0f)],
            []);
        var (logits, metrics) = rows.Measure(Calibration.None, isFittedTo: false);
        var card = PackageCard.Measured("test", metrics, rows, logits)!;
        Assert.InRange((double)card["auc"]!, (double)card["auc_low"]!, (double)card["auc_high"]!);
        Assert.NotEqual((double)card["auc_low"]!, (double)card["auc_high"]!);
        Assert.Equal(1000, card["curve"]!.AsArray().Sum(b => (long)b!["rows"]!));
        Assert.Equal((long)card["clicks"]!, card["curve"]!.AsArray().Sum(b => (double)b!["observed"]! * (long)b["rows"]!), 1e-6);
    }

    [Fact]
    public void Measured_RowsOfOneClass_GiveNothing()
    {
        var rows = new ScoredRows(isWeighted: false);
        rows.Add([1, 2, 3], [1, 1, 1], []);
        var (logits, metrics) = rows.Measure(Calibration.None, isFittedTo: false);
        Assert.Null(PackageCard.Measured("test", metrics, rows, logits));
    }
}
