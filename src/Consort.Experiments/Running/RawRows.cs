using Consort.Data.Batches;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Experiments.Running;

/// <summary>How raw rows are taken that a run is to score.</summary>
/// <param name="Unknown">What becomes of columns that the run does not know.</param>
/// <param name="Notice">Told a line about what was passed over, and one about values that are nearly all unseen, or null.</param>
public sealed record RawRows(UnknownColumns Unknown, Action<string>? Notice)
{
    /// <summary>Columns whose texts are kept beside the probabilities.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    internal static RawRows Default { get; } = new(UnknownColumns.PassOver, null);

    /// <summary>Opens rows; what is unseen in them is counted where anybody is told.</summary>
    internal RawBatchReader Open(IReadOnlyList<string> places, Encoder encoder, int batchSize, bool labelRequired, SourceCatalogue sources,
        CancellationToken cancellation = default) =>
        new(places, encoder, batchSize, labelRequired, Unknown, sources, Keep, cancellation) { CountsUnseen = Notice is not null };

    internal void Say(RawBatchReader reader)
    {
        if (reader.PassedOver is { } line)
            Notice?.Invoke(line);
        if (reader.Unseen is { } unseen)
            Notice?.Invoke(unseen);
    }
}
