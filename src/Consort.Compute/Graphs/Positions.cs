namespace Consort.Compute.Graphs;

/// <summary>
/// What a value has a row for, where that is not an impression: each id of a list, row after row of the batch and in the list's order,
/// and, where the target is with them, one more behind those of each impression. Nothing is computed for ids that are not there.
/// </summary>
/// <param name="Column">The categorical column, a list.</param>
/// <param name="WithTarget">Whether each impression has a row of its own behind those of its ids.</param>
/// <param name="Top">At most so many of an impression's ids have rows, chosen by whoever leads here; 0 for all.</param>
public sealed record Positions(int Column, bool WithTarget = false, int Top = 0)
{
    /// <summary>Rows of an impression whose list has so many ids.</summary>
    public int RowsOf(int ids) => (Top > 0 ? Math.Min(ids, Top) : ids) + (WithTarget ? 1 : 0);
}
