using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;
using ZstdSharp;

namespace Consort.Data.Tests.Sources;

/// <summary>What names of files stand for, and what files may be packed with.</summary>
public sealed class SourceFilesTests : IDisposable
{
    private static readonly string[] Log =
    [
        "log/2026-10/a.csv", "log/2026-11/10.csv", "log/2026-11/9.csv", "log/2026-11/B.csv", "log/2026-11/b.csv", "log/2026-11/b.csv.truth",
        "log/2026-11/_SUCCESS", "log/2026-11/.b.csv.crc", "log/_tmp/c.csv", "log/.hidden/d.csv", "log/top.csv", "log/top.txt",
    ];

    private readonly TempFolder _folder = new();

    public SourceFilesTests()
    {
        foreach (var name in Log) _folder.File(name, "");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("log", "2026-10/a.csv 2026-11/10.csv 2026-11/9.csv 2026-11/B.csv 2026-11/b.csv top.csv top.txt")]
    [InlineData("log/", "2026-10/a.csv 2026-11/10.csv 2026-11/9.csv 2026-11/B.csv 2026-11/b.csv top.csv top.txt")]
    [InlineData("log/*.csv", "top.csv")]
    [InlineData("log/2026-1?/*.csv", "2026-10/a.csv 2026-11/10.csv 2026-11/9.csv 2026-11/B.csv 2026-11/b.csv")]
    [InlineData("log/**/b.csv", "2026-11/b.csv")]
    [InlineData("log/**", "2026-10/a.csv 2026-11/10.csv 2026-11/9.csv 2026-11/B.csv 2026-11/b.csv top.csv top.txt")]
    [InlineData("log/**/*.csv", "2026-10/a.csv 2026-11/10.csv 2026-11/9.csv 2026-11/B.csv 2026-11/b.csv top.csv")]
    [InlineData("log/*/*.csv", "2026-10/a.csv 2026-11/10.csv 2026-11/9.csv 2026-11/B.csv 2026-11/b.csv")]
    [InlineData("log/_tmp/*.csv", "_tmp/c.csv")]
    [InlineData("log/top.csv", "top.csv")]
    [InlineData("log/*.parquet", "")]
    [InlineData("gone/*.csv", "")]
    [InlineData("gone.csv", "")]
    public void Of_AName_IsItsFilesInTheirOrder(string name, string files) => Assert.Equal(
        files.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        SourceFiles.Of(_folder.At(name)).Select(f => Path.GetRelativePath(_folder.At("log"), f)));

    [Fact]
    public void Of_ADash_IsStandardInput() => Assert.Equal(["/dev/stdin"], SourceFiles.Of("-"));

    [Fact]
    public void Of_AFileThatHasTheSignsOfAPattern_IsThatFile() =>
        Assert.Equal([_folder.File("log/a*.csv", "")], SourceFiles.Of(_folder.At("log/a*.csv")));

    [Fact]
    public void Of_FoldersThatLeadInACircle_Ends()
    {
        Directory.CreateSymbolicLink(_folder.At("log/2026-11/again"), _folder.At("log"));
        Assert.Equal(7, SourceFiles.Of(_folder.At("log")).Count);
        Assert.Equal(7, SourceFiles.Of(_folder.At("log/**")).Count);
    }

    [Fact]
    public void Some_OfNothing_SaysWhatWasLookedFor()
    {
        Directory.CreateDirectory(_folder.At("empty"));
        Assert.Equal($"{_folder.At("empty")}: found a folder without files of rows, expected some", Fails(_folder.At("empty")));
        Assert.Equal($"{_folder.At("*.parquet")}: found no file that fits, expected at least one", Fails(_folder.At("*.parquet")));
    }

    [Fact]
    public void Places_OfAList_AreThoseOfEach()
    {
        var map = OptionMap.Parse("train: [log/top.csv, log/2026-10, none.csv | log/2026-11/?.csv]", "exp.yaml");
        Assert.Equal(["log/top.csv", "log/2026-10/a.csv", "log/2026-11/9.csv", "log/2026-11/B.csv", "log/2026-11/b.csv"],
            SplitPlan.Places(map, "train", _folder.Path).Select(p => Path.GetRelativePath(_folder.Path, p)));
        var gone = OptionMap.Parse("train: gone.csv | more.csv", "exp.yaml");
        Assert.Equal($"exp.yaml:1, key train: found no gone.csv or more.csv in {_folder.Path}, expected one of them",
            Assert.Throws<ConsortException>(() => SplitPlan.Places(gone, "train", _folder.Path)).Message);
    }

    [Fact]
    public void Encode_AFolder_IsItsFilesOneAfterAnother()
    {
        string one = _folder.File("rows/b.csv", "0,y\n"), two = _folder.File("rows/a.csv", "1,x\n0,x\n");
        _folder.File("rows/_SUCCESS", "");
        DatasetEncoder.Encode(new EncodeRequest(Clicks, SplitPlan.Given([two, one]), _folder.At("list")));
        DatasetEncoder.Encode(new EncodeRequest(Clicks, SplitPlan.Given(SourceFiles.Some(_folder.At("rows"))), _folder.At("folder")));
        Assert.Equal(EncodedDataset.ContentHashOf(_folder.At("list")), EncodedDataset.ContentHashOf(_folder.At("folder")));
    }

    [Fact]
    public void Encode_ZstdOfOneOrSeveralFrames_IsTheSameAsPlain()
    {
        byte[] rows = [.. Enumerable.Range(0, 200_000).SelectMany(i => System.Text.Encoding.UTF8.GetBytes($"{i % 2},u{i % 977}\n"))];
        var half = rows.AsSpan(0, rows.Length / 2).LastIndexOf((byte)'\n') - 3; // within a row
        using var zip = new Compressor();
        byte[] passedOver = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        var plain = Hash(_folder.File("a.csv", rows));
        Assert.Equal(plain, Hash(_folder.File("b.csv.zst", zip.Wrap(rows).ToArray())));
        Assert.Equal(plain, Hash(_folder.File("c.zst", [.. passedOver, .. zip.Wrap(rows.AsSpan(0, half)), .. zip.Wrap(rows.AsSpan(half))])));
    }

    [Fact]
    public void Encode_ZstdThatIsCutOffOrDamaged_IsRefused()
    {
        using var zip = new Compressor();
        var packed = zip.Wrap("1,x\n0,y\n"u8).ToArray();
        foreach (var bytes in new byte[][] { packed[..^2], packed[..7], [.. packed, 1, 2, 3, 4, 5], [.. packed[..8], 0xFF, .. packed[9..]] })
        {
            var path = _folder.File("bad.zst", bytes);
            Assert.StartsWith($"{path}: found damaged zstd data, or the end of the file before the end of the data",
                Assert.Throws<ConsortException>(() => Hash(path)).Message, StringComparison.Ordinal);
        }
    }

    private static Schema Clicks { get; } = new()
    {
        Delimiter = Delimiter.Of("comma"),
        Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)],
    };

    private string Hash(string path) => EncodedDataset.ContentHashOf(
        DatasetEncoder.Encode(new EncodeRequest(Clicks, SplitPlan.Given([path]), _folder.At("encoded"))).Folder);

    private static string Fails(string name) => Assert.Throws<ConsortException>(() => SourceFiles.Some(name)).Message;
}
