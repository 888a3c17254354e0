using System.Globalization;
using System.Runtime.InteropServices;
using Consort.Foundation.Options;
using Consort.Synthetic;

namespace Consort.Data.Tests.Synthetic;

public sealed class SyntheticClicksTests : IDisposable
{
    private static readonly SyntheticOptions Defaults = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-synthetic-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(30_001)]
    public void Write_AnyNumberOfThreads_SameBytes(int rows)
    {
        byte[][] texts = [], truths = [];
        foreach (var threads in new[] { 1, 2, 5 })
        {
            var path = Path.Combine(_folder, $"t{threads}.tsv");
            SyntheticClicks.Write(path, rows, Defaults, threads);
            texts = [.. texts, File.ReadAllBytes(path)];
            truths = [.. truths, File.ReadAllBytes(path + ".truth")];
        }
        Assert.Equal(rows * 4, truths[0].Length);
        for (var i = 1; i < texts.Length; i++)
        {
            Assert.True(texts[0].AsSpan().SequenceEqual(texts[i]));
            Assert.True(truths[0].AsSpan().SequenceEqual(truths[i]));
        }
    }

    [Fact]
    public void Write_FewerRows_IsAPrefix()
    {
        (var few, var fewTruth) = Write(3000, Defaults);
        (var many, var manyTruth) = Write(9000, Defaults);
        Assert.True(many.AsSpan().StartsWith(few));
        Assert.True(manyTruth.AsSpan().StartsWith(fewTruth));
    }

    [Fact]
    public void Write_FromALaterRow_ContinuesTheSameWorld()
    {
        (var all, var truth) = Write(5000, Defaults);
        (var later, var laterTruth) = Write(1000, Defaults with { FirstRow = 4000 });
        Assert.True(all.AsSpan().EndsWith(later));
        Assert.True(truth.AsSpan().EndsWith(laterTruth));
    }

    [Fact]
    public void Write_OtherSeed_OtherRows()
    {
        (var one, _) = Write(10, Defaults);
        (var other, _) = Write(10, Defaults with { Seed = 2 });
        Assert.False(one.AsSpan().SequenceEqual(other));
    }

    [Fact]
    public void Write_Text_IsCriteoRows()
    {
        var summary = WriteSummary(4000, Defaults, out var path);
        var lines = File.ReadAllLines(path);
        Assert.Equal(4000, lines.Length);
        Assert.Equal(new FileInfo(path).Length, summary.Bytes);
        var negatives = 0;
        foreach (var line in lines)
        {
            var cells = line.Split('\t');
            Assert.Equal(40, cells.Length);
            Assert.True(cells[0] is "0" or "1");
            for (var f = 1; f <= 13; f++)
            {
                Assert.Matches("^(-1|0|[1-9][0-9]*)?$", cells[f]);
                negatives += cells[f] == "-1" ? 1 : 0;
            }
            for (var f = 14; f < 40; f++)
                Assert.Matches("^([0-9a-f]{8})?$", cells[f]);
        }
        Assert.InRange(negatives, 300, 500);
        Assert.Equal(summary.Clicks, lines.Count(line => line[0] == '1'));
    }

    [Fact]
    public void Write_Cells_AreTheRowsOfTheWorld()
    {
        WriteSummary(3000, Defaults, out var path);
        var world = new SyntheticWorld(Defaults);
        var row = world.NewRow();
        var index = 0;
        foreach (var line in File.ReadLines(path))
        {
            world.Generate(index++, row);
            var cells = row.Values.Select((value, f) =>
                value == long.MinValue ? ""
                : world.Fields[f] is CategoricalClicksField field ? field.Token(value).ToString("x8", CultureInfo.InvariantCulture)
                : value.ToString(CultureInfo.InvariantCulture));
            Assert.Equal((row.Click ? "1\t" : "0\t") + string.Join('\t', cells), line);
        }
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(0.05)]
    public void Write_Labels_FollowTheTruth(double rate)
    {
        const int Rows = 60_000;
        var summary = WriteSummary(Rows, Defaults with { ClickRate = rate }, out var path);
        var truth = Truth(path);
        var labels = File.ReadLines(path).Select(line => line[0] - '0').ToArray();
        var mean = labels.Average();
        var deviation = Math.Sqrt(rate * (1 - rate) / Rows);
        Assert.InRange(mean, rate - 0.003 - 5 * deviation, rate + 0.003 + 5 * deviation);
        Assert.Equal(summary.MeanTruth, truth.Average(p => (double)p), 9);
        // Calibrated in every fifth of the probabilities.
        foreach (var fifth in Enumerable.Range(0, Rows).OrderBy(i => truth[i]).Chunk(Rows / 5))
        {
            var expected = fifth.Average(i => (double)truth[i]);
            Assert.InRange(fifth.Average(i => labels[i]) - expected, -0.02, 0.02);
        }
        var loss = Enumerable.Range(0, Rows).Average(i => -Math.Log(labels[i] == 1 ? truth[i] : 1 - truth[i]));
        var constant = -mean * Math.Log(mean) - (1 - mean) * Math.Log(1 - mean);
        Assert.True(loss < 0.9 * constant, $"log-loss {loss}, of the best constant {constant}");
    }

    [Fact]
    public void Write_MissingShares_AreThoseOfTheShape()
    {
        const int Rows = 20_000;
        WriteSummary(Rows, Defaults, out var path);
        var missing = new double[40];
        foreach (var line in File.ReadLines(path))
        {
            var cells = line.Split('\t');
            for (var f = 1; f < 40; f++)
                missing[f] += cells[f].Length == 0 ? 1.0 / Rows : 0;
        }
        for (var f = 0; f < 39; f++)
        {
            var expected = f < 13 ? CriteoShape.NumericMissing[f] : CriteoShape.CategoricalMissing[f - 13];
            Assert.InRange(missing[f + 1] - expected, -0.02, 0.02);
        }
        WriteSummary(2000, Defaults with { Missing = 0 }, out path);
        Assert.DoesNotContain("\t\t", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_FilesThere_AreReplacedAndNothingIsLeftBehind()
    {
        var path = Path.Combine(_folder, "clicks.tsv");
        File.WriteAllText(path, "old");
        File.WriteAllText(path + ".truth", "old");
        SyntheticClicks.Write(path, 10, Defaults, 1);
        Assert.Equal(10, File.ReadAllLines(path).Length);
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void Write_Cancelled_LeavesWhatWasThere()
    {
        var path = Path.Combine(_folder, "clicks.tsv");
        File.WriteAllText(path, "old");
        using var source = new CancellationTokenSource();
        var progress = new Cancel(source);
        Assert.Throws<OperationCanceledException>(() => SyntheticClicks.Write(path, 100_000_000, Defaults, 2, progress, source.Token));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Write_FolderIsAFile_SaysWhere()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var path = Path.Combine(_folder, "file", "clicks.tsv");
        var error = Assert.Throws<ConsortException>(() => SyntheticClicks.Write(path, 10, Defaults, 1));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_OutOfRange_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticOptions { ClickRate = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticOptions { Signal = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticOptions { Pairs = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticClicks.Write("x", 0, Defaults, 1));
        var error = Assert.Throws<ConsortException>(() => SyntheticOptions.From(OptionMap.Parse("click_rate: 2", "exp.yaml")));
        Assert.Contains("exp.yaml:1, key click_rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_FromAMap_AreThoseGiven()
    {
        var map = OptionMap.Parse("seed: 7\nclick_rate: 0.1\npairs: 3\nlatent: 2\nfirst_row: 5", "exp.yaml");
        var options = SyntheticOptions.From(map);
        map.Close();
        Assert.Equal(new SyntheticOptions { Seed = 7, ClickRate = 0.1, Pairs = 3, Latent = 2, FirstRow = 5 }, options);
        Assert.Equal(Defaults, SyntheticOptions.From(OptionMap.Empty("exp.yaml")));
    }

    private (byte[] Text, float[] Truth) Write(int rows, SyntheticOptions options)
    {
        WriteSummary(rows, options, out var path);
        return (File.ReadAllBytes(path), Truth(path));
    }

    private SyntheticSummary WriteSummary(int rows, SyntheticOptions options, out string path)
    {
        path = Path.Combine(_folder, "clicks.tsv");
        return SyntheticClicks.Write(path, rows, options, 2);
    }

    private static float[] Truth(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path + ".truth")).ToArray();

    private sealed class Cancel(CancellationTokenSource source) : IProgress<long>
    {
        public void Report(long value) => source.Cancel();
    }
}
