using System.Runtime.InteropServices;
using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Benchmarks;

/// <summary>
/// Encoded rows of 39 categorical columns, written to a temporary folder by the encoder's own writer and read back by the loader that
/// training uses. In each column the id of rank r occurs about in proportion to r^-1.1, frequent ids first, as the encoder lays them out.
/// Beside them there may be tokens of one more vocabulary: as a list of as many in the mean, or each in a column of its own.
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

    /// <param name="vocabulary">Ids of the 39 columns.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="batches">How many of them.</param>
    /// <param name="tokens">Tokens beside the columns, in the mean.</param>
    /// <param name="asList">Whether these are a list, of 0 to twice as many, or as many columns.</param>
    public ZipfSplit(int vocabulary, int batchRows, int batches, int tokens = 0, bool asList = false)
    {
        Space = SpaceOf(vocabulary, tokens, asList);
        var (columns, list) = (asList ? Columns : Space.Categorical.Count, new int[1 + (2 * tokens)]);
        var touched = new HashSet<int>();
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
                for (var f = 0; f < columns; f++) ids[f] = Draw(random, Space.Categorical[f]);
                MemoryMarshal.Write(row[layout.LabelAt..], click ? 1f : 0f);
                if (asList)
                {
                    list[0] = random.Next(list.Length);
                    for (var i = 1; i <= list[0]; i++) list[i] = Draw(random, Space.Categorical[Columns]);
                    ids[Columns] = 0; // where the row's lists begin
                    MemoryMarshal.Write(row[layout.ListsAt..], (long)block.Lists(0).Length);
                    block.AddList(0, list.AsSpan(0, 1 + list[0]));
                }
                if (b > 0) continue;
                touched.UnionWith(ids[..columns].ToArray());
                touched.UnionWith(list[1..(1 + list[0])]);
            }
            writer.Submit(b, block);
        }
        writer.Complete();
        Touched = touched;
        var split = new StoredSplit("train", writer.Rows[0], writer.Clicks[0], writer.File(0), writer.Lists(0));
        Split = new EncodedSplit(_folder.Path, split, Space, hasTruth: false);
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

    private static FeatureSpace SpaceOf(int vocabulary, int tokens, bool asList)
    {
        var plain = FeatureSpace.Of(Sizes(vocabulary));
        if (tokens == 0) return plain;
        var token = new Column("token", plain.Features, Math.Max(4, vocabulary / 10));
        return new FeatureSpace([.. plain.Categorical, .. asList ? [token with { List = new ListShape(2 * tokens) }]
            : Enumerable.Range(1, tokens).Select(i => token with { Name = $"token{i}" })], []);
    }

    private static int Draw(Random random, Column column) => column.Offset + 2 + Rank(random, column.Size - 2);

    /// <summary>A rank from 0: the inverse of the continuous distribution with density x^-s on [1, n + 1).</summary>
    public static int Rank(Random random, int tokens)
    {
        var end = Math.Pow(tokens + 1, 1 - Exponent);
        var x = Math.Pow(1 + random.NextDouble() * (end - 1), 1 / (1 - Exponent));
        return Math.Min(tokens - 1, (int)x - 1);
    }
}
