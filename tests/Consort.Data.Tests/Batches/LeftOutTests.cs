using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Batches;

public sealed class LeftOutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(7, 2)]
    [InlineData(100, 3)]
    [InlineData(101, 4)]
    [InlineData(5, 100)]
    [InlineData(1000, 7)]
    public void Row_OfEveryPart_TogetherLeaveEachRowOutOnce(int rows, int of)
    {
        var times = new int[rows];
        for (var part = 1; part <= of; part++)
        {
            var left = new LeftOut(part, of);
            long[] kept = [.. Enumerable.Range(0, (int)left.Left(rows)).Select(i => left.Row(i))];
            Assert.Equal(kept, kept.Distinct().Order());
            Assert.All(kept, r => Assert.NotEqual(part, LeftOut.PartOf(r, of)));
            foreach (var row in Enumerable.Range(0, rows).Except(kept.Select(r => (int)r)))
            {
                Assert.Equal(part, LeftOut.PartOf(row, of));
                times[row]++;
            }
            Assert.InRange(rows - kept.Length, rows / of, (rows / of) + 1);
        }
        Assert.All(times, t => Assert.Equal(1, t));
    }

    [Fact]
    public void PartOf_RowsOfOnePeriod_AreOfAllParts()
    {
        // A log whose every fourth row is alike would else have these in one part.
        var parts = Enumerable.Range(0, 400).Select(i => LeftOut.PartOf(4 * i, 4)).CountBy(p => p).ToDictionary();
        Assert.All(Enumerable.Range(1, 4), p => Assert.InRange(parts[p], 70, 130));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void Next_APartIsLeftOut_GivesAllOtherRowsOnce(long exact)
    {
        const int Rows = 1001;
        using var dataset = Numbered(Rows);
        var order = new List<int>();
        using var loader = new BatchLoader(
            dataset.Train, new LoaderOptions(64, true, 5, ExactShuffleBytes: exact) { LeaveOut = new(2, 4) }, dataset.Transfer);
        loader.Start(1);
        while (loader.Next() is { } batch) order.AddRange(batch.Numeric.ToArray().Select(n => (int)n));
        Assert.Equal(Enumerable.Range(0, Rows + 50).Where(r => r >= Rows || LeftOut.PartOf(r, 4) != 2), order.Order());
        Assert.Throws<ConsortException>(() => new LoaderOptions(8) { LeaveOut = new(3, 2) }.Validate());
    }

    private EncodedDataset Numbered(int rows)
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{fields: [{name: y, kind: label}, {name: n, kind: numeric}, {name: c, kind: categorical}]}", "s.yaml"));
        static string Text(int first, int rows, string label) => string.Concat(Enumerable.Range(first, rows)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{label}\t{i}\t{i % 7}\n")));
        var dataset = _folder.Encode(schema, _folder.File("d.tsv", Text(0, rows, "1")));
        var more = EncodeRequest.Transfer(dataset, [_folder.File("more.tsv", Text(rows, 50, ""))], _folder.At("more"), 1);
        DatasetEncoder.Encode(more);
        dataset.Take(more.Folder);
        return dataset;
    }
}
