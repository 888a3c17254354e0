using Consort.Foundation.Options;

namespace Consort.Data.Datasets;

/// <summary>
/// Training rows that were not clicked, of which only a share is kept: each by a hash of (seed, row number). A model of such rows gives
/// clicks a probability q that is too high; that of all rows is q / (q + (1 − q) / share), which is its logit + ln share (He et al. 2014).
/// </summary>
/// <param name="Share">How many are kept, above 0 and at most 1.</param>
/// <param name="Seed">The seed.</param>
public sealed record NegativeSample(double Share, ulong Seed)
{
    /// <summary>Checks the range.</summary>
    /// <exception cref="ConsortException">The share is out of it.</exception>
    public static NegativeSample Of(double share, ulong seed) => share is > 0 and <= 1
        ? new NegativeSample(share, seed)
        : throw new ConsortException(FormattableString.Invariant($"sample: found negatives {share}, expected above 0 and at most 1"));

    /// <summary>Reads <c>sample: {negatives: 0.1, seed: 0}</c>; null where it is not there.</summary>
    /// <exception cref="ConsortException">A mistake in the options.</exception>
    public static NegativeSample? Load(OptionMap map)
    {
        if (map.Map("sample") is not { } sample) return null;
        var share = sample.Number("negatives", 1, 0, 1);
        if (share <= 0) throw sample.Error("negatives", "found 0, expected above 0 and at most 1");
        var made = new NegativeSample(share, (ulong)sample.Long("seed", 0, 0, long.MaxValue));
        sample.Close();
        return made;
    }
}
