using Consort.Data.Datasets;
using Consort.Foundation.Options;

namespace Consort.Studies.Baselines;

/// <summary>A baseline whose options say where a search for good values looks.</summary>
internal interface ISearchedBaseline : IBaseline
{
    /// <summary>The options.</summary>
    OptionSet Options { get; }

    /// <summary>What they are, by key.</summary>
    OptionTree Values { get; }

    /// <summary>The most steps that it learns in, such as trees.</summary>
    int Steps { get; }

    /// <summary>What a step is called, such as <c>tree</c>.</summary>
    string Step { get; }

    /// <summary>The baseline with other values.</summary>
    /// <param name="values">Of all options.</param>
    /// <exception cref="ConsortException">They are none that it may have.</exception>
    ISearchedBaseline With(OptionTree values);

    /// <summary>As <see cref="IBaseline.Fit"/>, of whose choices some of the validation rows know nothing.</summary>
    /// <param name="data">The data.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="chooses">Whether a validation row has a part in what is chosen.</param>
    /// <param name="cancellation">Stops it.</param>
    BaselineScores Fit(EncodedDataset data, ulong seed, int threads, Func<int, bool> chooses, CancellationToken cancellation);
}
