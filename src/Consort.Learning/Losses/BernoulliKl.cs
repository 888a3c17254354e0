namespace Consort.Learning.Losses;

/// <summary>
/// KL(q ‖ p) of two Bernoulli variables, p = σ(z), q = σ(t) a constant: L = CE(q, p) − CE(q, q), from logits, so that it stays finite where
/// p or q rounds to 0 or 1. ∂L/∂z = p − q. Source: Zhang et al. 2018, "Deep Mutual Learning", CVPR.
/// </summary>
internal static class BernoulliKl
{
    /// <summary>L of a row.</summary>
    private static double Value(double t, double q, double z) => BinaryCrossEntropy.Value(q, z) - BinaryCrossEntropy.Value(q, t);

    /// <summary>Adds scale · ∂L/∂z of each row, which is weighed once at the end, and gives Σ_b w_b L.</summary>
    public static double Add(
        double scale, ReadOnlySpan<double> t, ReadOnlySpan<double> q, ReadOnlySpan<double> z, ReadOnlySpan<double> p,
        Span<double> gradients, ReadOnlySpan<double> weights = default)
    {
        var sum = 0.0;
        for (var b = 0; b < t.Length; b++)
        {
            var value = Value(t[b], q[b], z[b]);
            sum += weights.IsEmpty ? value : weights[b] * value;
            gradients[b] += BinaryCrossEntropy.Gradient(scale, q[b], p[b]);
        }

        return sum;
    }
}
