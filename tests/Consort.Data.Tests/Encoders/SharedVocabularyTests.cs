using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class SharedVocabularyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Fields(params string[] fields) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, min_count: 2, fields: [{{name: y, kind: label}}, {string.Join(", ", fields.Select(f => $"{{{f}}}"))}]}}",
        "s.yaml"));

    private EncodedDataset Encode(Schema schema, params string[] rows) =>
        _folder.Encode(schema, _folder.File("d.csv", string.Concat(rows.Select(r => $"1,{r}\n"))));

    [Theory]
    [InlineData("name: a, kind: categorical", "name: b, kind: categorical, share: a")]
    [InlineData("name: a, kind: categorical, share: b", "name: b, kind: categorical")]
    public void Tokens_TwoFields_AreCountedTogetherAndHaveTheSameIds(string a, string b)
    {
        // x 1 + 2, z 1 + 1, w 2; v once; c stands between and has ids of its own.
        using var dataset = Encode(Fields(a, "name: c, kind: categorical", b, "name: d, kind: categorical"), "x,1,x,7",
            "w,1,x,7", "w,2,z,8", "z,2,,8", ",3,v,9");
        Assert.Equal([new("a", 0, 5), new("c", 5, 4), new("b", 0, 5), new("d", 9, 4)], dataset.Categorical);
        Assert.Equal(13, dataset.Features);
        var encoder = dataset.Encoder;
        Assert.Equal([["x", "1", "x", "7"], ["w", "1", "x", "7"], ["w", "2", "z", "8"], ["z", "2", "(missing)", "8"],
            ["(missing)", "(oov)", "(oov)", "(oov)"]],
            Row.Of(dataset.Train).Select(r => r.Ids.Select(encoder.Token).ToArray()));
        // x 3; then w and z 2 each, by their bytes.
        Assert.Equal([2, 3, 3, 4, 0], Row.Of(dataset.Train).Select(r => r.Ids[0]));
        Assert.Equal([2, 2, 4, 0, 1], Row.Of(dataset.Train).Select(r => r.Ids[2]));

        var description = DatasetDescription.OfEncoded(dataset);
        Assert.Equal([3, 2, 3, 2], description.Columns.Select(c => c.Distinct));
        Assert.Equal([0.2, 0, 0.2, 0], description.Columns.Select(c => c.MissingShare!.Value));
        Assert.Equal(new TokenCount("x", 3), description.Columns[2].Top[0]);
        var raw = DatasetDescription.OfRaw(_folder.At("d.csv"), encoder.Schema);
        Assert.Equal([3, 3, 3, 3], raw.Columns.Select(c => c.Distinct));
        Assert.Equal([0.2, 0, 0.2, 0], raw.Columns.Select(c => c.MissingShare!.Value));
    }

    [Fact]
    public void Encoder_SavedAndLoaded_SharesAsBefore()
    {
        var schema = Fields("name: a, kind: categorical, share: b, missing: [none]", "name: b, kind: categorical",
            "name: n, kind: numeric, transform: standardise",
            "name: e, kind: numeric, transform: log2_buckets", "name: f, kind: numeric, transform: log2_buckets, share: e");
        Assert.Equal(schema, Schema.Load(OptionMap.Parse(schema.ToYaml(), "again")));
        using var dataset = Encode(schema, "x,x,1,100,3", "none,longer than eight,2,3,99", "longer than eight,,3,,4");
        using var stream = new MemoryStream();
        dataset.Encoder.Write(stream);
        var bytes = stream.ToArray();
        var loaded = Encoder.Read(new MemoryStream(bytes), "copy");
        Assert.Equal(dataset.Encoder.Space.Categorical, loaded.Space.Categorical);
        Assert.Equal(dataset.Encoder.Space.Features, loaded.Space.Features);
        using var again = new MemoryStream();
        loaded.Write(again);
        Assert.Equal(bytes, again.ToArray());
        // The vocabulary is written once.
        Assert.Equal(1, bytes.AsSpan().Count("longer than eight"u8));

        var (ids, numerics) = (new int[4], new float[1]);
        string[][] rows = [["longer than eight", "", "2", "100", "3"], ["none", "none", "1", "7777", ""]];
        string[][] expected = [["longer than eight", "(missing)", "21", "1"], ["(missing)", "(oov)", "(oov)", "(missing)"]];
        foreach ((var row, var tokens) in rows.Zip(expected))
        {
            loaded.Clear(ids, numerics);
            for (var i = 0; i < row.Length; i++) loaded.EncodeField(i + 1, System.Text.Encoding.UTF8.GetBytes(row[i]), ids, numerics);
            Assert.Equal(tokens, ids.Select(loaded.Token));
        }
        // 100 and 99 fall into one bucket, 3 and 4 into one each: e and f have 1 and 21 twice.
        Assert.Equal(4, loaded.Space.Categorical[2].Size);
    }

    [Fact]
    public void Quantiles_TwoFields_HaveTheBoundariesOfBoth()
    {
        using var dataset =
            Encode(Fields("name: a, kind: numeric, transform: {quantile_buckets: 2}",
                "name: b, kind: numeric, transform: {quantile_buckets: 2}, share: a"),
            "1,11", "2,12", "3,13");
        Assert.Equal([[2, 3], [2, 3], [2, 3]], Row.Of(dataset.Train).Select(r => r.Ids));
        Assert.Equal(4, dataset.Features);
    }

    [Fact]
    public void Hash_TwoFields_HaveTheSameIds()
    {
        using var dataset =
            Encode(Fields("name: a, kind: categorical, transform: {hash: 50}",
                "name: b, kind: categorical, transform: {hash: 50}, share: a"), "q,q", ",r");
        Assert.Equal(52, dataset.Features);
        var row = Row.Of(dataset.Train)[0];
        Assert.Equal(row.Ids[0], row.Ids[1]);
    }

    [Fact]
    public void Encode_AnyNumberOfThreads_SameBytes()
    {
        var schema = Fields("name: a, kind: categorical", "name: b, kind: categorical, share: a", "name: c, kind: categorical, share: a");
        var path = _folder.File("d.csv", string.Concat(Enumerable.Range(0, 20_000)
            .Select(i => FormattableString.Invariant($"{i % 2},t{i * 7919 % 5000},t{i * 31 % 3000},u{i % 100}\n"))));
        using EncodedDataset one = _folder.Encode(schema, path, "one", 1), three = _folder.Encode(schema, path, "three", 3);
        foreach (var file in new[] { "encoder.bin", "train.bin" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder.At("one"), file)),
                File.ReadAllBytes(Path.Combine(_folder.At("three"), file)));
    }

    [Theory]
    [InlineData("name: b, kind: categorical, share: aa", "field b, share: found no field named aa, expected a field of this schema; did you mean a?")]
    [InlineData("name: b, kind: categorical, share: b", "field b, share: found its own name, expected another field")]
    [InlineData("name: b, kind: categorical, share: c", "field b, share: found c, which itself shares the vocabulary of a, expected a")]
    [InlineData("name: b, kind: numeric, share: a",
        "field b, share: field b is numeric and has no vocabulary, expected a categorical field")]
    [InlineData("name: b, kind: categorical, share: n",
        "field b, share: field n is numeric with standardise and has no vocabulary, expected a categorical field")]
    [InlineData("name: b, kind: categorical, share: y",
        "field b, share: field y is label and has no vocabulary, expected a categorical field")]
    [InlineData("name: b, kind: categorical, share: a, min_count: 3",
        "field b, share: found min_count 3 beside 2 of a, expected the same for one vocabulary")]
    [InlineData("name: b, kind: categorical, share: h, transform: {hash: 9}",
        "field b, share: found categorical with hash: 9 beside categorical with hash: 10 of h, expected the same")]
    [InlineData("name: b, kind: categorical, share: a, derive: [hour]",
        "field b, share: field b derives columns from a time, expected a field with one vocabulary")]
    public void Share_FieldThatCannot_SaysWhy(string field, string message)
    {
        string[] others = ["name: a, kind: categorical", "name: c, kind: categorical, share: a",
            "name: n, kind: numeric, transform: standardise", "name: h, kind: categorical, transform: {hash: 10}"];
        var e = Assert.Throws<ConsortException>(() => Fields([.. others, field]));
        Assert.Equal($"s.yaml, {message}", e.Message);
    }

    [Fact]
    public void FeatureSpace_RangesThatOverlapOtherwise_AreRefused()
    {
        Assert.Equal(9, new FeatureSpace([new("a", 0, 4), new("b", 0, 4), new("c", 4, 5), new("d", 0, 4)], []).Features);
        Assert.Throws<ArgumentException>(() => new FeatureSpace([new("a", 0, 4), new("b", 0, 3)], []));
        Assert.Throws<ArgumentException>(() => new FeatureSpace([new("a", 0, 4), new("b", 2, 4)], []));
    }
}
