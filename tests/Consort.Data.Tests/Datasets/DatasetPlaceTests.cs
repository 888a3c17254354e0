using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Files;

namespace Consort.Data.Tests.Datasets;

/// <summary>
/// Encoding over a dataset: at every instant the old one or the new one stands there, and what a killed process left goes.
/// </summary>
public sealed class DatasetPlaceTests : IDisposable
{
    private static readonly Schema Clicks =
        Schema.Load(Foundation.Options.OptionMap.Parse("fields: [{name: y, kind: label}, {name: a, kind: categorical}]", "s.yaml"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Source(string name, char token) =>
        _folder.File(name, string.Concat(Enumerable.Range(0, 300).Select(i => $"{i % 2}\t{token}{i % 7}\n")));

    private EncodeRequest Request(string source, string folder = "win") =>
        new(Clicks, SplitPlan.BySeed([source], 1), _folder.At(folder), 1);

    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)];

    private static void Copy(IEnumerable<string> files, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in files) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
    }

    private static string KeyOf(string folder)
    {
        using var dataset = EncodedDataset.Open(folder);
        return dataset.Key;
    }

    [Fact]
    public void Encode_OverADatasetKilledAfterAnyStep_LeavesTheOldOrTheNew()
    {
        string old = Source("old.tsv", 'o'), young = Source("new.tsv", 'n');
        var oldKey = DatasetEncoder.Encode(Request(old)).Key;
        Copy(Files(_folder.At("win")), _folder.At("before"));
        var youngKey = DatasetEncoder.Encode(Request(young)).Key;
        string[] before = Files(_folder.At("before")), after = Files(_folder.At("win"));
        Assert.Empty(before.Select(Path.GetFileName).Intersect(after.Select(Path.GetFileName)).Except(["manifest.json"]));
        Assert.Equal(5, after.Length);

        // Files of the new one come first, then its manifest, then those of the old one go.
        string[] rows = [.. after.Where(f => !f.EndsWith("manifest.json", StringComparison.Ordinal))];
        string[] gone = [.. before.Where(f => !f.EndsWith("manifest.json", StringComparison.Ordinal))];
        for (var step = 0; step <= rows.Length + gone.Length; step++)
        {
            var killed = _folder.At($"killed-{step}");
            var isNew = step > rows.Length;
            Copy(isNew ? gone.Skip(step - rows.Length) : before, killed);
            Copy(isNew ? after : rows.Take(step), killed);
            Directory.CreateDirectory(SafeFile.TempName(killed));
            File.WriteAllText(killed + ".lock", "");
            File.WriteAllText(SafeFile.TempName(Path.Combine(killed, "manifest.json")), "{");
            Assert.Equal(isNew ? youngKey : oldKey, KeyOf(killed));

            DatasetEncoder.EncodeOrReuse(Request(young, Path.GetFileName(killed)));
            Assert.Equal(after.Select(File.ReadAllBytes), Files(killed).Select(File.ReadAllBytes));
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp-*"));
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.lock"));
        }
    }

    [Fact]
    public void Encode_OverADatasetThatIsOpen_LeavesItReadable()
    {
        var old = Source("old.tsv", 'o');
        DatasetEncoder.Encode(Request(old));
        using var opened = EncodedDataset.Open(_folder.At("win"));
        int[] ids = [.. Row.Of(opened.Train).SelectMany(r => r.Ids)];
        DatasetEncoder.Encode(Request(Source("new.tsv", 'n')));
        Assert.Equal(ids, Row.Of(opened.Train).SelectMany(r => r.Ids));
        Assert.NotEqual(opened.Key, KeyOf(_folder.At("win")));
    }

    [Fact]
    public void EncodeOrReuse_NothingChanged_ClearsWhatAKilledProcessLeft()
    {
        var source = Source("old.tsv", 'o');
        DatasetEncoder.Encode(Request(source));
        Directory.CreateDirectory(SafeFile.TempName(_folder.At("win")));
        File.WriteAllText(Path.Combine(_folder.At("win"), "train-0123456789ab.bin"), "");
        File.WriteAllText(Path.Combine(_folder.At("win"), "mine.bin"), "");
        Assert.True(DatasetEncoder.EncodeOrReuse(Request(source)).Reused);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "*.tmp-*"));
        Assert.Equal(["encoder.bin", "manifest.json", "mine.bin", "test.bin", "train.bin", "valid.bin"], Files(_folder.At("win"))
            .Select(Path.GetFileName));
    }

    [Fact]
    public void Encode_AnotherProcessWritesThere_IsRefusedOrWaits()
    {
        var source = Source("old.tsv", 'o');
        using (Claim.Take("win", _folder.At("win"), ""))
        {
            Assert.Contains("is being written by another process: pid",
                Assert.Throws<ConsortException>(() => DatasetEncoder.EncodeOrReuse(Request(source))).Message, StringComparison.Ordinal);
            using var stop = new CancellationTokenSource();
            var progress = new Told(() => stop.Cancel());
            Assert.Throws<OperationCanceledException>(() =>
                DatasetEncoder.EncodeOrReuse(Request(source) with { WaitsForOthers = true }, progress, stop.Token));
            Assert.StartsWith(EncodeProgress.Waiting + ": pid", progress.Phase, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(_folder.At("win")));
    }

    [Fact]
    public void Open_ManifestNamesAFileElsewhere_IsRefused()
    {
        DatasetEncoder.Encode(Request(Source("old.tsv", 'o')));
        var path = Path.Combine(_folder.At("win"), "manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"train.bin\"", "\"../train.bin\"", StringComparison.Ordinal));
        Assert.Contains("splits[0].file.name is \"../train.bin\", expected a file of the folder",
            Assert.Throws<ConsortException>(() => EncodedDataset.Open(_folder.At("win"))).Message, StringComparison.Ordinal);
    }

    private sealed class Told(Action then) : IProgress<EncodeProgress>
    {
        public string Phase { get; private set; } = "";

        public void Report(EncodeProgress value)
        {
            Phase = value.Phase;
            then();
        }
    }
}
