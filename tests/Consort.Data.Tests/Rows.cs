using Consort.Data.Batches;
using Consort.Data.Datasets;

namespace Consort.Data.Tests;

/// <summary>The rows of a split or raw file, read back through the public types.</summary>
internal sealed record Row(int[] Ids, float[] Numeric, float Label, float? Truth)
{
    public static List<Row> Of(EncodedSplit split)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(7));
        loader.Start(0);
        var rows = new List<Row>();
        while (loader.Next() is { } batch) rows.AddRange(Of(batch));
        return rows;
    }

    public static IEnumerable<Row> Of(Batch batch)
    {
        var rows = new List<Row>();
        for (var r = 0; r < batch.Rows; r++)
        {
            rows.Add(new Row(batch.IdsOf(r).ToArray(),
                batch.NumericOf(r).ToArray(),
                batch.Labels[r], batch.HasTruth ? batch.Truth[r] : null));
        }
        return rows;
    }
}
