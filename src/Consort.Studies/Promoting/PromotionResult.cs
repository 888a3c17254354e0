using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Learning.Diagnostics;
using Consort.Learning.Evaluation;

namespace Consort.Studies.Promoting;

/// <summary>One of the two models, measured.</summary>
/// <param name="Name">As the user named it.</param>
/// <param name="Metrics">On the held-out rows, calibrated as the package is.</param>
/// <param name="Ratio">Predicted over observed clicks with its interval; null without a click.</param>
/// <param name="Bytes">The package's size.</param>
public sealed record PromotedModel(string Name, Metrics Metrics, ClickRatio? Ratio, long Bytes);

/// <summary>One thing that is asked of the new model.</summary>
/// <param name="Name">
/// What: <c>auc</c>, <c>logloss</c>, <c>gain</c>, <c>calibration</c>, <c>slices</c>, <c>latency</c> or <c>size</c>.
/// </param>
/// <param name="Passed">Whether it holds.</param>
/// <param name="Found">What was found, in words.</param>
/// <param name="Expected">What is asked for.</param>
public sealed record PromotionCheck(string Name, bool Passed, string Found, string Expected);

/// <summary>What a comparison came to.</summary>
public sealed record PromotionResult
{
    /// <summary>The new model.</summary>
    public required PromotedModel New { get; init; }

    /// <summary>The old one.</summary>
    public required PromotedModel Old { get; init; }

    /// <summary>What was asked for.</summary>
    public required PromoteOptions Options { get; init; }

    /// <summary>Groups that rows belong to, by which errors are counted; null where each row stands for itself.</summary>
    public int? Clusters { get; init; }

    /// <summary>AUC, new minus old (DeLong).</summary>
    public required Comparison Auc { get; init; }

    /// <summary>Log-loss, new minus old (bootstrap over rows; of clusters or weighted rows the error of their mean).</summary>
    public required Comparison LogLoss { get; init; }

    /// <summary>Slices, the worst for the new model first.</summary>
    public required IReadOnlyList<SliceComparison> Slices { get; init; }

    /// <summary>Time of an impression; null of no rows.</summary>
    public (Latency New, Latency Old)? Latency { get; init; }

    internal (CalibrationCurve New, CalibrationCurve Old) Curves { get; init; }

    /// <summary>Everything that is asked for, in order.</summary>
    public IReadOnlyList<PromotionCheck> Checks => [.. Checked().OfType<PromotionCheck>()];

    /// <summary>Whether the new model may take the old one's place: all checks hold.</summary>
    public bool IsPromoted => Checks.All(c => c.Passed);

    /// <summary>The slices in which it is surely worse.</summary>
    public IEnumerable<SliceComparison> WorseSlices => Slices.Where(s => s.IsWorse(Options.SliceMargin));

    private IEnumerable<PromotionCheck?> Checked()
    {
        yield return new("auc", Auc.Low >= -Options.AucMargin, $"{Show(Auc)}",
            Text($"lower end at least {-Options.AucMargin:0.#####}"));
        yield return new("logloss", LogLoss.High <= Options.LogLossMargin, $"{Show(LogLoss)}",
            Text($"upper end at most {Options.LogLossMargin:0.#####}"));
        yield return !Options.MustGain ? null
            : new("gain", Auc.Low > 0 || LogLoss.High < 0,
                Auc.Low > 0 ? "AUC surely up" : LogLoss.High < 0 ? "log-loss surely down" : "neither is sure",
                "AUC surely up or log-loss surely down");
        yield return new("calibration", New.Ratio?.IsSurelyOff(Options.Calibration) != true,
            New.Ratio is { } r ? Text($"predicted/observed {r.Value:F3} ({r.Low:F3} to {r.High:F3})") : "no clicks",
            Text($"not surely beyond {1 / (1 + Options.Calibration):F3} to {1 + Options.Calibration:F3}"));
        var worse = WorseSlices.ToArray();
        yield return new("slices", worse.Length == 0,
            worse.Length == 0 ? Text($"none of {Slices.Count:N0} surely worse")
                : Text($"{worse.Length} of {Slices.Count:N0} surely worse: {string.Join(", ", worse.Take(3).Select(Name))}{(worse.Length > 3 ? ", …" : "")}"),
            Text($"none with log-loss up by more than {Options.SliceMargin:0.#####}, Holm's p below {JudgedClaim.Alpha:0.##}"));
        yield return Latency is not { } l ? null : new("latency", l.New.P50 <= Options.LatencyRatio * l.Old.P50,
            Text($"p50 {l.New.P50:F1} µs, {l.New.P50 / l.Old.P50:F2} times {l.Old.P50:F1}; p99 {l.New.P99:F1} and {l.Old.P99:F1}"),
            Text($"p50 at most {Options.LatencyRatio:0.##} times"));
        yield return new("size", New.Bytes <= Options.SizeRatio * Old.Bytes,
            Text($"{New.Bytes / 1e6:F2} MB, {(double)New.Bytes / Old.Bytes:F2} times {Old.Bytes / 1e6:F2}"),
            Text($"at most {Options.SizeRatio:0.##} times"));
    }

    internal static string Name(SliceComparison slice) => $"{slice.Field} = {(slice.Value.Length == 0 ? "(missing)" : PrintableText.Short(slice.Value, 40))}";

    internal static string Show(Comparison c) => Text($"{c.Difference:+0.00000;-0.00000;0.00000} ({c.Low:+0.00000;-0.00000;0.00000} to {c.High:+0.00000;-0.00000;0.00000})");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
