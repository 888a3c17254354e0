using System.Globalization;
using Consort.Boosting;
using Consort.Data.Datasets;
using Consort.Foundation.Options;
using Consort.Studies.Baselines;

namespace Consort.Cli.Commands;

/// <summary>Boosted trees as a baseline of studies.</summary>
internal sealed class LightGbmBaseline(BoostingOptions options) : ISearchedBaseline
{
    public string Name => "LightGBM";

    public OptionSet Options => BoostingOptions.Options;

    public OptionTree Values => OptionTree.Keys(BoostingOptions.Options.Write(options).Select(o => (o.Key, OptionTree.Parse(o.Value))));

    public int Steps => options.Trees;

    public string Step => "tree";

    /// <summary>How trees are grown.</summary>
    public BoostingOptions Own => options;

    /// <summary>What the best of the latest fit came to.</summary>
    public BoostedScores? Latest { get; private set; }

    public ISearchedBaseline With(OptionTree values) => new LightGbmBaseline(BoostingOptions.Options.ReadAll(OptionMap.Of(values)));

    public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation) =>
        Told(BoostedTrees.Fit(data, options, seed, threads, cancellation));

    public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, Func<int, bool> chooses, CancellationToken cancellation) =>
        Told(BoostedTrees.Fit(data, options, seed, threads, chooses, cancellation));

    private BaselineScores Told(BoostedScores scores)
    {
        Latest = scores;
        var ids = scores.Categories == CategoryInput.Native ? "ids as categories" : "click rates of ids";
        return new BaselineScores(scores.Valid, scores.Test, string.Create(CultureInfo.InvariantCulture, $"{scores.Trees} trees, {ids}"),
            scores.Seconds, scores.MicrosecondsPerRow);
    }
}
