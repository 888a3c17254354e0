namespace Consort.Learning.Evaluation;

/// <summary>
/// AUC and log-loss of a model on rows whose true click probability π is known, in expectation over the clicks: what is left of the
/// difference between two models when the chance of the draws is taken out.
/// </summary>
/// <remarks>
/// Log-loss = mean_i −π_i log p_i − (1 − π_i) log(1 − p_i). AUC = Σ_{i≠j} π_i (1 − π_j) [z_i &gt; z_j] / Σ_{i≠j} π_i (1 − π_j), equal
/// logits counting half: the expected number of pairs in order over the expected number of pairs.
/// </remarks>
/// <param name="Auc">0 to 1; NaN where every π is 0 or every π is 1.</param>
/// <param name="LogLoss">In nats.</param>
public readonly record struct ExpectedMetrics(double Auc, double LogLoss)
{
    /// <summary>Measures a model.</summary>
    /// <param name="truth">π, 0 to 1, [n].</param>
    /// <param name="logits">z, [n].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static ExpectedMetrics Of(ReadOnlySpan<float> truth, ReadOnlySpan<float> logits)
    {
        Labels.CheckLengths(truth.Length, logits.Length);
        var (order, sorted) = (truth.ToArray(), logits.ToArray());
        Array.Sort(sorted, order); // π in the order of z
        double clicks = 0, others = 0, own = 0; // Σ π, Σ (1 − π), Σ π (1 − π): the pairs of a row with itself
        double ordered = 0, below = 0; // below: Σ (1 − π) of rows with a lower logit
        CompensatedSum loss = default;
        for (var start = 0; start < sorted.Length;)
        {
            double tiedClicks = 0, tiedOthers = 0, tiedOwn = 0;
            var end = start;
            for (; end < sorted.Length && sorted[end].Equals(sorted[start]); end++)
            {
                double p = order[end];
                (tiedClicks, tiedOthers, tiedOwn) = (tiedClicks + p, tiedOthers + 1 - p, tiedOwn + (p * (1 - p)));
                double z = sorted[end];
                loss.Add(Math.Max(z, 0) - (z * p) + Math.Log(1 + Math.Exp(-Math.Abs(z))));
            }

            ordered += (tiedClicks * below) + (((tiedClicks * tiedOthers) - tiedOwn) / 2);
            below += tiedOthers;
            (clicks, others, own) = (clicks + tiedClicks, others + tiedOthers, own + tiedOwn);
            start = end;
        }

        return new ExpectedMetrics(ordered / ((clicks * others) - own), loss.Value / sorted.Length);
    }
}
