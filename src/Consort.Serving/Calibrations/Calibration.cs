namespace Consort.Serving.Calibrations;

/// <summary>The kinds of calibration.</summary>
public enum CalibrationKind
{
    /// <summary>p = 1 / (1 + e^−z).</summary>
    None,

    /// <summary>p = 1 / (1 + e^−(a z + b)). Source: Platt 1999.</summary>
    Platt,

    /// <summary>A non-decreasing, piecewise linear function of z. Source: Zadrozny and Elkan 2002.</summary>
    Isotonic,
}

/// <summary>The last step of a scorer: the fused logit z to the probability p of a click. Immutable and safe for many threads.</summary>
public sealed class Calibration
{
    private const int MaxKnots = 1 << 20;

    /// <summary>None: p is the sigmoid of z.</summary>
    public static Calibration None { get; } = new() { Kind = CalibrationKind.None };

    /// <summary>The kind.</summary>
    public required CalibrationKind Kind { get; init; }

    /// <summary>a of Platt's, above 0.</summary>
    public double Slope { get; init; } = 1;

    /// <summary>b of Platt's.</summary>
    public double Intercept { get; init; }

    /// <summary>The logits between which isotonic calibration interpolates, strictly ascending.</summary>
    public IReadOnlyList<double> Logits { get; init; } = [];

    /// <summary>The probabilities at these, non-decreasing within [0, 1].</summary>
    public IReadOnlyList<double> Probabilities { get; init; } = [];

    private double[] Knots => field ??= [.. Logits];

    private double[] Levels => field ??= [.. Probabilities];

    /// <summary>The probability of a click, within [0, 1].</summary>
    public double Probability(double logit) => Kind switch
    {
        CalibrationKind.Platt => Sigmoid((Slope * logit) + Intercept),
        CalibrationKind.Isotonic => Interpolate(logit),
        _ => Sigmoid(logit),
    };

    /// <summary>What a calibration read from a file lacks, or null.</summary>
    internal string? Mistake()
    {
        if (!Enum.IsDefined(Kind) || !double.IsFinite(Slope) || !double.IsFinite(Intercept))
            return "a known kind and finite numbers";
        if (Kind == CalibrationKind.Platt && Slope <= 0)
            return "a slope above 0";
        if (Logits is null || Probabilities is null || Logits.Count != Probabilities.Count || Logits.Count > MaxKnots)
            return "as many logits as probabilities";
        if (Kind == CalibrationKind.Isotonic && Logits.Count == 0)
            return "at least one logit";
        for (var i = 0; i < Logits.Count; i++)
            if (!double.IsFinite(Logits[i]) || !(Probabilities[i] is >= 0 and <= 1)
                || (i > 0 && (Logits[i] <= Logits[i - 1] || Probabilities[i] < Probabilities[i - 1])))
                return "ascending logits and probabilities";
        return null;
    }

    private static double Sigmoid(double z)
    {
        // Of e^−|z|, which never overflows.
        var e = Math.Exp(-Math.Abs(z));
        return z >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    private double Interpolate(double logit)
    {
        var (knots, levels) = (Knots, Levels);
        var at = Array.BinarySearch(knots, logit);
        if (at >= 0)
            return levels[at];
        at = ~at;
        if (at == 0)
            return levels[0];
        if (at == knots.Length)
            return levels[^1];
        var share = (logit - knots[at - 1]) / (knots[at] - knots[at - 1]);
        return levels[at - 1] + (share * (levels[at] - levels[at - 1]));
    }
}
