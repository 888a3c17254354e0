using Consort.Learning.Losses;

namespace Consort.Experiments.Statistics;

/// <summary>
/// Two models on the same rows, over one or several seeds: what each row says of the difference is averaged over the seeds first, and only
/// then are rows compared with rows. So what the rows do to all seeds alike stays, and what a seed does to single rows averages out; the
/// error is exact, and smaller than the mean of the seeds' errors.
/// </summary>
/// <param name="labels">0 or 1, [n]; at least two of each.</param>
/// <param name="clusters">Of each row what it belongs to, such as its user, whose rows are not independent; null where each row stands for
/// itself.</param>
/// <param name="weights">How often each row counts, [n]; null where all count once.</param>
internal sealed class RowDifferences(float[] labels, IReadOnlyList<int>? clusters = null, float[]? weights = null)
{
    private readonly double[] _parts = new double[labels.Length]; // V10 of a click, V01 of another, first minus second, summed over seeds
    private readonly double[] _first = new double[labels.Length]; // losses, summed likewise
    private readonly double[] _second = new double[labels.Length];
    private int _seeds;

    /// <summary>Adds a seed of each.</summary>
    /// <param name="first">Logits, [n].</param>
    /// <param name="second">Logits, [n].</param>
    /// <exception cref="ArgumentException">As <see cref="DeLong"/>.</exception>
    public void Add(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var parts = DeLong.Differences(labels, first, second, weights);
        for (var i = 0; i < labels.Length; i++)
        {
            _parts[i] += parts[i];
            _first[i] += BinaryCrossEntropy.Value(labels[i], first[i]);
            _second[i] += BinaryCrossEntropy.Value(labels[i], second[i]);
        }

        _seeds++;
    }

    /// <summary>
    /// Of the AUC: DeLong's variance of the averaged components; of clusters that of their sums, with what clicks and others of one cluster
    /// have in common (Obuchowski 1997), by Student's t with clusters − 1 degrees of freedom.
    /// </summary>
    public Comparison Auc()
    {
        var means = Array.ConvertAll(_parts, p => p / _seeds);
        int[] clicks = [.. Places(1)], others = [.. Places(0)];
        var difference = Spread.Mean([.. clicks.Select(i => means[i])], WeightsOf(clicks));
        if (clusters is null)
            return Comparison.FromNormal(difference, Math.Sqrt(OfMean(clicks) + OfMean(others)));
        var ofClicks = Sums(clicks, i => means[i] - difference);
        var ofOthers = Sums(others, i => means[i] - difference);
        var all = ofClicks.Keys.Union(ofOthers.Keys).Count();
        var (m, n) = (clicks.Sum(WeightOf), others.Sum(WeightOf));
        var variance = (Factor(ofClicks.Count) * ofClicks.Values.Sum(s => s * s) / (m * m))
            + (Factor(ofOthers.Count) * ofOthers.Values.Sum(s => s * s) / (n * n))
            + (2 * Factor(all) * ofClicks.Sum(s => s.Value * ofOthers.GetValueOrDefault(s.Key)) / (m * n));
        return Comparison.FromStudent(difference, Math.Sqrt(Math.Max(0, variance)), Math.Max(1, all - 1));

        double OfMean(int[] places) => Spread.OfMean([.. places.Select(i => means[i])], WeightsOf(places));
    }

    /// <summary>
    /// Of the log-loss: the bootstrap over rows; of weighted rows the error of their weighted mean, of clusters that of a mean of sums, as
    /// <see cref="PairedMean"/> has them.
    /// </summary>
    /// <param name="seed">Of the bootstrap's draws.</param>
    public Comparison LogLoss(ulong seed)
    {
        var (first, second) = (Array.ConvertAll(_first, l => l / _seeds), Array.ConvertAll(_second, l => l / _seeds));
        if (clusters is null && weights is null)
            return Bootstrap.Compare(first, second, seed);
        double[] differences = [.. first.Zip(second, (a, b) => a - b)];
        return PairedMean.Of(differences, clusters, weights is null ? [] : Array.ConvertAll(weights, w => (double)w));
    }

    private double WeightOf(int row) => weights is null ? 1 : weights[row];

    private double[] WeightsOf(int[] places) => weights is null ? [] : [.. places.Select(WeightOf)];

    private static double Factor(int clusters) => clusters < 2 ? 1 : clusters / (clusters - 1.0);

    private IEnumerable<int> Places(float label) => Enumerable.Range(0, labels.Length).Where(i => labels[i] == label);

    private Dictionary<int, double> Sums(IEnumerable<int> places, Func<int, double> value)
    {
        var sums = new Dictionary<int, double>();
        foreach (var i in places.Where(i => WeightOf(i) > 0)) // others are not there
            sums[clusters![i]] = sums.GetValueOrDefault(clusters[i]) + (WeightOf(i) * value(i));
        return sums;
    }
}
