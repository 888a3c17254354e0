using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Batches;

/// <summary>Counts what all threads allocate, so no other test may run beside it (CI failed on that).</summary>
[CollectionDefinition(nameof(BatchLoaderAllocationTests), DisableParallelization = true)]
[Collection(nameof(BatchLoaderAllocationTests))]
public sealed class BatchLoaderAllocationTests : IDisposable
{
    private const int Rows = 20_000;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Next_ManyBatches_AllocatesNothing()
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{fields: [{name: y, kind: label}, {name: n, kind: numeric}, {name: c, kind: categorical}]}", "s.yaml"));
        using var dataset = _folder.Encode(schema, _folder.File("d.tsv", string.Concat(Enumerable.Range(0, Rows)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i & 1}\t{i}\t{i % 7}\n")))));
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(16, true, 5));
        Walk(0);
        Walk(1);
        var least = long.MaxValue;
        // The test host reports its results meanwhile: one quiet walk is enough.
        for (var epoch = 2; epoch < 32 && least > 0; epoch++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Walk(epoch);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        // 1,250 batches: less than a byte each is the measurement itself.
        Assert.InRange(least, 0, Rows / 16);

        void Walk(int epoch)
        {
            loader.Start(epoch);
            long rows = 0;
            while (loader.Next() is { } batch) rows += batch.Rows;
            Assert.Equal(Rows, rows);
        }
    }
}
