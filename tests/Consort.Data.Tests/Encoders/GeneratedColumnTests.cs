using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

/// <summary>Crosses and look-ups: columns that are made of others.</summary>
public sealed class GeneratedColumnTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Fields(params string[] fields) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {string.Join(", ", fields.Select(f => $"{{{f}}}"))}]}}", "s.yaml"));

    private EncodedDataset Encode(Schema schema, params string[] rows) =>
        _folder.Encode(schema, _folder.File("d.csv", string.Concat(rows.Select(r => $"1,{r}\n"))));

    private static string[] Texts(EncodedDataset dataset, int column) =>
        [.. Row.Of(dataset.Train).Select(r => dataset.Encoder.Token(r.Ids[column]))];

    [Fact]
    public void Cross_TwoColumns_CountsPairsOfWhatTheyHaveBecome()
    {
        // Of the sites c is rare, and so is the pair of b and 2.
        using var dataset = Encode(Fields("name: sxd, kind: cross, of: [site, device], min_count: 2", "name: site, kind: categorical, min_count: 2",
            "name: device, kind: categorical"), "a,1", "a,1", "b,1", "b,1", "b,2", "c,1", "d,1", "a,", "a,", ",");
        Assert.Equal([new("site", 0, 4), new("device", 4, 4), new("sxd", 8, 6)], dataset.Categorical);
        Assert.Equal(["a × 1", "a × 1", "b × 1", "b × 1", "(oov)", "(oov) × 1", "(oov) × 1", "a × (missing)", "a × (missing)", "(missing)"], Texts(dataset, 2));
        var encoded = DatasetDescription.OfEncoded(dataset).Columns[2];
        Assert.Equal(("cross", 4, 0.1, 0.1), (encoded.Kind, encoded.Distinct, encoded.MissingShare, encoded.TrainOovShare));
        Assert.Contains(new TokenCount("b × 1", 2), encoded.Top);
        var raw = DatasetDescription.OfRaw(_folder.At("d.csv"), dataset.Encoder.Schema);
        Assert.Equal(["site", "device", "sxd"], raw.Columns.Select(c => c.Name));
        Assert.Equal("site × device, made when encoded", raw.Columns[2].Note);
    }

    [Fact]
    public void Cross_OfPartsBucketsAndYesOrNo_IsOfColumns()
    {
        using var dataset = Encode(Fields("name: at, kind: time, derive: [hour, weekday]", "name: price, kind: numeric, transform: log2_buckets",
            "name: paid, kind: boolean", "name: x, kind: cross, of: [at_hour, price, paid]"),
            "2026-11-01T13:05:07,1,yes", "2026-11-02 13:00,1,true", "2026-11-02 14:00,100,n");
        Assert.Equal(["13 × 1 × true", "13 × 1 × true", "14 × 21 × false"], Texts(dataset, 4));
    }

    [Fact]
    public void Cross_Hashed_KeepsItsPlaceWhenIdsAreDealtAnew()
    {
        var schema = Fields("name: a, kind: categorical", "name: b, kind: categorical", "name: x, kind: cross, of: [a, b], transform: \"hash: 50\"");
        using var first = Encode(schema, "p,q", "p,r", "s,q", ",");
        var (ids, space) = (Row.Of(first.Train).Select(r => r.Ids[2] - first.Categorical[2].Offset).ToArray(), first.Categorical[2]);
        Assert.Equal(52, space.Size);
        Assert.Equal(0, ids[3]);
        Assert.Equal(3, ids[..3].Distinct().Count());
        using var second = _folder.Encode(schema, _folder.File("e.csv", "1,s,q\n1,s,r\n1,z,z\n1,p,q\n"), "again");
        Assert.NotEqual(Row.Of(first.Train)[2].Ids[0], Row.Of(second.Train)[0].Ids[0]);
        Assert.Equal((ids[2], ids[0]), (Row.Of(second.Train)[0].Ids[2] - second.Categorical[2].Offset, Row.Of(second.Train)[3].Ids[2] - second.Categorical[2].Offset));
    }

    [Fact]
    public void Lookup_Weights_AreTheSumOfTheTokensAndScaled()
    {
        string[] rows = ["a,a:0.5|b:2", "b,a:0.5|b:2|b:1", "c,a:1", ",a:1", "a,", "b,b:7|a:1"];
        const string Sources = "name: item, kind: categorical, min_count: 2", List = "name: likes, kind: list, share: item, weight_splitter: \":\", max_len: 3, min_count: 2";
        using var plain = Encode(Fields(Sources, List, "name: affinity, kind: lookup, key: item, in: likes"), rows);
        Assert.Equal([0.5f, 3, 0, 0, 0, 7], Row.Of(plain.Train).Select(r => r.Numeric[0]));
        var described = DatasetDescription.OfEncoded(plain).Columns[2];
        // c is too rare to be told from others, and one row has none.
        Assert.Equal(("lookup", 2.0 / 6, 7.0), (described.Kind, described.MissingShare!.Value, described.Numbers!.Max));
        using var scaled = _folder.Encode(Fields(Sources, List, "name: affinity, kind: lookup, key: item, in: likes, transform: min_max"), _folder.At("d.csv"), "scaled");
        Assert.Equal([0.5f / 7, 3f / 7, 0, 0, 0, 1], Row.Of(scaled.Train).Select(r => r.Numeric[0]));
    }

    [Fact]
    public void Lookup_WithoutWeights_CountsOrSaysWhether()
    {
        using var dataset = Encode(Fields("name: item, kind: categorical", "name: seen, kind: sequence, share: item, max_len: 3",
            "name: times, kind: lookup, key: item, in: seen", "name: known, kind: lookup, key: item, in: seen, result: token"),
            "a,a|b|a", "b,a", ",a", "c,c|a|a|a", "b,");
        Assert.Equal([2f, 0, 0, 0, 0], Row.Of(dataset.Train).Select(r => r.Numeric[0]));
        Assert.Equal(["in", "out", "(missing)", "out", "out"], Texts(dataset, 2));
        Assert.Equal([new TokenCount("out", 3), new TokenCount("in", 1)], DatasetDescription.OfEncoded(dataset).Columns[2].Top);
    }

    // Every way that a row comes together: a file in one thread and four, batch by batch, field by field, from a saved encoder and an image.
    [Fact]
    public void Encode_ManyRows_IsTheSameByEveryWay()
    {
        var random = new Random(3);
        var schema = Fields("name: u, kind: categorical, min_count: 3", "name: h, kind: sequence, max_len: 9, share: u, min_count: 3",
            "name: w, kind: list, weight_splitter: \":\", share: u, min_count: 3", "name: n, kind: numeric, transform: \"quantile_buckets: 7\"",
            "name: x, kind: cross, of: [u, n], min_count: 2", "name: z, kind: cross, of: [n, u], transform: \"hash: 99\"",
            "name: k, kind: lookup, key: u, in: w, transform: standardise", "name: t, kind: lookup, key: u, in: h, result: token");
        string Token() => $"t{(int)Math.Pow(400, random.NextDouble())}";
        string[] rows = [.. Enumerable.Range(0, 9_000).Select(_ => $"{(random.Next(9) == 0 ? "" : Token())},{string.Join('|', Enumerable.Range(0, random.Next(12)).Select(_ => Token()))},{string.Join('|', Enumerable.Range(0, random.Next(12)).Select(_ => $"{Token()}:{random.Next(9)}"))},{random.Next(-5, 90)}")];
        using var one = Encode(schema, rows);
        var path = _folder.At("d.csv");
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), _folder.At("four"), 4));
        foreach (var file in (string[])["train.bin", "train-lists.bin", "encoder.bin"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(one.Folder, file)), File.ReadAllBytes(Path.Combine(_folder.At("four"), file)));
        var expected = Row.Of(one.Train);
        Assert.True(expected.Select(r => r.Ids[4]).Distinct().Count() > 100);
        Assert.True(expected.Select(r => r.Numeric[0]).Distinct().Count() > 5);

        using var stream = new MemoryStream();
        one.Encoder.Write(stream);
        stream.Position = 0;
        var loaded = Encoder.Read(stream, "copy");
        Assert.Equal(schema, loaded.Schema);
        Assert.Equal(one.Encoder.Space.Categorical, loaded.Space.Categorical);
        using var raw = new RawBatchReader(path, loaded, 500, labelRequired: true);
        var read = new List<Row>();
        while (raw.Next() is { } batch) read.AddRange(Row.Of(batch));
        var (ids, numerics, lists) = (new int[loaded.Space.Categorical.Count], new float[1], new int[loaded.Space.ListRoom + 5]);
        for (var i = 0; i < rows.Length; i++)
        {
            Assert.Equal(expected[i].Ids[3..], read[i].Ids[3..]);
            Assert.Equal(expected[i].Numeric, read[i].Numeric);
            loaded.Clear(ids, numerics, lists.AsSpan(5), 5);
            // The last one first: nothing is made before the row is whole.
            for (var field = 4; field > 0; field--)
                loaded.EncodeField(field, System.Text.Encoding.UTF8.GetBytes(rows[i].Split(',')[field - 1]), ids, numerics, lists.AsSpan(5));
            loaded.Generate(ids, numerics, lists, 0);
            Assert.Equal(expected[i].Ids[3..], ids[3..]);
            Assert.Equal(expected[i].Numeric, numerics);
        }
    }

    [Fact]
    public void Schema_OnTopOfAPreset_KeepsItsFields()
    {
        var schema = Schema.Load(OptionMap.Parse("{preset: avazu, fields: [{name: x, kind: cross, of: [site_id, hour]}]}", "s.yaml"));
        Assert.Equal(Schema.Preset("avazu").Fields.Count, schema.Fields.Count);
        Assert.Equal("x", Assert.Single(schema.Generated).Name);
        Assert.Equal(schema, Schema.Load(OptionMap.Parse(schema.ToYaml(), "again")));
        Assert.NotEqual(Schema.Preset("avazu").Identity, schema.Identity);
    }

    [Theory]
    [InlineData("kind: cross", "found 0 columns, expected 2 to 8 with one token a row, such as [a, b]")]
    [InlineData("kind: cross, of: [a]", "found 1 column, expected")]
    [InlineData("kind: cross, of: [a, a]", "names a column twice")]
    [InlineData("kind: cross, of: [a, bb]", "found no column named bb; did you mean b?")]
    [InlineData("kind: cross, of: [a, n]", "found n, expected a column with one token a row: a, b")]
    [InlineData("kind: cross, of: [a, g]", "found g, expected a column with one token a row")]
    [InlineData("kind: cross, of: [a, b], missing: [x]", "missing and share belong to fields with cells of their own")]
    [InlineData("kind: cross, of: [a, b], transform: standardise", "transform standardise does not fit kind cross")]
    [InlineData("kind: categorical, of: [a, b]", "of belongs to kind cross")]
    [InlineData("kind: cross, of: [a, b], key: a", "key, in and result belong to kind lookup")]
    [InlineData("kind: lookup, key: a", "expected key, the column whose token is looked for, and in")]
    [InlineData("kind: lookup, key: a, in: b", "in: found b, expected a list or a sequence: g, h")]
    [InlineData("kind: lookup, key: n, in: g", "key: found n, expected a categorical field: a, b")]
    [InlineData("kind: lookup, key: a, in: g", "found g with another vocabulary than a, expected them to share one, so that equal tokens have equal ids: write share: a at g")]
    [InlineData("kind: lookup, key: a, in: h, outside: error", "outside: found error, expected clip or keep")]
    [InlineData("kind: lookup, key: a, in: h, result: maybe", "key result: found")]
    [InlineData("kind: lookup, key: a, in: h, result: token, transform: min_max", "does not fit kind lookup")]
    [InlineData("kind: lookup, key: a, in: h, min_count: 2", "min_count belongs to fields with a vocabulary")]
    public void Schema_GeneratedFieldThatCannotBe_SaysWhy(string field, string expected)
    {
        string[] sources = ["name: a, kind: categorical", "name: b, kind: categorical", "name: n, kind: numeric", "name: g, kind: list", "name: h, kind: list, share: a"];
        Assert.Contains(expected, Assert.Throws<ConsortException>(() => Fields([.. sources, $"name: x, {field}"])).Message, StringComparison.Ordinal);
    }
}
