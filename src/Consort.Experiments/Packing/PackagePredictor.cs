using Consort.Data.Batches;
using Consort.Data.Sources;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Serving;
using Consort.Serving.Packages;

namespace Consort.Experiments.Packing;

/// <summary>Gives the probabilities that a package gives, calibrated as it is, of raw rows.</summary>
public sealed class PackagePredictor : IDisposable
{
    private readonly Scorer _scorer;
    private readonly SourceCatalogue _sources;

    /// <summary>Opens a package.</summary>
    /// <param name="path">A file that <c>consort pack</c> has written.</param>
    /// <param name="catalogues">By which names of models and sources are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">It is no package, or not whole.</exception>
    public PackagePredictor(string path, Catalogues? catalogues = null)
    {
        _sources = (catalogues ?? Catalogues.Default).Of(SourceCatalogue.BuiltIn);
        _scorer = Scorer.Load(path, storage: PackageStorage.Mapped, catalogues: catalogues);
    }

    /// <summary>The schema of the rows that it scores.</summary>
    public Data.Schemas.Schema Schema => _scorer.Encoder.Schema;

    /// <summary>Gives the probability of each raw row, in order.</summary>
    /// <param name="places">Rows, with labels or without, one place after another.</param>
    /// <param name="rows">Told how many rows a batch has, their probabilities and what is kept of them; they are valid during the
    /// call.</param>
    /// <param name="rules">What becomes of columns that the package does not know, and what is kept.</param>
    /// <param name="progress">Told the bytes of the files that were read, or null.</param>
    /// <param name="cancellation">Stops between batches, and waiting for a pipe.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or one whose logit is not finite.</exception>
    public void Predict(IReadOnlyList<string> places, Action<int, float[], KeptCells> rows, RawRows rules,
        IProgress<long>? progress, CancellationToken cancellation) =>
        new RawScores(_scorer, places, _sources, rules) { Progress = progress }
            .Read(batch => rows(batch.Rows.Rows, batch.Scores, batch.Kept), cancellation);

    /// <inheritdoc/>
    public void Dispose() => _scorer.Dispose();
}
