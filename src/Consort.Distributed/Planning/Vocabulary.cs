namespace Consort.Distributed.Planning;

/// <summary>How many different tokens so many draws see, where the token of rank k has a share in proportion to k^−s (Zipf).</summary>
/// <param name="Tokens">Of a field.</param>
/// <param name="Exponent">s, at least 0.</param>
internal sealed record Vocabulary(double Tokens, double Exponent)
{
    private const double Step = 1.02; // from a rank to the next that is looked at

    /// <summary>The expected number of different tokens among so many rows: Σ_k 1 − (1 − p_k)^rows.</summary>
    public double Distinct(double rows)
    {
        var total = Sum((k, n) => n * Math.Pow(k, -Exponent));
        return Sum((k, n) => n * -ExpM1(rows * Log1P(-Math.Min(1, Math.Pow(k, -Exponent) / total))));
    }

    // Every rank while they are few, then in strides whose middle stands for all.
    private double Sum(Func<double, double, double> term)
    {
        var sum = 0.0;
        for (double from = 1, to; from <= Tokens; from = to)
        {
            to = Math.Min(Tokens + 1, Math.Max(from + 1, Math.Floor(from * Step)));
            sum += term(Math.Sqrt(from * (to - 1)), to - from);
        }

        return sum;
    }

    private static double Log1P(double x) => x <= -1 ? double.NegativeInfinity : Math.Abs(x) < 1e-5 ? x - (x * x / 2) : Math.Log(1 + x);

    private static double ExpM1(double x) => Math.Abs(x) < 1e-5 ? x + (x * x / 2) : Math.Exp(x) - 1;
}
