using Consort.Experiments.Packing;
using Consort.Foundation.Numbers;
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

    [Fact]
    public void Crossed_OfLogitsThatAreTooSure_IsBetter()
    {
        var (asIs, calibrated) = Rows(3).Crossed(CalibrationKind.Platt)!.Value;
        Assert.InRange(calibrated, 0.5, asIs - 0.1);
        // Of the true logits, as Platt's calibration gives them back.
        Assert.Equal(Rows(1).Crossed(CalibrationKind.Platt)!.Value.AsIs, calibrated, 5e-3);
    }

    [Fact]
    public void Crossed_OfLogitsThatAreRight_IsWorse()
    {
        // Clicks by one chance, which the logits say but for a little noise: steps fitted to the noise of one half are wrong of the other.
        var (rows, random) = (new ScoredRows(isWeighted: false), new Random(7));
        for (var row = 0; row < 4000; row++)
            rows.Add([(float)(Math.Log(1.0 / 3) + (1e-3 * random.NextDouble()))], [random.Next(4) == 0 ? 1 : 0], []);
        var (asIs, calibrated) = rows.Crossed(CalibrationKind.Isotonic)!.Value;
        Assert.True(calibrated > asIs, $"{calibrated} beside {asIs}");
    }

    [Fact]
    public void Crossed_OfOneClass_CannotTell()
    {
        var rows = new ScoredRows(isWeighted: false);
        rows.Add([0.5f, 1, -1, 2], [1, 1, 1, 1], []);
        Assert.Null(rows.Crossed(CalibrationKind.Platt));
    }

    private static ScoredRows Rows(float scale)
    {
        var (rows, random) = (new ScoredRows(isWeighted: false), new CounterRandom(3, "rows"));
        for (var row = 0UL; row < 4000; row++)
        {
            var z = (float)((4 * random.Uniform(2 * row)) - 2);
            rows.Add([scale * z], [random.Uniform((2 * row) + 1) < 1 / (1 + Math.Exp(-z)) ? 1 : 0], []);
        }

        return rows;
    }
}
