using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Batches;

public sealed class BatchLoaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Rows whose only numeric value is their number.</summary>
    private EncodedDataset Numbered(int rows)
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{fields: [{name: y, kind: label}, {name: n, kind: numeric}, {name: c, kind: categorical}]}", "s.yaml"));
        return _folder.Encode(schema, _folder.File("d.tsv", string.Concat(Enumerable.Range(0, rows)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i & 1}\t{i}\t{i % 7}\n")))));
    }

    private static List<int> Order(BatchLoader loader, int epoch, long skip = 0)
    {
        var order = new List<int>();
        loader.Start(epoch, skip);
        while (loader.Next() is { } batch)
        {
            for (var r = 0; r < batch.Rows; r++)
            {
                var row = (int)batch.Numeric[r];
                Assert.Equal(row & 1, batch.Labels[r]);
                order.Add(row);
            }
        }
        return order;
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(64, 64)]
    [InlineData(65, 64)]
    [InlineData(5000, 37)]
    public void Next_NotShuffled_GivesRowsInOrder(int rows, int batch)
    {
        using var dataset = Numbered(rows);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(batch));
        Assert.Equal(Enumerable.Range(0, rows), Order(loader, 0));
        Assert.Equal((rows + batch - 1) / batch, loader.Batches);
        Assert.Null(loader.Next());
    }

    [Theory]
    [InlineData(1, long.MaxValue)]
    [InlineData(2, long.MaxValue)]
    [InlineData(5000, long.MaxValue)]
    [InlineData(5000, 0)]
    [InlineData(30_000, 0)]
    public void Next_Shuffled_GivesEveryRowOnceAndReproducibly(int rows, long exact)
    {
        using var dataset = Numbered(rows);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(100, true, 5, ExactShuffleBytes: exact));
        var first = Order(loader, 1);
        Assert.Equal(Enumerable.Range(0, rows), first.Order());
        Assert.Equal(first, Order(loader, 1));
        using var other = new BatchLoader(dataset.Train, new LoaderOptions(100, true, 6, ExactShuffleBytes: exact));
        if (rows < 100)
            return; // one or two rows may well fall into the same order twice
        Assert.NotEqual(first, Order(loader, 2));
        Assert.NotEqual(first, Order(other, 1));
        // Neighbours of the file do not stay neighbours.
        Assert.InRange(Enumerable.Range(1, rows - 1).Count(i => Math.Abs(first[i] - first[i - 1]) == 1), 0, rows / 100);
    }

    [Fact]
    public void Next_Masked_TakesSomeKnownTokensForUnseenOnesAndNothingElse()
    {
        using var dataset = Numbered(20_000);
        var column = dataset.Space.Categorical[0];
        using var plain = new BatchLoader(dataset.Train, new LoaderOptions(512, true, 5));
        using var masked = new BatchLoader(dataset.Train, new LoaderOptions(512, true, 5)
        {
            Masked = new MaskedTokens(0.1, dataset.Encoder.Open),
        });
        var (known, first) = (Ids(plain, 1), Ids(masked, 1));
        var changed = known.Zip(first).Where(p => p.First != p.Second).ToArray();
        Assert.InRange(changed.Length, 1800, 2200);
        Assert.All(changed, c => Assert.Equal(column.Offset + 1, c.Second));
        Assert.Equal(first, Ids(masked, 1)); // also of a run that is resumed
        Assert.Equal(first.Skip(10 * 512), Ids(masked, 1, skip: 10));
        // Another epoch masks others.
        var next = known.Zip(Ids(plain, 2).Zip(Ids(masked, 2)), (_, p) => p.First != p.Second).Count(c => c);
        Assert.InRange(next, 1800, 2200);

        static List<int> Ids(BatchLoader loader, int epoch, long skip = 0)
        {
            var ids = new List<int>();
            loader.Start(epoch, skip);
            while (loader.Next() is { } batch)
                ids.AddRange(batch.Ids);
            return ids;
        }
    }

    [Fact]
    public void Start_SkippingBatches_ContinuesTheSameOrder()
    {
        using var dataset = Numbered(1000);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(64, true, 5));
        Assert.Equal(Order(loader, 3).Skip(128), Order(loader, 3, skip: 2));
        Assert.Empty(Order(loader, 3, skip: 99));
    }

    [Fact]
    public void Start_InTheMiddleOfAnEpoch_BeginsAnew()
    {
        using var dataset = Numbered(5000);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(10));
        for (var i = 0; i < 200; i++)
        {
            loader.Start(i);
            for (var b = 0; b < i % 7; b++) Assert.Equal(b * 10, loader.Next()!.Numeric[0]);
        }
        Assert.Equal(Enumerable.Range(0, 5000), Order(loader, 0));
    }

    [Fact]
    public void Dispose_InTheMiddleOfAnEpoch_DoesNotHang()
    {
        using var dataset = Numbered(5000);
        for (var i = 0; i < 50; i++)
        {
            var loader = new BatchLoader(dataset.Train, new LoaderOptions(10, true));
            if (i % 3 > 0) loader.Start(0);
            if (i % 3 > 1) loader.Next();
            loader.Dispose();
            loader.Dispose();
            Assert.Throws<ObjectDisposedException>(() => loader.Next());
        }
    }

    [Fact]
    public void Next_BeforeStart_IsAMistake()
    {
        using var dataset = Numbered(10);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(10));
        Assert.Throws<InvalidOperationException>(() => loader.Next());
        Assert.Throws<ConsortException>(() => new BatchLoader(dataset.Train, new LoaderOptions(0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(10_007)]
    public void KeyedPermutation_AnyCount_IsAPermutation(int count)
    {
        for (ulong key = 0; key < 5; key++)
        {
            var permutation = new KeyedPermutation(count, KeyedPermutation.Key(key, 1));
            Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), Enumerable.Range(0, count).Select(i => permutation[i]).Order());
        }
    }

    [Fact]
    public void KeyedPermutation_ManyKeys_SendAValueEverywhereAlike()
    {
        // Chi-squared over where row 0 of 16 goes under 16,000 keys: 15 degrees of freedom, 99.99 % below 44.
        var counts = new int[16];
        for (ulong key = 0; key < 16_000; key++) counts[new KeyedPermutation(16, KeyedPermutation.Key(key, 0))[0]]++;
        Assert.InRange(counts.Sum(c => (c - 1000.0) * (c - 1000.0) / 1000), 0, 44);
    }
}
