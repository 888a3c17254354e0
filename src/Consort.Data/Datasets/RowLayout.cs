using System.Runtime.InteropServices;
using Consort.Data.Schemas;

namespace Consort.Data.Datasets;

/// <summary>
/// Where things stand in a stored row, in bytes: ids, numbers, the label, then what not every dataset has. Of a list column the id is
/// where the row's list begins, counted from the row's place among the lists of its split, which lie in a file of their own.
/// </summary>
internal readonly record struct RowLayout
{
    /// <param name="space">The columns.</param>
    /// <param name="hasTruth">Whether the true click probability is stored.</param>
    public RowLayout(FeatureSpace space, bool hasTruth)
    {
        NumericAt = 4 * space.Categorical.Count;
        LabelAt = NumericAt + (4 * space.Numeric.Count);
        var end = LabelAt + 4;
        TruthAt = Take(hasTruth, 4, ref end);
        WeightAt = Take(space.HasWeights, 4, ref end);
        GroupAt = Take(space.HasGroups, 8, ref end);
        ListsAt = Take(space.ListRoom > 0, 8, ref end);
        Bytes = end;
    }

    /// <summary>The numeric columns, 4 bytes each.</summary>
    public int NumericAt { get; }

    /// <summary>The label.</summary>
    public int LabelAt { get; }

    /// <summary>The true click probability; −1 where there is none.</summary>
    public int TruthAt { get; }

    /// <summary>How much the row counts, a float; −1 where all count alike.</summary>
    public int WeightAt { get; }

    /// <summary>The 64-bit hash of the row's group, 0 for none; −1 where rows have no groups.</summary>
    public int GroupAt { get; }

    /// <summary>The row's place among the lists, a long, in whole numbers of 4 bytes; −1 where no column is a list.</summary>
    public int ListsAt { get; }

    /// <summary>Bytes of a row.</summary>
    public int Bytes { get; }

    /// <summary>A row's place among the lists.</summary>
    public long ListsOf(ReadOnlySpan<byte> row) => MemoryMarshal.Read<long>(row[ListsAt..]);

    private static int Take(bool isThere, int bytes, ref int end)
    {
        var at = isThere ? end : -1;
        end += isThere ? bytes : 0;
        return at;
    }
}
