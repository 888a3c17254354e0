namespace Consort.Experiments.Statistics;

/// <summary>
/// The mean of what each row says of a difference, with the error of a weighted mean of rows that stand for themselves, or, of clusters,
/// that of their sums: Σ_k (Σ_{i in k} w_i (d_i − mean))² · K/(K − 1) / W², by Student's t with K − 1 degrees of freedom.
/// </summary>
internal static class PairedMean
{
    /// <summary>The mean.</summary>
    /// <param name="differences">First minus second of each row, [n].</param>
    /// <param name="clusters">What each row belongs to, [n]; null where each stands for itself.</param>
    /// <param name="weights">How often each row counts, [n]; none where all count once.</param>
    public static Comparison Of(double[] differences, IReadOnlyList<int>? clusters, double[] weights)
    {
        var mean = Spread.Mean(differences, weights);
        if (clusters is null)
            return Comparison.FromNormal(mean, Math.Sqrt(Spread.OfMean(differences, weights)));
        var sums = new Dictionary<int, double>();
        for (var i = 0; i < differences.Length; i++)
        {
            var weight = weights.Length == 0 ? 1 : weights[i];
            if (weight > 0) // others are not there
                sums[clusters[i]] = sums.GetValueOrDefault(clusters[i]) + (weight * (differences[i] - mean));
        }

        var factor = sums.Count < 2 ? 1 : sums.Count / (sums.Count - 1.0);
        var error = Math.Sqrt(factor * sums.Values.Sum(s => s * s)) / (weights.Length == 0 ? differences.Length : weights.Sum());
        return Comparison.FromStudent(mean, error, Math.Max(1, sums.Count - 1));
    }
}
