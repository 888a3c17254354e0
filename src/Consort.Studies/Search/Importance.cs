namespace Consort.Studies.Search;

/// <summary>How much of what trials differ by goes with an option.</summary>
/// <param name="Path">The option.</param>
/// <param name="Share">Of the variance of the scores, 0 to 1.</param>
/// <param name="Best">The bin with the best mean, in words.</param>
internal sealed record Importance(string Path, double Share, string Best)
{
    private const int Bins = 4, LeastTrials = 8;

    /// <summary>
    /// The share of the variance of scores between bins of an option's values, corrected for what bins explain by chance:
    /// ω² = (SSB − (k − 1) MSW) / (SST + MSW), at least 0. It sees no interactions, and as the search does not look everywhere alike, it is
    /// of what was tried.
    /// Scores are ranks, so that a diverged trial is no more than a bad one.
    /// </summary>
    /// <returns>The largest first; none of fewer than eight trials.</returns>
    public static IReadOnlyList<Importance> Of(SearchSpace space, IReadOnlyList<SearchTrial> trials)
    {
        SearchTrial[] seen = [.. trials.Where(t => t.Rungs.Count > 0 && t.Failure is null).OrderBy(t => t.Rungs[0].Score)];
        if (seen.Length < LeastTrials)
            return [];
        return [.. space.Dimensions.Select((dimension, d) =>
        {
            var bins = seen.Select((t, rank) => (Bin: BinOf(dimension, t.Places[d]), Score: (double)rank)).GroupBy(t => t.Bin).ToArray();
            var mean = (seen.Length - 1) / 2.0;
            var all = seen.Select((_, rank) => (rank - mean) * (rank - mean)).Sum();
            var between = bins.Sum(b => b.Count() * Math.Pow(b.Average(t => t.Score) - mean, 2));
            var within = seen.Length > bins.Length ? (all - between) / (seen.Length - bins.Length) : 0;
            var best = bins.Where(b => b.Count() > 1).DefaultIfEmpty(bins[0]).MaxBy(b => b.Average(t => t.Score))!.Key;
            var share = Math.Max(0, (between - ((bins.Length - 1) * within)) / (all + within));
            return new Importance(dimension.Path, share, Words(dimension, best));
        }).OrderByDescending(i => i.Share)];
    }

    private static int BinOf(SearchDimension dimension, double place) =>
        dimension.Choices > 0 ? dimension.ChoiceAt(place) : Math.Min(Bins - 1, (int)(place * Bins));

    private static string Words(SearchDimension dimension, int bin) => dimension.Choices > 0 ? dimension.Range.Choices[bin]
        : $"{dimension.At((double)bin / Bins)} to {dimension.At((bin + 1.0) / Bins)}";
}
