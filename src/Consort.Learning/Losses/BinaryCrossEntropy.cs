namespace Consort.Learning.Losses;

/// <summary>
/// Cross-entropy with a label, which may be soft: L = −y log p − (1 − y) log(1 − p), p = σ(z), computed from the logit as max(z, 0) − z y +
/// log(1 + exp(−|z|)). ∂L/∂z = p − y. Source: the likelihood of a Bernoulli variable, as in logistic regression (Cox 1958).
/// </summary>
internal static class BinaryCrossEntropy
{
    /// <summary>L of a row.</summary>
    public static double Value(double y, double z) => Value(y, z, Logistic.LogOnePlus(Math.Exp(-Math.Abs(z))));

    /// <summary>L of a row whose log(1 + exp(−|z|)) is known.</summary>
    public static double Value(double y, double z, double tail) => Math.Max(z, 0) - (z * y) + tail;

    /// <summary>scale · ∂L/∂z of a row.</summary>
    public static double Gradient(double scale, double y, double p) => scale * (p - y);

    /// <summary>Σ_b w_b L; without weights Σ_b L.</summary>
    public static double Sum(
        ReadOnlySpan<double> y, ReadOnlySpan<double> z, ReadOnlySpan<double> tails, ReadOnlySpan<double> weights = default)
    {
        var sum = 0.0;
        for (var b = 0; b < weights.Length; b++)
            sum += weights[b] * Value(y[b], z[b], tails[b]);
        if (!weights.IsEmpty)
            return sum;
        for (var b = 0; b < y.Length; b++)
            sum += Value(y[b], z[b], tails[b]);
        return sum;
    }

    /// <summary>Adds scale · ∂L/∂z of each row.</summary>
    public static void AddGradient(double scale, ReadOnlySpan<double> y, ReadOnlySpan<double> p, Span<double> gradients)
    {
        for (var b = 0; b < y.Length; b++)
            gradients[b] += Gradient(scale, y[b], p[b]);
    }

    /// <summary>Adds scale · ∂L/∂z of each row, which is weighed once at the end, and gives scale · Σ_b w_b L.</summary>
    public static double Add(double scale, ReadOnlySpan<double> y, ReadOnlySpan<double> z, ReadOnlySpan<double> tails,
        ReadOnlySpan<double> p, Span<double> gradients, ReadOnlySpan<double> weights = default)
    {
        AddGradient(scale, y, p, gradients);
        return scale * Sum(y, z, tails, weights);
    }
}
