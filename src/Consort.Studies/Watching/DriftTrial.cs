using Consort.Data.Batches;
using Consort.Data.Sources;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Serving.Profiles;
using Consort.Serving.Watching;
using Consort.Studies.Promoting;

namespace Consort.Studies.Watching;

/// <summary>Which rows to compare with what a model was trained on.</summary>
/// <param name="Places">Raw rows.</param>
/// <param name="Model">A package, or the folder of a run.</param>
public sealed record DriftRequest(IReadOnlyList<string> Places, string Model)
{
    /// <summary>When a difference is an alarm.</summary>
    public DriftOptions Options { get; init; } = new();

    /// <summary>Whether every row has its label: then predicted and observed clicks are compared too.</summary>
    public bool HasLabels { get; init; }

    /// <summary>Threads to pack a run with.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What becomes of columns that the model does not know.</summary>
    public RawRows Rules { get; init; } = new(UnknownColumns.PassOver, null);

    /// <summary>By which names are resolved.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>Told the bytes that were read, or null.</summary>
    public IProgress<long>? Progress { get; init; }
}

/// <summary>Compares rows with what a model was trained on.</summary>
public static class DriftTrial
{
    /// <summary>Reads the rows once and compares.</summary>
    /// <exception cref="ConsortException">The rows or the model cannot be read, or its package has no profile.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static DriftReport Run(DriftRequest request, CancellationToken cancellation)
    {
        using var model = Contender.Open(request.Model, request.Threads, request.Catalogues, cancellation);
        var scorer = model.Scorer;
        var watch = TrafficWatch.Of(scorer) ?? throw new ConsortException(
            $"{request.Model}: found no profile of the training rows, for it was packed by an earlier version or without its rows at hand; pack the run again, with --data DIR where they have moved");
        new RawScores(scorer, request.Places, request.Catalogues.Of(SourceCatalogue.BuiltIn), request.Rules)
        {
            LabelRequired = request.HasLabels,
            Progress = request.Progress,
        }.Read(batch =>
        {
            watch.Add(batch.Impressions, batch.Scores);
            for (var row = 0; request.HasLabels && row < batch.Rows.Rows; row++)
                watch.AddLabel(batch.Scores[row], batch.Rows.Labels[row] == 1);
        }, cancellation);
        if (watch.Rows == 0)
            throw new ConsortException($"{SourcePlace.Show(request.Places[0])}: found no rows, expected at least one");
        return watch.Compare(request.Options);
    }
}
