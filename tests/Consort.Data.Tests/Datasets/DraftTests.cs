using System.Globalization;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

/// <summary>Rows that were drafted while they were counted become what they become when they are read again.</summary>
public sealed class DraftTests : IDisposable
{
    internal const string AllKinds = """
        {delimiter: comma, min_count: 3, fields: [{name: y, kind: label}, {name: w, kind: weight}, {name: g, kind: group},
        {name: u, kind: categorical}, {name: v, kind: categorical, share: u}, {name: long, kind: categorical, missing: ["", none], min_count: 1},
        {name: hashed, kind: categorical, transform: "hash: 97"}, {name: plain, kind: numeric}, {name: scaled, kind: numeric, transform: standardise},
        {name: between, kind: numeric, transform: min_max, outside: clip}, {name: log, kind: numeric, transform: log2_buckets},
        {name: equal, kind: numeric, transform: "quantile_buckets: 9"}, {name: knots, kind: numeric, transform: "piecewise: 5"},
        {name: flag, kind: boolean}, {name: at, kind: time, format: iso, derive: [hour, weekday, age], since: born, zone: "+01:00"},
        {name: born, kind: time, format: iso, derive: [month]}, {name: tags, kind: list, max_len: 5, share: u},
        {name: loved, kind: list, weight_splitter: ":", max_len: 4}, {name: seen, kind: sequence, max_len: 6, share: u},
        {name: buckets, kind: list, transform: "hash: 31", max_len: 3},
        {name: pair, kind: cross, of: [u, log], min_count: 2}, {name: mixed, kind: cross, of: [u, flag], transform: "hash: 50"},
        {name: liked, kind: lookup, key: u, in: tags, transform: standardise}, {name: known, kind: lookup, key: u, in: seen, result: token}]}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public void Encode_EveryKindOfColumn_IsTheSameAsOfRowsReadTwice(int threads, bool isSampled)
    {
        var schema = Schema.Load(OptionMap.Parse(AllKinds, "s.yaml"));
        var path = _folder.File("rows.csv", Rows(30_000));
        var plan = SplitPlan.BySeed([path], 7) with { Sample = isSampled ? NegativeSample.Of(0.4, 3) : null };
        var request = new EncodeRequest(schema, plan, _folder.At("once"), threads);
        DatasetEncoder.Encode(request);
        DatasetEncoder.Encode(request with { Folder = _folder.At("twice"), ReadsTwice = true });
        Assert.Equal(EncodedDataset.ContentHashOf(_folder.At("twice")), EncodedDataset.ContentHashOf(_folder.At("once")));
        Assert.Equal(
            Directory.GetFiles(_folder.At("twice")).Select(f => (Path.GetFileName(f), Convert.ToHexString(File.ReadAllBytes(f)))).Order(),
            Directory.GetFiles(_folder.At("once")).Select(f => (Path.GetFileName(f), Convert.ToHexString(File.ReadAllBytes(f)))).Order());
        using var dataset = EncodedDataset.Open(_folder.At("once"));
        Assert.True(dataset.Space.Categorical.Count > 15);
        Assert.True(Row.Of(dataset.Train).Select(r => r.Ids[0]).Distinct().Count() > 50);
    }

    [Fact]
    public void Encode_TokensOfOtherSplitsAlone_AreNotInTheVocabulary()
    {
        var schema = Schema.Load(OptionMap.Parse("{delimiter: comma, fields: [{name: y, kind: label}, {name: u, kind: categorical, min_count: 1}]}", "s.yaml"));
        var (train, valid) = (_folder.File("train.csv", "1,a\n0,b\n"), _folder.File("valid.csv", "1,c\n0,a\n1,\n"));
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([train], [valid]), _folder.At("e"), 2));
        using var dataset = EncodedDataset.Open(_folder.At("e"));
        Assert.Equal(4, dataset.Space.Categorical[0].Size);
        Assert.Equal(["(oov)", "a", "(missing)"], Row.Of(dataset.Valid!).Select(r => dataset.Encoder.Token(r.Ids[0])));
    }

    // What only the fitted column can tell: the message is of the row, as ever.
    [Fact]
    public void Encode_ANumberOutsideTheTrainingRows_SaysItsPlace()
    {
        var schema = Schema.Load(OptionMap.Parse("{delimiter: comma, fields: [{name: y, kind: label}, {name: x, kind: numeric, transform: standardise, outside: error}]}", "s.yaml"));
        var train = _folder.File("train.csv", string.Concat(Enumerable.Range(0, 500).Select(i => $"1,{i % 10}\n")));
        var valid = _folder.File("valid.csv", string.Concat(Enumerable.Range(0, 500).Select(i => $"1,{(i == 321 ? 1e6 : i % 10)}\n")));
        var e = Assert.Throws<ConsortException>(() =>
            DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([train], [valid]), _folder.At("e"), 2)));
        Assert.StartsWith($"{valid}:322, column x: found \"1000000\", expected ", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("e")));
    }

    [Fact]
    public void Drafts_OfATimeWhoseFormatIsToBeFound_AreNone()
    {
        static Schema Of(string rest) => Schema.Load(OptionMap.Parse($"{{fields: [{{name: y, kind: label}}, {{name: t, kind: time, derive: [hour]{rest}}}]}}", "s.yaml"));
        Assert.False(CountRows.Drafts(Of("")));
        Assert.True(CountRows.Drafts(Of(", format: iso")));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 255)]
    [InlineData(2, 256)]
    [InlineData(3, 70_000)]
    [InlineData(4, 1 << 24)]
    [InlineData(4, -1)]
    public void Pack_NumbersUpTo_TakesAsManyBytesAsTheGreatest(int width, int greatest)
    {
        var (stream, other, block) = (new DraftStream(), new DraftStream(), new DraftBlock(2));
        for (var i = 0; i < 1000; i++) stream.Add(i == 777 ? greatest : greatest == 0 ? 0 : i % 200);
        other.Add(-7);
        var bytes = new byte[stream.MostBytes + other.MostBytes];
        var first = stream.Pack(bytes);
        Assert.Equal(DraftStream.HeadBytes + 1000 * width, first);
        var end = first + other.Pack(bytes.AsSpan(first));
        bytes.AsSpan(0, end).CopyTo(block.Room(end));
        block.Begin(3, end);
        int[] read = new int[1000], last = new int[1];
        block.Next(0, read.AsSpan(0, 600));
        block.Next(1, last);
        block.Next(0, read.AsSpan(600));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i == 777 ? greatest : greatest == 0 ? 0 : i % 200), read);
        Assert.Equal((3, -7), (block.Worker, last[0]));
        Assert.Throws<InvalidDataException>(() => block.Next(1, last));
    }

    internal static string Rows(int rows)
    {
        var random = new Random(5);
        string Token(string prefix = "t") => $"{prefix}{(int)Math.Pow(900, random.NextDouble())}";
        string Some(string text) => random.Next(9) == 0 ? "" : text;
        string List(int most, Func<string> one) => string.Join('|', Enumerable.Range(0, random.Next(most)).Select(_ => one()));
        string Number(double x) => x.ToString("R", CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
        {
            string[] cells =
            [
                random.Next(2) == 0 ? "1" : "0", Number(random.Next(1, 5) / 2.0), $"g{i / 7}", Some(Token()), Some(Token()),
                random.Next(5) == 0 ? "none" : Token("a token of more than eight bytes "), Some(Token()), Some(Number(random.NextDouble() * 9 - 4)),
                Some($"{random.Next(-500, 500)}"), Some(Number(random.NextDouble() * 1e6)), Some($"{(long)Math.Exp(random.NextDouble() * 40) - 90}"),
                Some(Number(random.Next(1000) / 4.0)), Some(Number(Math.Pow(random.NextDouble(), 3) * 100)), Some(random.Next(2) == 0 ? "yes" : "no"),
                Some($"2026-{random.Next(1, 13):00}-{random.Next(1, 29):00}T{random.Next(24):00}:{random.Next(60):00}:00Z"),
                Some($"20{random.Next(10, 26)}-{random.Next(1, 13):00}-03"), List(9, () => Some(Token())),
                List(7, () => $"{Token()}:{Number(random.Next(9) / 4.0)}"), List(9, () => Some(Token())), List(6, () => Token()),
            ];
            text.AppendJoin(',', cells).Append('\n');
        }
        return text.ToString();
    }
}
