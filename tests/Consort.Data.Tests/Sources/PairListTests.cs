using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

/// <summary>Rows of libffm and libsvm in which a field that is a list stands several times.</summary>
public sealed class PairListTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Of(string format, params string[] fields) => Schema.Load(OptionMap.Parse(
        $"{{{format}, fields: [{{name: y, kind: label}}, {string.Join(", ", fields.Select(f => $"{{{f}}}"))}]}}", "s.yaml"));

    private EncodedDataset Encode(Schema schema, string text, int threads = 1, string name = "encoded")
    {
        var path = _folder.File($"{name}.txt", text);
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), _folder.At(name), threads));
        return EncodedDataset.Open(_folder.At(name));
    }

    private static string[] Tokens(EncodedDataset dataset, int column)
    {
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(777));
        loader.Start(0);
        var texts = new List<string>();
        while (loader.Next() is { } batch)
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                var ids = batch.IdsOf(row, column).ToArray();
                var at = batch.IdsOf(row)[column] + 1 + ids.Length;
                var isWeighted = dataset.Categorical[column].List is { IsWeighted: true };
                texts.Add(string.Join(' ', ids.Select((id, i) => dataset.Encoder.Token(id)
                    + (isWeighted ? ":" + BitConverter.Int32BitsToSingle(batch.Lists[at + i]).ToString(CultureInfo.InvariantCulture) : ""))));
            }
        }
        return [.. texts];
    }

    [Fact]
    public void Encode_LibffmWithSeveralFeaturesOfAField_TakesThemAll()
    {
        using var dataset = Encode(Of("format: libffm", "name: user, kind: categorical", "name: tags, kind: list", "name: n, kind: numeric"),
            "1 0:1:1 1:5:1 1:6:1 2:0:7\n0 1:5:1.0 0:2:1 1:7:1 2:0:3 1:5:1#x 1:9:1\n1 0:1:1\n");
        Assert.Equal(["1", "2", "1"], Tokens(dataset, 0));
        Assert.Equal(["5 6", "5 7 5", ""], Tokens(dataset, 1));
        Assert.Equal([7f, 3f, 0f], Row.Of(dataset.Train).Select(r => r.Numeric[0]));
    }

    [Fact]
    public void Encode_LibffmWithWeights_KeepsThem()
    {
        using var dataset = Encode(Of("format: libffm", "name: tags, kind: list, weight_splitter: \"::\", splitter: \" and \"", "name: user, kind: categorical"),
            "1 0:5:0.25 1:1:1 0:6:2\n0 0:5:1e-1\n");
        Assert.Equal(["5:0.25 6:2", "5:0.1"], Tokens(dataset, 0));
        Assert.Equal(["1", "(missing)"], Tokens(dataset, 1));
    }

    [Theory]
    [InlineData("format: libsvm, first_index: 1", "1 1:u 2:5 2:6\n0 2:7|8 2:5 # 2:9\n", "5 6", "7 8 5")]
    [InlineData("format: libsvm, pairs: positional", "1 u:1 5:1\n0 v:1 6:1\n", "5", "6")]
    public void Encode_Libsvm_TakesWhatItsPairsMean(string format, string text, params string[] expected)
    {
        using var dataset = Encode(Of(format, "name: user, kind: categorical", "name: tags, kind: list"), text);
        Assert.Equal(expected, Tokens(dataset, 1));
    }

    [Theory]
    [InlineData("name: tags, kind: list", "1 1:5:1\n0 1:6:0.5\n", ":2: field tags: found value \"0.5\", expected 1 where weight_splitter is not set")]
    [InlineData("name: tags, kind: list", "1 1:5|6:1\n", ":1: field tags: found a token with the splitter in it, \"5|6\"")]
    [InlineData("name: tags, kind: list, weight_splitter: .", "1 1:5:0.5\n", ":1: field tags: found value \"0.5\", expected one without the weight_splitter")]
    [InlineData("name: tags, kind: list, weight_splitter: \"=\"", "1 1:5:x\n", ":1, column tags: found \"5=x\", expected a token with a weight")]
    [InlineData("name: tags, kind: categorical", "1 1:5:1 1:6:1\n", ":1: found field \"1\" (tags) twice; where a row has several features of it, give the field kind: list")]
    public void Encode_AMistakeInAFeature_SaysWhat(string field, string text, string expected) => Assert.StartsWith(_folder.At("encoded.txt") + expected,
        Assert.Throws<ConsortException>(() => Encode(Of("format: libffm", "name: user, kind: categorical", field), text)).Message, StringComparison.Ordinal);

    // Rows of very different lengths over several blocks, whose lists need more room than the blocks have.
    [Fact]
    public void Encode_ManyRows_IsWhatDelimitedRowsGiveOnAnyThreads()
    {
        var random = new Random(2);
        var (pairs, cells) = (new System.Text.StringBuilder(), new System.Text.StringBuilder());
        for (var row = 0; row < 6000; row++)
        {
            var tags = Enumerable.Range(0, random.Next(row % 500 == 0 ? 5000 : 40)).Select(_ => $"{random.Next(300)}").ToArray();
            var likes = Enumerable.Range(0, random.Next(5)).Select(_ => (Token: $"l{random.Next(50)}", Weight: random.Next(9) / 4.0)).ToArray();
            var parts = tags.Select(t => $"0:{t}:1").Concat(likes.Select(l => string.Create(CultureInfo.InvariantCulture, $"1:{l.Token}:{l.Weight}"))).ToArray();
            // Features of a field keep their order, whatever stands between them.
            var (first, second) = (new Queue<string>(parts[..tags.Length]), new Queue<string>(parts[tags.Length..]));
            pairs.Append(row % 2);
            while (first.Count + second.Count > 0)
                pairs.Append(' ').Append(second.Count == 0 || (first.Count > 0 && random.Next(2) == 0) ? first.Dequeue() : second.Dequeue());
            pairs.Append('\n');
            cells.Append(CultureInfo.InvariantCulture,
                $"{row % 2},{string.Join("<split>", tags)},{string.Join('|', likes.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Token}={l.Weight}")))}\n");
        }
        const string Tags = "name: tags, kind: list, splitter: \"<split>\", max_len: 4000", Likes = "name: likes, kind: sequence, weight_splitter: \"=\"";
        using var expected = Encode(Of("delimiter: comma", Tags, Likes), cells.ToString(), name: "cells");
        using var one = Encode(Of("format: libffm", Tags, Likes), pairs.ToString(), 1, "one");
        using var four = Encode(Of("format: libffm", Tags, Likes), pairs.ToString(), 4, "four");
        foreach (var file in (string[])["train.bin", "train-lists.bin"])
        {
            var bytes = File.ReadAllBytes(Path.Combine(expected.Folder, file));
            Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(one.Folder, file)));
            Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(four.Folder, file)));
        }
    }
}
