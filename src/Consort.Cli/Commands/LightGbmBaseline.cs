using System.Globalization;
using Consort.Boosting;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Foundation.Options;
using Consort.Studies.Baselines;

namespace Consort.Cli.Commands;

/// <summary>Boosted trees as a baseline of studies.</summary>
/// <param name="options">How trees are grown.</param>
/// <param name="status">Where it shows how many trees there are as they grow; null for nowhere.</param>
internal sealed class LightGbmBaseline(BoostingOptions options, StatusLine? status = null) : ISearchedBaseline
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

    public ISearchedBaseline With(OptionTree values) => new LightGbmBaseline(BoostingOptions.Options.ReadAll(OptionMap.Of(values)), status);

    public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation) =>
        Told(BoostedTrees.Fit(data, options, seed, threads, null, Grown(), cancellation));

    public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, Func<int, bool> chooses, CancellationToken cancellation) =>
        Told(BoostedTrees.Fit(data, options, seed, threads, chooses, Grown(), cancellation));

    private Growing? Grown() => status is null ? null : new Growing(status, Name);

    private BaselineScores Told(BoostedScores scores)
    {
        Latest = scores;
        var ids = scores.Categories == CategoryInput.Native ? "ids as categories" : "click rates of ids";
        return new BaselineScores(scores.Valid, scores.Test, string.Create(CultureInfo.InvariantCulture, $"{scores.Trees} trees, {ids}"),
            scores.Seconds, scores.MicrosecondsPerRow);
    }

    // Trees of no known number: the validation rows say when they are enough. Each way of categories begins with a first one.
    private sealed class Growing(StatusLine status, string name) : IProgress<long>
    {
        private CountLine? _line;

        public void Report(long value)
        {
            if (value == 1 || _line is null)
                _line = new CountLine(status, name, "trees", total: 0);
            _line.Report(value);
        }
    }
}
