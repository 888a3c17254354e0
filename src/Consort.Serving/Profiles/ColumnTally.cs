namespace Consort.Serving.Profiles;

/// <summary>What was counted of a column.</summary>
/// <param name="bins">How many bins it has.</param>
internal sealed class ColumnTally(int bins)
{
    /// <summary>Values in each bin.</summary>
    public long[] Bins { get; } = new long[bins];

    /// <summary>
    /// Rows that have no value: of a list, one with no token but missing ones; a number is among them whose encoded value is that of a
    /// missing one.
    /// </summary>
    public long Missing { get; private set; }

    /// <summary>Counts what a row has of the column.</summary>
    /// <param name="of">Its bins.</param>
    /// <param name="ids">Global ids, [F].</param>
    /// <param name="numerics">[N].</param>
    /// <param name="lists">Where ids of list columns say.</param>
    public void Add(ColumnBins of, ReadOnlySpan<int> ids, ReadOnlySpan<float> numerics, ReadOnlySpan<int> lists)
    {
        if (of.Column is not { } column)
            Count(of.Of(numerics[of.Place]));
        else if (column.List is null)
            Count(of.Of(ids[of.Place] - column.Offset));
        else
            AddList(of, column.Offset, lists.Slice(ids[of.Place] + 1, lists[ids[of.Place]]));
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        Array.Clear(Bins);
        Missing = 0;
    }

    private void Count(int bin)
    {
        Bins[bin]++;
        Missing += bin == ColumnBins.Missing ? 1 : 0;
    }

    private void AddList(ColumnBins of, int offset, ReadOnlySpan<int> list)
    {
        foreach (var id in list)
            Bins[of.Of(id - offset)]++;
        if (list.IsEmpty)
            Bins[ColumnBins.Missing]++;
        Missing += ColumnBins.IsMissing(list, offset) ? 1 : 0;
    }
}
