namespace Consort.Learning.Losses;

/// <summary>
/// KL(q ‖ p) of two Bernoulli variables, p = σ(z), q = σ(t) a constant: L = CE(q, p) − CE(q, q), from logits, so that it stays finite where
/// p or q rounds to 0 or 1. ∂L/∂z = p − q. Source: Zhang et al. 2018, "Deep Mutual Learning", CVPR.
/// </summary>
internal static class BernoulliKl
{
    /// <summary>
    /// Adds scale · ∂L/∂z of each row, which is weighed once at the end, and gives Σ_b w_b L. Tails are log(1 + exp(−|t|)) and
    /// log(1 + exp(−|z|)).
    /// </summary>
    public static double Add(
        double scale, ReadOnlySpan<double> t, ReadOnlySpan<double> tailsT, ReadOnlySpan<double> q, ReadOnlySpan<double> z,
        ReadOnlySpan<double> tailsZ, ReadOnlySpan<double> p, Span<double> gradients, ReadOnlySpan<double> weights = default)
    {
        var sum = 0.0;
        for (var b = 0; b < t.Length; b++)
        {
            var value = BinaryCrossEntropy.Value(q[b], z[b], tailsZ[b]) - BinaryCrossEntropy.Value(q[b], t[b], tailsT[b]);
            sum += weights.IsEmpty ? value : weights[b] * value;
            gradients[b] += BinaryCrossEntropy.Gradient(scale, q[b], p[b]);
        }

        return sum;
    }
}
