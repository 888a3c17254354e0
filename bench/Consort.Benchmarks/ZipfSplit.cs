using System.Runtime.InteropServices;
using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Benchmarks;

/// <summary>
/// Encoded rows of 39 categorical columns, written to a temporary folder by the encoder's own writer and read back by the loader that
/// training uses. In each column the id of rank r occurs about in proportion to r^-1.1, frequent ids first, as the encoder lays them out.
/// </summary>
internal sealed class ZipfSplit : IDisposable
{
    public const int Columns = 39;
    public const int LeastVocabulary = 1000;
    private const double Exponent = 1.1;
    private const double ClickRate = 0.25;

    // Each column has this share of the one before it: a few large columns hold most of the ids, as in Criteo's logs.
    private const double Shrink = 0.75;

    private readonly TempFolder _folder = new();

    public ZipfSplit(int vocabulary, int batchRows, int batches)
    {
        Space = FeatureSpace.Of(Sizes(vocabulary));
        var layout = new RowLayout(Space, hasTruth: false);
        using var writer = new SplitWriter(_folder.Path, ["train"], layout, buffers: 1);
        var random = new Random(1);
        for (var b = 0; b < batches; b++)
        {
            var block = writer.Rent();
            for (var r = 0; r < batchRows; r++)
            {
                var click = random.NextDouble() < ClickRate;
                var row = block.Add(0, layout.Bytes, click);
                var ids = MemoryMarshal.Cast<byte, int>(row);
                for (var f = 0; f < Columns; f++) ids[f] = Draw(random, Space.Categorical[f]);
                MemoryMarshal.Cast<byte, float>(row)[Columns] = click ? 1 : 0;
            }
            if (b == 0) Touched = Distinct(block.Bytes(0), layout.Bytes);
            writer.Submit(b, block);
        }
        writer.Complete();
        var file = new StoredFile("train.bin", writer.Bytes(0), writer.Hash(0));
        Split = new EncodedSplit(_folder.Path, new StoredSplit("train", writer.Rows[0], writer.Clicks[0], file), Space, hasTruth: false);
    }

    public FeatureSpace Space { get; }

    public EncodedSplit Split { get; }

    /// <summary>Different ids in the first batch: the rows of a table that a step reads.</summary>
    public IReadOnlyCollection<int> Touched { get; } = [];

    public void Dispose()
    {
        Split.Dispose();
        _folder.Dispose();
    }

    /// <summary>Sizes of the columns, whose sum is the vocabulary's.</summary>
    public static int[] Sizes(int vocabulary)
    {
        var sizes = new int[Columns];
        var unit = (1 - Shrink) / (1 - Math.Pow(Shrink, Columns));
        for (var f = Columns - 1; f > 0; f--) sizes[f] = Math.Max(4, (int)(vocabulary * unit * Math.Pow(Shrink, f)));
        sizes[0] = vocabulary - sizes.Sum();
        return sizes;
    }

    private static int Draw(Random random, Column column) => column.Offset + 2 + Rank(random, column.Size - 2);

    /// <summary>A rank from 0: the inverse of the continuous distribution with density x^-s on [1, n + 1).</summary>
    public static int Rank(Random random, int tokens)
    {
        var end = Math.Pow(tokens + 1, 1 - Exponent);
        var x = Math.Pow(1 + random.NextDouble() * (end - 1), 1 / (1 - Exponent));
        return Math.Min(tokens - 1, (int)x - 1);
    }

    private static HashSet<int> Distinct(ReadOnlySpan<byte> rows, int rowBytes)
    {
        var seen = new HashSet<int>();
        for (var at = 0; at < rows.Length; at += rowBytes)
        {
            foreach (var id in MemoryMarshal.Cast<byte, int>(rows.Slice(at, 4 * Columns))) seen.Add(id);
        }
        return seen;
    }
}
