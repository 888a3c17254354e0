using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class EncoderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Field(string field) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: a, {field}}}]}}", "s.yaml"));

    private EncodedDataset Encode(string field, params string[] values) =>
        _folder.Encode(Field(field), _folder.File("d.csv", string.Concat(values.Select(v => $"1,{v}\n"))));

    private static string[] Tokens(EncodedDataset dataset) => [.. Row.Of(dataset.Train).Select(r => dataset.Encoder.Token(r.Ids[0]))];

    [Fact]
    public void Tokens_MinCount_MakesRareOnesOov()
    {
        using var dataset = Encode("kind: categorical, min_count: 2", "b", "a", "a", "b", "c", "", "b");
        Assert.Equal(["b", "a", "a", "b", "(oov)", "(missing)", "b"], Tokens(dataset));
        // Ids by descending count: b 2, a 3.
        Assert.Equal([2, 3, 3, 2, 1, 0, 2], Row.Of(dataset.Train).Select(r => r.Ids[0]));
        Assert.Equal(new Column("a", 0, 4), dataset.Categorical[0]);
    }

    [Fact]
    public void Tokens_MissingTexts_AreMissing()
    {
        using var dataset = Encode("kind: categorical, missing: [NA, not-available]", "NA", "", "not-available", "x");
        Assert.Equal(["(missing)", "", "(missing)", "x"], Tokens(dataset));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("standardise")]
    [InlineData("min_max")]
    [InlineData("log2_buckets")]
    [InlineData("'quantile_buckets: 3'")]
    public void Missing_NumberWrittenOtherwise_IsMissing(string transform)
    {
        var field = $"kind: numeric, transform: {transform}, missing: ['', '-1', n]";
        using var written = Encode(field, "-1", "-1.0", "-1e0", "", "5", "7", "9", "0", "n");
        using var empty = Encode(field, "", "", "", "", "5", "7", "9", "0", ""); // a word for 0 makes no 0 missing
        foreach (var (found, expected) in Row.Of(written.Train).Zip(Row.Of(empty.Train)))
        {
            Assert.Equal(expected.Ids, found.Ids);
            Assert.Equal(expected.Numeric, found.Numeric);
        }
    }

    [Fact]
    public void Tokens_SeenOnlyInTest_AreOov()
    {
        string train = _folder.File("train.csv", "1,a\n0,b\n"), test = _folder.File("test.csv", "1,c\n0,b\n");
        DatasetEncoder.Encode(new EncodeRequest(Field("kind: categorical"), SplitPlan.Given([train], null, [test]), _folder.At("e")));
        using var dataset = EncodedDataset.Open(_folder.At("e"));
        Assert.Null(dataset.Valid);
        Assert.Equal(["(oov)", "b"], Row.Of(dataset.Test!).Select(r => dataset.Encoder.Token(r.Ids[0])));
        Assert.Equal(4, dataset.Features);
    }

    [Fact]
    public void Log2Buckets_Numbers_AreBucketedAsCriteoUsersDo()
    {
        long[] numbers = [-70, -2, -1, 0, 1, 2, 3, 4, 5, 100, 4095, 4096, 65_535, 999_999_999_999_999_999];
        using var dataset = Encode("kind: numeric, transform: log2_buckets",
            [.. numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)), ""]);
        string[] expected = [.. numbers.Select(n =>
            (n <= 2 ? n : (long)Math.Floor(Math.Log(n) * Math.Log(n))).ToString(CultureInfo.InvariantCulture)), "(missing)"];
        Assert.Equal(expected, Tokens(dataset));
    }

    [Fact]
    public void Standardise_Column_HasMeanZeroAndDeviationOne()
    {
        using var dataset = Encode("kind: numeric, transform: standardise", "1", "2", "3", "", "4.5");
        float[] values = [.. Row.Of(dataset.Train).Select(r => r.Numeric[0])];
        double[] raw = [1, 2, 3, 4.5];
        double mean = raw.Average(), deviation = Math.Sqrt(raw.Average(x => (x - mean) * (x - mean)));
        Assert.Equal([.. raw[..3].Select(x => (float)((x - mean) / deviation)), 0f, (float)((4.5 - mean) / deviation)], values);
    }

    [Fact]
    public void Standardise_ConstantColumn_IsZero()
    {
        using var dataset = Encode("kind: numeric, transform: standardise", "0.1", "0.1", "0.1");
        Assert.All(Row.Of(dataset.Train), r => Assert.Equal(0f, r.Numeric[0]));
    }

    [Fact]
    public void MinMax_Column_LiesWithinZeroAndOne()
    {
        using var dataset = Encode("kind: numeric, transform: min_max", "-5", "5", "0", "");
        Assert.Equal([0f, 1f, 0.5f, 0f], Row.Of(dataset.Train).Select(r => r.Numeric[0]));
        Span<int> ids = [];
        Span<float> numerics = stackalloc float[1];
        dataset.Encoder.EncodeField(1, "99"u8, ids, numerics);
        Assert.Equal(1f, numerics[0]);
    }

    [Fact]
    public void QuantileBuckets_HundredNumbers_HaveEqualShares()
    {
        using var dataset = Encode("kind: numeric, transform: \"quantile_buckets: 4\"",
            [.. Enumerable.Range(1, 100).Select(i => (i * 37 % 101).ToString(CultureInfo.InvariantCulture)), ""]);
        Assert.Equal([1, 25, 25, 25, 25], Row.Of(dataset.Train).GroupBy(r => r.Ids[0]).OrderBy(g => g.Key).Select(g => g.Count()));
        Assert.Equal("(25, 50]", dataset.Encoder.Token(3));
    }

    [Fact]
    public void QuantileBuckets_FewDistinctNumbers_GiveFewerBuckets()
    {
        using var dataset = Encode("kind: numeric, transform: \"quantile_buckets: 10\"", "7", "7", "7", "8");
        Assert.Equal(["(-inf, 7]", "(-inf, 7]", "(-inf, 7]", "(7, inf]"], Tokens(dataset));
    }

    [Fact]
    public void Hash_Tokens_StayWithinN()
    {
        using var dataset = Encode("kind: categorical, transform: \"hash: 5\"", "a", "b", "", "a");
        int[] ids = [.. Row.Of(dataset.Train).Select(r => r.Ids[0])];
        Assert.Equal(7, dataset.Features);
        Assert.Equal(0, ids[2]);
        Assert.Equal(ids[0], ids[3]);
        Assert.InRange(ids[1], 2, 6);
    }

    [Fact]
    public void Derive_Time_GivesHourWeekdayWeekend()
    {
        // 2014-10-21 was a Tuesday, 2014-10-25 a Saturday.
        using var dataset = Encode("kind: categorical, derive: [hour, weekday, weekend]", "14102100", "14102523");
        Assert.Equal(["hour", "weekday", "weekend"], dataset.Categorical.Select(c => c.Name));
        Assert.Equal(["0", "1", "0", "23", "5", "1"], Row.Of(dataset.Train).SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
    }

    [Theory]
    [InlineData("14132100")]
    [InlineData("1410210")]
    [InlineData("14102124")]
    [InlineData("noon")]
    public void Derive_NoTime_IsNamed(string value) =>
        Assert.Contains($"column a: found \"{value}\", expected a time as YYMMDDHH or empty", Assert.Throws<ConsortException>(
            () => Encode("kind: categorical, derive: hour", value)).Message, StringComparison.Ordinal);

    [Fact]
    public void EncodeField_EveryRow_AgreesWithTheStore()
    {
        var random = new Random(2);
        var text = new System.Text.StringBuilder();
        string[][] rows = [.. Enumerable.Range(0, 200).Select(_ => new[]
        {
            random.Next(2).ToString(CultureInfo.InvariantCulture),
            random.Next(5) == 0 ? "" : random.Next(100_000).ToString(CultureInfo.InvariantCulture),
            new string('k', random.Next(0, 20)),
            random.Next(9).ToString(CultureInfo.InvariantCulture),
        })];
        foreach (var row in rows) text.AppendJoin('\t', row).Append('\n');
        var schema = Schema.Load(OptionMap.Parse("""
            min_count: 2
            fields:
              - {name: y, kind: label}
              - {name: i, kind: numeric, transform: log2_buckets}
              - {name: c, kind: categorical}
              - {name: n, kind: numeric, transform: standardise}
            """, "s.yaml"));
        using var dataset = _folder.Encode(schema, _folder.File("d.tsv", text.ToString()));
        var encoder = dataset.Encoder;
        var ids = new int[2];
        var numerics = new float[1];
        byte[][][] cells = [.. rows.Select(r => r.Select(c => System.Text.Encoding.UTF8.GetBytes(c)).ToArray())];
        var stored = Row.Of(dataset.Train);
        for (var r = 0; r < rows.Length; r++)
        {
            encoder.Clear(ids, numerics);
            for (var f = 1; f < 4; f++) encoder.EncodeField(f, cells[r][f], ids, numerics);
            Assert.Equal(stored[r].Ids, ids);
            Assert.Equal(stored[r].Numeric, numerics);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var r = 0; r < rows.Length; r++)
        {
            encoder.Clear(ids, numerics);
            for (var f = 1; f < 4; f++) encoder.EncodeField(f, cells[r][f], ids, numerics);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal("column i: found \"x\", expected an integer or empty",
            Assert.Throws<ConsortException>(() => { encoder.EncodeField(1, "x"u8, ids, numerics); }).Message);
    }

    [Fact]
    public void SaveLoad_Encoder_IsTheSame()
    {
        using var dataset = Encode("kind: categorical", "long-token-of-many-bytes", "b", "b");
        var path = _folder.At("copy.bin");
        dataset.Encoder.Save(path);
        var loaded = Encoder.Load(path);
        Assert.Equal(dataset.Encoder.Schema, loaded.Schema);
        Assert.Equal(dataset.Space.Categorical, loaded.Space.Categorical);
        Assert.Equal("long-token-of-many-bytes", loaded.Token(3));
        Assert.Equal(File.ReadAllBytes(Path.Combine(dataset.Folder, "encoder.bin")), File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(0, "another kind of file")]
    [InlineData(8, "encoder version")]
    [InlineData(14, "damaged encoder")]
    [InlineData(25, "damaged encoder")]
    [InlineData(60, "damaged encoder")]
    public void Load_FlippedBit_IsRefused(int place, string message)
    {
        using var dataset = Encode("kind: categorical", "a");
        var bytes = File.ReadAllBytes(Path.Combine(dataset.Folder, "encoder.bin"));
        bytes[place] ^= 0x10;
        var path = _folder.File("bad.bin", bytes);
        Assert.Contains(message, Assert.Throws<ConsortException>(() => Encoder.Load(path)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, bytes[..30]);
        Assert.Throws<ConsortException>(() => Encoder.Load(path));
    }
}
