using Consort.Data.Batches;

namespace Consort.Experiments.Running;

/// <summary>How raw rows are taken that a run is to score.</summary>
/// <param name="Unknown">What becomes of columns that the run does not know.</param>
/// <param name="Notice">Told a line about what was passed over, and one about values that are nearly all unseen, or null.</param>
public sealed record RawRows(UnknownColumns Unknown, Action<string>? Notice)
{
    /// <summary>Columns whose texts are kept beside the probabilities.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    internal static RawRows Default { get; } = new(UnknownColumns.PassOver, null);

    internal void Say(RawBatchReader reader)
    {
        if (reader.PassedOver is { } line)
            Notice?.Invoke(line);
        if (reader.Unseen is { } unseen)
            Notice?.Invoke(unseen);
    }
}
