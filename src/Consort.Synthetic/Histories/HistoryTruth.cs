namespace Consort.Synthetic.Histories;

/// <summary>The parts of a logit that a row has, before they are scaled.</summary>
/// <param name="Item">Of the target by itself.</param>
/// <param name="Count">log(1 + m).</param>
/// <param name="Recency">exp(−gap / τ) of the last match, less its mean over all orders of the history; 0 without a match.</param>
/// <param name="Succession">1 where the last item leads to the target, else 0, less its mean over all orders.</param>
internal readonly record struct LogitParts(double Item, double Count, double Recency, double Succession);

/// <summary>How the parts make a logit, z = b + Σ scale · part.</summary>
/// <param name="Bias">b.</param>
/// <param name="Of">The scales.</param>
internal readonly record struct LogitScales(double Bias, LogitParts Of)
{
    /// <summary>The logit.</summary>
    public double Logit(LogitParts parts) =>
        Bias + (Of.Item * parts.Item) + (Of.Count * parts.Count) + (Of.Recency * parts.Recency) + (Of.Succession * parts.Succession);
}

/// <summary>
/// What a target has to do with a history of categories, and the mean of that over all orders of the history. Only how many match (m of n)
/// and how many lead to the target (l of n) matters to the mean: P(gap ≥ g) = Π_{j&lt;g} (n − m − j)/(n − j), and of a gap above 0 the last
/// item is one of the n − m others, each as likely.
/// </summary>
/// <param name="Memory">τ.</param>
/// <param name="Leading">The category that leads to a target's category.</param>
internal sealed record HistoryTruth(double Memory, Func<int, int> Leading)
{
    /// <summary>The parts of one row.</summary>
    /// <param name="item">The target's own effect.</param>
    /// <param name="target">Its category.</param>
    /// <param name="history">Categories, oldest first, [n].</param>
    /// <param name="ages">How old the position is that stands g from the end, [n]; empty takes g itself.</param>
    public LogitParts Parts(double item, int target, ReadOnlySpan<int> history, ReadOnlySpan<double> ages = default)
    {
        var (n, m, l, gap) = Counts(target, history);
        if (n == 0)
            return new LogitParts(item, 0, 0, 0);
        var last = history[^1] == Leading(target) ? 1.0 : 0;
        return new LogitParts(item, Math.Log(1 + m), m == 0 ? 0 : Recency(gap, ages) - MeanRecency(n, m, ages), last - ((double)l / n));
    }

    /// <summary>
    /// The mean of a function of the parts over all orders of a history: what is left without the order. Ages stay at their positions.
    /// </summary>
    public double OverOrders(
        double item, int target, ReadOnlySpan<int> history, Func<LogitParts, double> of, ReadOnlySpan<double> ages = default)
    {
        var (n, m, l, _) = Counts(target, history);
        if (n == 0)
            return of(new LogitParts(item, 0, 0, 0));
        var (count, chance) = (Math.Log(1 + m), (double)l / n);
        if (m == 0)
            return Last(0, chance);
        var (mean, sum, reached) = (MeanRecency(n, m, ages), 0.0, 1.0); // reached: P(gap ≥ g)
        for (var gap = 0; gap <= n - m; gap++)
        {
            var here = reached * m / (n - gap);
            var recency = Recency(gap, ages) - mean;
            sum += here * (gap == 0 ? Of(recency, 0) : Last(recency, (double)l / (n - m)));
            reached -= here;
        }

        return sum;

        double Of(double recency, double last) => of(new LogitParts(item, count, recency, last - chance));

        double Last(double recency, double leads) => (leads * Of(recency, 1)) + ((1 - leads) * Of(recency, 0));
    }

    private double Recency(int gap, ReadOnlySpan<double> ages) => Math.Exp(-(ages.IsEmpty ? gap : ages[gap]) / Memory);

    private double MeanRecency(int n, int m, ReadOnlySpan<double> ages)
    {
        var (sum, reached) = (0.0, 1.0);
        for (var gap = 0; gap <= n - m; gap++)
        {
            var here = reached * m / (n - gap);
            sum += here * Recency(gap, ages);
            reached -= here;
        }

        return sum;
    }

    // Positions, those that match, those that lead to the target, and how many stand behind the last match.
    private (int N, int M, int L, int Gap) Counts(int target, ReadOnlySpan<int> history)
    {
        var leading = Leading(target);
        var (m, l, gap) = (0, 0, 0);
        foreach (var category in history)
        {
            (m, l) = (m + (category == target ? 1 : 0), l + (category == leading ? 1 : 0));
            gap = category == target ? 0 : gap + 1;
        }

        return (history.Length, m, l, gap);
    }
}
