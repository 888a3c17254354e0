using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class ListColumnTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Fields(params string[] fields) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {string.Join(", ", fields.Select(f => $"{{{f}}}"))}]}}", "s.yaml"));

    private EncodedDataset Encode(Schema schema, params string[] rows) =>
        _folder.Encode(schema, _folder.File("d.csv", string.Concat(rows.Select(r => $"1,{r}\n"))));

    [Theory]
    [InlineData("first", "a b")]
    [InlineData("last", "b c")]
    public void Encode_MoreTokensThanThereMayBe_KeepsOneEnd(string keep, string expected)
    {
        using var dataset = Encode(Fields($"name: g, kind: list, max_len: 2, keep: {keep}"), "a|b|c", "c", "", "b||a|", "|||");
        Assert.Equal([expected, "c", "", "b a", ""], Lists(dataset, 0));
        Assert.Equal(new ListShape(2), dataset.Categorical[0].List);
        Assert.True(dataset.Train.Layout.ListsAt > 0);
    }

    [Fact]
    public void Encode_SequenceWithoutWordOfItsEnd_KeepsTheLast()
    {
        using var dataset = Encode(Fields("name: h, kind: sequence, max_len: 2, splitter: \"^\""), "a^b^c");
        Assert.Equal(["b c"], Lists(dataset, 0));
        Assert.True(dataset.Categorical[0].List!.IsOrdered);
    }

    // Two histories side by side keep step, whatever one of them lacks.
    [Fact]
    public void Encode_SequenceThatLacksTokens_KeepsTheirPlaces()
    {
        using var dataset = Encode(Fields("name: h, kind: sequence, missing: [\"\", \"-\"]", "name: c, kind: sequence, max_len: 3, missing: [\"NA\"]",
            "name: g, kind: list, missing: [\"\", \"-\"]"), "a|-|b||,a|NA|b||,a|-|b||", "-,NA,-", ",,", "-|a,|NA,-|a");
        const string Nothing = "(missing)";
        Assert.Equal([$"a {Nothing} b {Nothing} {Nothing}", "", "", $"{Nothing} a"], Lists(dataset, 0));
        Assert.Equal([$"b {Nothing} {Nothing}", "", "", $"{Nothing} {Nothing}"], Lists(dataset, 1));
        Assert.Equal(["a b", "", "", "a"], Lists(dataset, 2));
        Assert.Equal(2, dataset.Categorical[0].Size - 2);
        var (ids, lists, other) = (new int[3], new int[dataset.Encoder.Space.ListRoom], new int[dataset.Encoder.Space.ListRoom]);
        dataset.Encoder.Clear(ids, [], lists);
        dataset.Encoder.EncodeField(1, "a|-|b||"u8, ids, [], lists);
        dataset.Encoder.Clear(ids, [], other);
        foreach (var token in (string[])["a", "-", "b", "", ""])
            dataset.Encoder.AddToken(1, System.Text.Encoding.UTF8.GetBytes(token), other);
        Assert.Equal(lists, other);
        Assert.Equal(5, lists[0]);
    }

    // Of all short sequences: an array of tokens is what the text of them is, also where none, or one alone, is there.
    [Theory]
    [InlineData("kind: sequence")]
    [InlineData("kind: sequence, max_len: 2")]
    [InlineData("kind: sequence, max_len: 1, keep: first")]
    [InlineData("kind: sequence, max_len: 1, keep: last")]
    [InlineData("kind: sequence, max_len: 2, weight_splitter: \":\"")]
    [InlineData("kind: list, max_len: 2, keep: last, weight_splitter: \":\"")]
    public void AddToken_OfEachTokenOfAText_GivesItsList(string kind)
    {
        using var dataset = Encode(Fields($"name: h, {kind}, missing: [\"\", \"-\"]"), "a|b");
        var (encoder, ids) = (dataset.Encoder, new int[1]);
        var (text, tokens) = (new int[encoder.Space.ListRoom], new int[encoder.Space.ListRoom]);
        string[] each = kind.Contains("weight", StringComparison.Ordinal) ? ["", "-", "a:0.5", "b:2", "-:3"] : ["", "-", "a", "b"];
        var sequences = each.SelectMany(x => each.SelectMany(y => each.Select(z => new[] { x, y, z })))
            .SelectMany(s => new[] { s[..0], s[..1], s[..2], s }).DistinctBy(s => string.Join('|', s.Append("end")));
        encoder.Clear(ids, [], tokens);
        foreach (var sequence in sequences)
        {
            encoder.Clear(ids, [], text);
            encoder.EncodeField(1, System.Text.Encoding.UTF8.GetBytes(string.Join('|', sequence)), ids, [], text);
            encoder.Clear(1, ids, [], tokens);
            foreach (var token in sequence)
                encoder.AddToken(1, System.Text.Encoding.UTF8.GetBytes(token), tokens);
            var used = encoder.Space.Categorical[0].List!.RoomOf(text[0]);
            Assert.Equal(text[..used], tokens[..used]);
        }
    }

    [Fact]
    public void Encode_ListThatSharesWithAColumn_HasItsIds()
    {
        using var dataset = Encode(
            Fields("name: item, kind: categorical", "name: user, kind: categorical", "name: h, kind: sequence, share: item, max_len: 4"),
            "a,u,b|c", "b,u,", "b,v,a|d|b");
        Assert.Equal(["a", "b", "b"], Lists(dataset, 0));
        Assert.Equal(["b c", "", "a d b"], Lists(dataset, 2));
        Assert.Equal((dataset.Categorical[0].Offset, dataset.Categorical[0].Size), (dataset.Categorical[2].Offset, dataset.Categorical[2].Size));
        using var stream = new MemoryStream();
        dataset.Encoder.Write(stream);
        var again = Encoder.Read(new MemoryStream(stream.ToArray()), "copy");
        Assert.Equal(dataset.Encoder.Space.Categorical, again.Space.Categorical);
    }

    [Fact]
    public void Encode_RareTokensAndHashes_AreAsInAColumnOfTokens()
    {
        using var dataset = Encode(
            Fields("name: g, kind: list, min_count: 2", "name: u, kind: list, transform: {hash: 5}", "name: t, kind: categorical, transform: {hash: 5}"),
            "a|b,x|y,x", "a,y,y", "c|a,,x");
        Assert.Equal(["a (oov)", "a", "(oov) a"], Lists(dataset, 0));
        var hashes = Lists(dataset, 1);
        Assert.Equal(Lists(dataset, 2), (string[])[hashes[0].Split(' ', 4)[0] + " " + hashes[0].Split(' ', 4)[1], hashes[1], Lists(dataset, 2)[0]]);
        var description = DatasetDescription.OfEncoded(dataset);
        Assert.Equal(["list", "list", "categorical"], description.Columns.Select(c => c.Kind));
        Assert.Equal(1 / 3.0, description.Columns[1].MissingShare!.Value, 1e-12);
        Assert.Equal(2 / 5.0, description.Columns[0].TrainOovShare!.Value, 1e-12);
    }

    [Fact]
    public void Encode_TokensWithWeights_KeepsThem()
    {
        using var dataset = Encode(Fields("name: g, kind: list, max_len: 3, weight_splitter: \":\", keep: last"),
            "a:0.5|b:2", "x:y:3|c|a:0", "a:1|b:2|c:3|a:4");
        Assert.Equal(["a:0.5 b:2", "x:y:3 c:1 a:0", "b:2 c:3 a:4"], Lists(dataset, 0));
    }

    [Theory]
    [InlineData("a:-1")]
    [InlineData("a:x")]
    [InlineData("a:")]
    [InlineData("a:NaN")]
    [InlineData("b|a:1e999")]
    [InlineData("a:1e38|b:1e38")]
    [InlineData("a:1e-40")]
    public void Encode_AWeightThatIsNone_NamesLineAndColumn(string cell)
    {
        var e = Assert.Throws<ConsortException>(() => Encode(Fields("name: g, kind: list, weight_splitter: \":\""), "a:1", cell));
        Assert.StartsWith(_folder.At("d.csv") + $":2, column g: found \"{cell}\", expected a token with a weight", e.Message, StringComparison.Ordinal);
    }

    // A list of many more tokens than a group of rows, over several blocks and threads.
    [Fact]
    public void Encode_ManyRows_IsTheSameForAnyThreadsAndWhenScored()
    {
        var random = new Random(1);
        var schema = Fields("name: g, kind: list, max_len: 150", "name: u, kind: categorical", "name: h, kind: sequence, max_len: 7, share: u");
        string[] rows = [.. Enumerable.Range(0, 20_000).Select(_ => $"{Cell(random.Next(200))},t{random.Next(99)},{Cell(random.Next(12))}")];
        using var one = Encode(schema, rows);
        var path = _folder.At("d.csv");
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), _folder.At("four"), 4));
        using var four = EncodedDataset.Open(_folder.At("four"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(one.Folder, "train-lists.bin")), File.ReadAllBytes(Path.Combine(four.Folder, "train-lists.bin")));
        for (var column = 0; column < 3; column++)
        {
            var lists = Lists(one, column);
            Assert.Equal(Expected(rows, column), lists);
            Assert.Equal(lists, Lists(four, column));
            using var raw = new RawBatchReader(path, one.Encoder, 777, labelRequired: true);
            var scored = new List<string>();
            while (raw.Next() is { } batch) scored.AddRange(Texts(batch, one.Encoder, column));
            Assert.Equal(lists, scored);
        }

        string Cell(int n) => string.Join('|', Enumerable.Range(0, n).Select(_ => $"t{random.Next(99)}"));
        static IEnumerable<string> Expected(string[] rows, int column) => rows.Select(r => r.Split(',')[column].Split('|', StringSplitOptions.RemoveEmptyEntries))
            .Select(t => string.Join(' ', column == 0 ? t.Take(150) : t.TakeLast(7)));
    }

    [Theory]
    [InlineData("first")]
    [InlineData("last")]
    public void EncodeField_AndTokensOneByOne_GiveWhatTheFileGives(string keep)
    {
        using var dataset = Encode(Fields("name: u, kind: categorical", $"name: g, kind: list, max_len: 3, keep: {keep}, weight_splitter: \":\"",
            "name: h, kind: sequence, max_len: 2"), "u,a:1|bbbbbbbbbbbb:2,x");
        var encoder = dataset.Encoder;
        var (ids, lists, other) = (new int[3], new int[encoder.Space.ListRoom], new int[encoder.Space.ListRoom]);
        foreach (var cell in (string[])["a:0.5", "", "a|zz:3", "a:1|b:2|bbbbbbbbbbbb:3|a:4|c:5", "|a:2||b:1|"])
        {
            encoder.Clear(ids, [], lists);
            encoder.EncodeField(2, System.Text.Encoding.UTF8.GetBytes(cell), ids, [], lists);
            encoder.Clear(ids, [], other);
            foreach (var token in cell.Split('|'))
                encoder.AddToken(2, System.Text.Encoding.UTF8.GetBytes(token.Split(':')[0]), other,
                    token.Contains(':', StringComparison.Ordinal) ? float.Parse(token.Split(':')[1], CultureInfo.InvariantCulture) : 1);
            Assert.Equal(lists, other);
        }
        Assert.Equal([0, 0, 7], ids);
        Assert.Throws<ConsortException>(() => encoder.AddToken(1, "a"u8, lists));
        Assert.Throws<ConsortException>(() => encoder.AddToken(2, "a"u8, lists, float.NaN));
        var great = Assert.Throws<ConsortException>(() => encoder.AddToken(2, "a"u8, lists, float.PositiveInfinity));
        Assert.Contains("found weight too great for a float, expected a number of at least 0", great.Message, StringComparison.Ordinal);
        Assert.Throws<ConsortException>(() => encoder.AddToken(2, "a:x"u8, lists));
        // A token that carries its weight is as one that is given it.
        encoder.Clear(ids, [], lists);
        encoder.AddToken(2, "a:0.5"u8, lists);
        encoder.Clear(ids, [], other);
        encoder.AddToken(2, "a"u8, other, 0.5f);
        Assert.Equal(other, lists);
    }

    [Theory]
    [InlineData("name: g, kind: categorical, splitter: \"|\"", "belong to kind list or sequence")]
    [InlineData("name: g, kind: list, max_len: 0", "expected 1 to 10000")]
    [InlineData("name: g, kind: list, splitter: \"\"", "splitter")]
    [InlineData("name: g, kind: list, weight_splitter: \"|\"", "found the splitter itself")]
    [InlineData("name: g, kind: list, weight_splitter: \":\", pooling: max", "no use for weights")]
    [InlineData("name: g, kind: list, pooling: average", "key pooling: found")]
    public void Schema_ListThatCannotBe_SaysWhy(string field, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConsortException>(() => Fields(field)).Message, StringComparison.Ordinal);

    [Fact]
    public void Schema_OfLists_IsReadBackAsItWas()
    {
        var schema = Fields("name: g, kind: list, splitter: \"::\", max_len: 9, keep: last, pooling: sum, weight_splitter: \"=\"",
            "name: h, kind: sequence");
        Assert.Equal(schema, Schema.Load(OptionMap.Parse(schema.ToYaml(), "again")));
    }

    private static string[] Lists(EncodedDataset dataset, int column)
    {
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(333));
        loader.Start(0);
        var lists = new List<string>();
        while (loader.Next() is { } batch) lists.AddRange(Texts(batch, dataset.Encoder, column));
        return [.. lists];
    }

    private static List<string> Texts(Batch batch, Encoder encoder, int column)
    {
        var texts = new List<string>();
        for (var row = 0; row < batch.Rows; row++)
        {
            var (ids, tokens) = (batch.IdsOf(row, column).ToArray(), new List<string>());
            for (var i = 0; i < ids.Length; i++)
            {
                var weight = encoder.Space.Categorical[column].List is { IsWeighted: true }
                    ? ":" + BitConverter.Int32BitsToSingle(batch.Lists[batch.IdsOf(row)[column] + 1 + ids.Length + i]).ToString(CultureInfo.InvariantCulture) : "";
                tokens.Add(encoder.Token(ids[i]) + weight);
            }
            texts.Add(string.Join(' ', tokens));
        }
        return texts;
    }
}
