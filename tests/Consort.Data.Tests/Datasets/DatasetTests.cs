using System.Globalization;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

public sealed class DatasetTests : IDisposable
{
    private static readonly Schema Mixed = Schema.Load(OptionMap.Parse("""
        min_count: 3
        fields:
          - {name: y, kind: label}
          - {name: n, kind: numeric, transform: standardise}
          - {name: q, kind: numeric, transform: "quantile_buckets: 8"}
          - {name: i, kind: numeric, transform: log2_buckets}
          - {name: a, kind: categorical}
          - {name: b, kind: categorical}
        """, "s.yaml"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Several blocks of rows.</summary>
    private string Clicks(string name = "clicks.tsv", int rows = 60_000, int seed = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var r = 0; r < rows; r++)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{random.Next(2)}\t{random.NextDouble() * 7:R}\t{random.Next(1000)}\t{random.Next(-3, 9999)}\t");
            text.Append(CultureInfo.InvariantCulture, $"{random.Next(9000):x}\ttoken-{random.Next(20_000)}\n");
        }
        return _folder.File(name, text.ToString());
    }

    private EncodeRequest Request(string source, string folder = "e", int threads = 2) =>
        new(Mixed, SplitPlan.BySeed([source], 3), _folder.At(folder), threads);

    private static string Fails(Action action) => Assert.Throws<ConsortException>(action).Message;

