namespace Consort.Learning.Losses;

/// <summary>
/// Squared difference of probabilities: L = (p − q)², p = σ(z), with q a constant. ∂L/∂z = 2 (p − q) p (1 − p). Source: the score of Brier
/// 1950; between members in Yılmaz and Aldemir 2024 and Li et al. 2024.
/// </summary>
internal static class SquaredError
{
    /// <summary>L of a row.</summary>
    private static double Value(double q, double p) => (p - q) * (p - q);

    /// <summary>scale · ∂L/∂z of a row.</summary>
    private static double Gradient(double scale, double q, double p) => scale * 2 * (p - q) * p * (1 - p);

    /// <summary>L and ∂L/∂z of a row.</summary>
    public static (double Value, double Gradient) Of(double q, double p) => (Value(q, p), Gradient(1, q, p));

    /// <summary>Adds scale · ∂L/∂z of each row, which is weighed once at the end, and gives Σ_b w_b L.</summary>
    public static double Add(double scale, ReadOnlySpan<double> q, ReadOnlySpan<double> p, Span<double> gradients,
        ReadOnlySpan<double> weights = default)
    {
        var sum = 0.0;
        for (var b = 0; b < q.Length; b++)
        {
            var value = Value(q[b], p[b]);
            sum += weights.IsEmpty ? value : weights[b] * value;
            gradients[b] += Gradient(scale, q[b], p[b]);
        }

        return sum;
    }
}
