using System.Globalization;
using Consort.Boosting;
using Consort.Data.Datasets;
using Consort.Studies.Baselines;

namespace Consort.Cli.Commands;

/// <summary>Boosted trees as a baseline of studies.</summary>
internal sealed class LightGbmBaseline(BoostingOptions options) : IBaseline
{
    public string Name => "LightGBM";

    /// <summary>What the best of the latest fit came to.</summary>
    public BoostedScores? Latest { get; private set; }

    public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation)
    {
        var scores = Latest = BoostedTrees.Fit(data, options, seed, threads, cancellation);
        var ids = scores.Categories == CategoryInput.Native ? "ids as categories" : "click rates of ids";
        return new BaselineScores(scores.Valid, scores.Test, string.Create(CultureInfo.InvariantCulture, $"{scores.Trees} trees, {ids}"),
            scores.Seconds, scores.MicrosecondsPerRow);
    }
}