    [Fact]
    public void Encode_AnyNumberOfThreads_GivesTheSameBytes()
    {
        var source = Clicks();
        foreach (var threads in new[] { 1, 2, 3 })
        {
            var result = DatasetEncoder.Encode(Request(source, $"t{threads}", threads));
            Assert.Equal(60_000, result.Rows);
        }
        foreach (var file in new[] { "manifest.json", "encoder.bin", "train.bin", "valid.bin", "test.bin" })
        {
            var one = File.ReadAllBytes(Path.Combine(_folder.At("t1"), file));
            Assert.True(one.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder.At("t2"), file))), file);
            Assert.True(one.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder.At("t3"), file))), file);
        }
    }

    [Fact]
    public void Encode_MovedSource_HasTheSameKey()
    {
        string source = Clicks(rows: 500), copy = _folder.At("copy.tsv");
        File.Copy(source, copy);
        var key = DatasetEncoder.Encode(Request(source)).Key;
        Assert.Equal(key, DatasetEncoder.Encode(Request(copy, "f")).Key);
        Assert.NotEqual(key, DatasetEncoder.Encode(Request(Clicks("other.tsv", 500, 2), "g")).Key);
        Assert.NotEqual(key, DatasetEncoder.Encode(Request(source, "h") with { Schema = Mixed with { MinCount = 4 } }).Key);
    }

    [Fact]
    public void EncodeOrReuse_WhatChanged_IsSaid()
    {
        var source = Clicks(rows: 500);
        Assert.False(DatasetEncoder.EncodeOrReuse(Request(source)).Reused);
        Assert.True(DatasetEncoder.EncodeOrReuse(Request(source)).Reused);
        var schema = DatasetEncoder.EncodeOrReuse(Request(source) with { Schema = Mixed with { MinCount = 4 } });
        Assert.Equal((false, "the schema has changed"), (schema.Reused, schema.Reason));
        var split = DatasetEncoder.EncodeOrReuse(Request(source)
            with
        { Schema = Mixed with { MinCount = 4 }, Split = SplitPlan.InOrder([source]) });
        Assert.Equal((false, "the split has changed"), (split.Reused, split.Reason));
        DatasetEncoder.EncodeOrReuse(Request(source));
        var bytes = File.ReadAllBytes(source);
        bytes[0] ^= 1;
        File.WriteAllBytes(source, bytes);
        var content = DatasetEncoder.EncodeOrReuse(Request(source));
        Assert.Equal((false, $"{source}: its content has changed"), (content.Reused, content.Reason));
    }

    [Fact]
    public void Open_SourceChangedAfterEncoding_IsRefused()
    {
        var source = Clicks(rows: 500);
        DatasetEncoder.Encode(Request(source));
        using (var same = EncodedDataset.Open(_folder.At("e"), [source])) Assert.Equal(500,
            same.Train.Rows + same.Valid!.Rows + same.Test!.Rows);
        File.AppendAllText(source, "1\t1\t1\t1\ta\tb\n");
        Assert.Contains("the data changed after they were encoded", Fails(() => EncodedDataset.Open(_folder.At("e"), [source])),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train.bin")]
    [InlineData("test.bin")]
    [InlineData("encoder.bin")]
    public void Open_TruncatedOrFlipped_IsRefused(string file)
    {
        DatasetEncoder.Encode(Request(Clicks(rows: 500)));
        var path = Path.Combine(_folder.At("e"), file);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Contains($"{path}: found {bytes.Length - 1} bytes, expected {bytes.Length}",
            Fails(() => EncodedDataset.Open(_folder.At("e"))), StringComparison.Ordinal);
        bytes[^9] ^= 4;
        File.WriteAllBytes(path, bytes);
        Assert.Contains($"{path}: found checksum", Fails(() => EncodedDataset.Open(_folder.At("e"))), StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains($"{path}: file not found", Fails(() => EncodedDataset.Open(_folder.At("e"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EditedOrDamagedManifest_IsRefused()
    {
        DatasetEncoder.Encode(Request(Clicks(rows: 500)));
        string path = Path.Combine(_folder.At("e"), "manifest.json"), text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("min_count: 3", "min_count: 5", StringComparison.Ordinal));
        Assert.Contains("damaged manifest: its checksum does not agree", Fails(() => EncodedDataset.Open(_folder.At("e"))),
            StringComparison.Ordinal);
        File.WriteAllText(path, text[..(text.Length / 2)]);
        Assert.Contains("damaged manifest", Fails(() => EncodedDataset.Open(_folder.At("e"))), StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace("\"format\": 1", "\"format\": 9", StringComparison.Ordinal));
        Assert.Contains("found dataset format 9, expected 1", Fails(() => EncodedDataset.Open(_folder.At("e"))), StringComparison.Ordinal);
        Assert.Contains("no such folder", Fails(() => EncodedDataset.Open(_folder.At("nowhere"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_Failure_LeavesTheOldDatasetAndNothingElse()
    {
        string good = Clicks(rows: 500), bad = _folder.File("bad.tsv", "1\t1\t1\t1\ta\tb\n1\t1\n");
        var key = DatasetEncoder.Encode(Request(good)).Key;
        Assert.Equal($"{bad}:2: found 2 columns, expected 6", Fails(() => DatasetEncoder.Encode(Request(bad))));
        using (var dataset = EncodedDataset.Open(_folder.At("e"))) Assert.Equal(key, dataset.Key);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp-*"));
    }

    [Fact]
    public void Encode_OverAFolderOfOtherFiles_IsRefused()
    {
        Directory.CreateDirectory(_folder.At("e"));
        File.WriteAllText(Path.Combine(_folder.At("e"), "thesis.txt"), "keep me");
        Assert.Contains("a folder with other files", Fails(() => DatasetEncoder.Encode(Request(Clicks(rows: 500)))),
            StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.At("e"), "thesis.txt")));
    }

    [Fact]
    public void Encode_Cancelled_LeavesNothing()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => DatasetEncoder.Encode(Request(Clicks(rows: 500)), null, source.Token));
        Assert.False(Directory.Exists(_folder.At("e")));
    }

    [Fact]
    public void Encode_Truth_FollowsTheRows()
    {
        var source = Clicks(rows: 9000);
        File.WriteAllBytes(source + ".truth", [.. Enumerable.Range(0, 9000).SelectMany(i => BitConverter.GetBytes(i / 9000f))]);
        DatasetEncoder.Encode(new EncodeRequest(Mixed, SplitPlan.InOrder([source]), _folder.At("e"), 2));
        using var dataset = EncodedDataset.Open(_folder.At("e"));
        Assert.True(dataset.Test!.HasTruth);
        Assert.Equal(Enumerable.Range(8100, 900).Select(i => (float?)(i / 9000f)), Row.Of(dataset.Test).Select(r => r.Truth));
        File.AppendAllText(source, "1\t1\t1\t1\ta\tb\n");
        Assert.Contains("expected 36004 (4 for each of 9001 data rows)", Fails(() => DatasetEncoder.Encode(Request(source))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_RawAndEncoded_CountTheSameRows()
    {
        var source = _folder.File("d.tsv", string.Concat(Enumerable.Repeat("1\t2\t5\t7\ta\t\n0\t4\t\t7\tb\t\n0\t6\t5\t7\ta\t\n", 4)));
        var raw = DatasetDescription.OfRaw(source, Mixed);
        Assert.Equal((12, 1 / 3.0), (raw.Rows, raw.LabelMean));
        Assert.Equal(["n", "q", "i", "a", "b"], raw.Columns.Select(c => c.Name));
        Assert.Equal(new NumberSummary(4, raw.Columns[0].Numbers!.Deviation, 2, 6), raw.Columns[0].Numbers);
        Assert.Equal(Math.Sqrt(8 / 3.0), raw.Columns[0].Numbers!.Deviation, 12);
        Assert.Equal(1 / 3.0, raw.Columns[1].MissingShare!.Value, 12);
        Assert.Equal([new TokenCount("a", 8), new TokenCount("b", 4)], raw.Columns[3].Top);
        Assert.Equal(1, raw.Columns[4].MissingShare);
        using var dataset = _folder.Encode(Mixed with { MinCount = 5 }, source);
        var encoded = DatasetDescription.OfEncoded(dataset);
        var a = encoded.Columns.Single(c => c.Name == "a");
        Assert.Equal((1L, 0, 1 / 3.0, null), (a.Distinct, a.MissingShare, a.TrainOovShare, a.ValidOovShare));
        Assert.Equal((12, 1 / 3.0), (encoded.Rows, encoded.LabelMean));
    }
}
