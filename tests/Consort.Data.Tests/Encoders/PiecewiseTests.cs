using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class PiecewiseTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Of(string rest) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: x, kind: numeric, {rest}}}]}}", "s.yaml"));

    private EncodedDataset Encode(string rest, IEnumerable<string> values) =>
        _folder.Encode(Of(rest), _folder.File("d.csv", string.Concat(values.Select(v => $"1,{v}\n"))));

    // The two knots of each row with their weights, as `3:0.25 4:0.75`.
    private static List<string> Places(EncodedDataset dataset)
    {
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(64));
        loader.Start(0);
        var rows = new List<string>();
        while (loader.Next() is { } batch)
        {
            for (var r = 0; r < batch.Rows; r++)
            {
                var list = batch.Lists[batch.IdsOf(r)[0]..];
                var texts = Enumerable.Range(0, list[0]).Select(i => (Id: i + 1, Weight: i + 1 + batch.Lists[batch.IdsOf(r)[0]])).ToArray();
                var row = new string[texts.Length];
                for (var i = 0; i < row.Length; i++)
                    row[i] = string.Create(CultureInfo.InvariantCulture, $"{list[texts[i].Id]}:{BitConverter.Int32BitsToSingle(list[texts[i].Weight])}");
                rows.Add(string.Join(' ', row));
            }
        }
        return rows;
    }

    [Fact]
    public void Encode_Numbers_LieBetweenTheirKnots()
    {
        using var dataset = Encode("transform: {piecewise: 4}", Enumerable.Range(0, 9).Select(i => i.ToString(CultureInfo.InvariantCulture)).Append(""));
        // Knots 0, 2, 4, 6, 8.
        Assert.Equal(["2:1", "2:0.5 3:0.5", "3:1", "3:0.5 4:0.5", "4:1", "4:0.5 5:0.5", "5:1", "5:0.5 6:0.5", "6:1", "0:1"], Places(dataset));
        Assert.Equal(new Column("x", 0, 7, new ListShape(2, ListPooling.Sum, IsWeighted: true)), dataset.Categorical[0]);
        var (ids, lists) = (new int[1], new int[dataset.Space.ListRoom]);
        foreach (var (text, expected) in new[] { ("-1e9", new[] { 1, 2 }), ("99", [1, 6]), ("7.5", [2, 5, 6]), ("1e-12", [1, 2]), ("", [1, 0]) })
        {
            dataset.Encoder.EncodeField(1, System.Text.Encoding.UTF8.GetBytes(text), ids, [], lists);
            Assert.Equal(expected, lists[..expected.Length]);
        }
        Assert.Equal((0.25f, 0.75f), Weights("7.5"));
        dataset.Encoder.Clear(ids, [], lists);
        Assert.Equal([1, 0, BitConverter.SingleToInt32Bits(1)], lists[..3]);
        var described = DatasetDescription.OfEncoded(dataset).Columns[0];
        Assert.Equal(("piecewise", 0.1, "knots from 0 to 8"), (described.Kind, described.MissingShare!.Value, described.Note));

        (float, float) Weights(string text)
        {
            dataset.Encoder.EncodeField(1, System.Text.Encoding.UTF8.GetBytes(text), ids, [], lists);
            return (BitConverter.Int32BitsToSingle(lists[3]), BitConverter.Int32BitsToSingle(lists[4]));
        }
    }

    // A value that many rows have gets a knot of its own, and the others share the rest.
    [Fact]
    public void Knots_ManyZeros_LeaveTheOtherNumbersTheirBins()
    {
        var values = Enumerable.Repeat((0.0, 900), 1).Concat(Enumerable.Range(1, 100).Select(i => ((double)i, 1))).ToArray();
        Assert.Equal([0, 15, 29, 43, 58, 72, 86, 100], PiecewiseColumn.KnotsOf(values, 8));
        Assert.Equal([], PiecewiseColumn.KnotsOf([], 8));
        Assert.Equal([3], PiecewiseColumn.KnotsOf([(3, 5)], 8));
    }

    // W and b of the paper, of any size, are what the table's rows make: ple(x) · W + b is the sum of two of them.
    [Fact]
    public void Encode_AnyNumber_IsThePapersEncodingThroughALinearLayer()
    {
        var random = new Random(5);
        using var dataset = Encode("transform: {piecewise: 12}", Enumerable.Range(0, 500).Select(_ => (random.NextDouble() * random.NextDouble()).ToString("R", CultureInfo.InvariantCulture)));
        var encoder = dataset.Encoder;
        double[] knots = [.. Enumerable.Range(2, encoder.Space.Features - 2).Select(id => double.Parse(encoder.Token(id)[3..], CultureInfo.InvariantCulture))];
        double bias = random.NextDouble();
        double[] w = [.. knots.Skip(1).Select(_ => random.NextDouble() - 0.5)];
        double[] table = [.. knots.Select((_, t) => bias + w.Take(t).Sum())];
        var (ids, lists) = (new int[1], new int[encoder.Space.ListRoom]);
        for (var i = 0; i < 400; i++)
        {
            var x = random.NextDouble();
            var ple = w.Select((_, t) => Math.Clamp((x - knots[t]) / (knots[t + 1] - knots[t]), 0, 1));
            encoder.EncodeField(1, System.Text.Encoding.UTF8.GetBytes(x.ToString("R", CultureInfo.InvariantCulture)), ids, [], lists);
            var n = lists[0];
            var sum = Enumerable.Range(1, n).Sum(k => table[lists[k] - 2] * BitConverter.Int32BitsToSingle(lists[k + n]));
            Assert.Equal(bias + ple.Zip(w, (p, v) => p * v).Sum(), sum, 1e-6);
        }
    }

    [Fact]
    public void Encoder_SavedAndLoaded_IsAsBefore()
    {
        using var dataset = Encode("transform: \"piecewise: 5\", missing: [\"-1\"]", Enumerable.Range(-1, 30).Select(i => $"{i}.5").Append("-1"));
        using var stream = new MemoryStream();
        dataset.Encoder.Write(stream);
        var bytes = stream.ToArray();
        var loaded = Encoder.Read(new MemoryStream(bytes), "copy");
        using var again = new MemoryStream();
        loaded.Write(again);
        Assert.Equal(bytes, again.ToArray());
        Assert.Equal(Of("transform: \"piecewise: 5\", missing: [\"-1\"]"), loaded.Schema);
        Assert.Equal("at 28.5", loaded.Token(7));
    }

    [Fact]
    public void Share_TwoNumbers_HaveTheSameKnots()
    {
        var schema = Schema.Load(OptionMap.Parse("{delimiter: comma, fields: [{name: y, kind: label}, {name: a, kind: numeric, transform: \"piecewise: 2\"}, {name: b, kind: numeric, transform: \"piecewise: 2\", share: a}]}", "s.yaml"));
        using var dataset = _folder.Encode(schema, _folder.File("d.csv", "1,0,100\n0,50,50\n"));
        Assert.Equal((0, 5), (dataset.Categorical[1].Offset, dataset.Categorical[1].Size));
        Assert.Equal("at 100", dataset.Encoder.Token(4));
    }

    [Theory]
    [InlineData("piecewise: 1")]
    [InlineData("piecewise: 70000")]
    [InlineData("piecewise")]
    public void Schema_NoNumberOfBins_SaysWhatIsExpected(string transform) =>
        Assert.Matches("expected (2 to 65536|none, log2_buckets)", Assert.Throws<ConsortException>(() => Of($"transform: \"{transform}\"")).Message);

    [Fact]
    public void Encode_NoNumber_NamesLineAndColumn() => Assert.EndsWith("d.csv:2, column x: found \"abc\", expected a number or empty",
        Assert.Throws<ConsortException>(() => Encode("transform: {piecewise: 4}", ["1", "abc"])).Message, StringComparison.Ordinal);
}
