using Consort.Data.Schemas;

namespace Consort.Learning.Ranks;

/// <summary>The columns of a rank where tables are dealt out: those of a dataset with as many ids as there is to hold.</summary>
internal static class ShardSpaces
{
    /// <summary>With the ids whose rows a rank has: at most every N-th, rounded up, so that all ranks have tables of one shape.</summary>
    public static FeatureSpace OfRank(FeatureSpace space, int ranks) =>
        Resized(space, (column, _) => (column.Size + ranks - 1L) / ranks);

    /// <summary>With the most different ids that a batch can have.</summary>
    public static FeatureSpace OfBatch(FeatureSpace space, int rows) =>
        Resized(space, (column, length) => Math.Min(column.Size, (long)rows * length));

    // Columns of one vocabulary stay together. The length is the most ids that a row has of it.
    private static FeatureSpace Resized(FeatureSpace space, Func<Column, long, long> size)
    {
        var (next, ranges) = (0, new Dictionary<int, (int Offset, int Size)>());
        foreach (var vocabulary in space.Categorical.GroupBy(c => c.Offset).OrderBy(g => g.Key))
        {
            var ids = (int)Math.Max(2, size(vocabulary.First(), vocabulary.Sum(c => (long)c.Length)));
            ranges.Add(vocabulary.Key, (next, ids));
            next += ids;
        }

        return new FeatureSpace(
            [.. space.Categorical.Select(c => c with { Offset = ranges[c.Offset].Offset, Size = ranges[c.Offset].Size })], space.Numeric)
        { HasWeights = space.HasWeights, HasGroups = space.HasGroups };
    }
}
