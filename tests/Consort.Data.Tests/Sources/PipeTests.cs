using System.IO.Compression;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

/// <summary>What is no file with a beginning and an end: pipes, devices, folders, and files that change.</summary>
public sealed class PipeTests : IDisposable
{
    private static readonly byte[] Rows = "1,x,1\n0,y,2\n0,x,3\n"u8.ToArray();

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Describe_APipe_ReadsItOnce()
    {
        var description = DatasetDescription.OfRaw(NamedPipe.Of(At("pipe"), Rows), Csv(), threads: 2);
        Assert.Equal(3, description.Rows);
        Assert.Equal(2, description.Columns[0].Distinct);
    }

    [Fact]
    public void Describe_AZippedPipe_UnpacksIt()
    {
        var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true)) zip.Write(Rows);
        Assert.Equal(3, DatasetDescription.OfRaw(NamedPipe.Of(At("pipe.gz"), zipped.ToArray()), Csv(), threads: 1).Rows);
    }

    [Fact]
    public void Read_ALongPipe_GivesWhatTheFileGives()
    {
        byte[] many = [.. Enumerable.Range(0, 100_000).SelectMany(_ => Rows)];
        var file = DatasetDescription.OfRaw(_folder.File("rows.csv", System.Text.Encoding.UTF8.GetString(many)), Csv(), threads: 1);
        var pipe = DatasetDescription.OfRaw(NamedPipe.Of(At("pipe"), many), Csv(), threads: 2);
        Assert.Equal(300_000, pipe.Rows);
        Assert.Equal(file.Columns[1].Numbers, pipe.Columns[1].Numbers);
    }

    [Fact]
    public void Read_APipeWithoutAWriter_SaysSoAndEnds()
    {
        var pipe = NamedPipe.Make(At("pipe"));
        var message = Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(pipe, Csv())).Message;
        Assert.StartsWith($"{pipe}: is a pipe without a writer: found nothing that opened its other end within 5 s", message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_APipeWithoutAWriter_CanBeStopped()
    {
        using var stop = new CancellationTokenSource(100);
        Assert.Throws<OperationCanceledException>(() =>
            DatasetDescription.OfRaw(NamedPipe.Make(At("pipe")), Csv(), cancellation: stop.Token));
    }

    [Fact]
    public void Read_APipeWhoseWriterIsSilent_CanBeStopped()
    {
        var pipe = NamedPipe.Make(At("pipe"));
        using var writer = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite); // opens without a reader
        using var stop = new CancellationTokenSource(100);
        Assert.Throws<OperationCanceledException>(() => DatasetDescription.OfRaw(pipe, Csv(), threads: 2, cancellation: stop.Token));
    }

    [Fact]
    public void Encode_APipe_IsKeptInATemporaryFileThatIsGoneAfterwards()
    {
        var file = DatasetEncoder.Encode(new EncodeRequest(Csv(), SplitPlan.Given([_folder.File("rows.csv", Rows)]), At("file")));
        var pipe = NamedPipe.Of(At("pipe"), Rows);
        var told = new List<string>();
        var result = DatasetEncoder.EncodeOrReuse(new EncodeRequest(Csv(), SplitPlan.Given([pipe]), At("encoded")), new Told(told));
        Assert.Equal($"{pipe}: kept in a temporary file, for its rows are read twice", told[0]);
        Assert.Equal(file.Key, result.Key);
        using var dataset = EncodedDataset.Open(result.Folder);
        Assert.Equal([pipe], dataset.Sources);
        Assert.DoesNotContain(Directory.EnumerateDirectories(Path.GetTempPath(), "consort-rows-*").SelectMany(Directory.EnumerateFiles),
            f => f.EndsWith("-pipe", StringComparison.Ordinal));
    }

    [Fact]
    public void Encode_APipeWithAMistake_IsCalledByItsOwnName()
    {
        var pipe = NamedPipe.Of(At("pipe"), "1,x,1\n2,y,2\n"u8.ToArray());
        var e = Assert.Throws<ConsortException>(() => DatasetEncoder.Encode(new EncodeRequest(Csv(), SplitPlan.Given([pipe]), At("encoded"))));
        Assert.StartsWith($"{pipe}:2, column click: found \"2\"", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("encoded")));
    }

    [Fact]
    public void Encode_APipeTwice_IsRefusedBeforeItIsRead()
    {
        var pipe = NamedPipe.Make(At("pipe"));
        var request = new EncodeRequest(Csv(), SplitPlan.Given([pipe], [pipe]), At("encoded"));
        Assert.Equal($"{pipe}: found twice, but its bytes come only once, expected it once; or write them to a file first",
            Assert.Throws<ConsortException>(() => DatasetEncoder.EncodeOrReuse(request)).Message);
    }

    private sealed class Told(List<string> phases) : IProgress<EncodeProgress>
    {
        public void Report(EncodeProgress value)
        {
            lock (phases) phases.Add(value.Phase);
        }
    }

    [Fact]
    public void Read_AFolderOrAnEmptyDevice_IsNamed()
    {
        Assert.Equal($"{_folder.Path}: found a folder, expected a file",
            Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(_folder.Path, Csv())).Message);
        Assert.Equal("/dev/null: found an empty file, expected rows",
            Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw("/dev/null", Csv(), threads: 1)).Message);
    }

    [Fact]
    public void Read_ADeviceWithoutEndOrLines_StopsAtTheLongestRow() =>
        Assert.Contains("found a row of more than 64 MiB",
            Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw("/dev/zero", Csv(), threads: 1)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Read_LinksInACircle_AreSaidToLeadNowhere()
    {
        File.CreateSymbolicLink(At("a"), At("b"));
        File.CreateSymbolicLink(At("b"), At("a"));
        Assert.Equal($"{At("a")}: file not found; it is a link to {At("b")}, which leads nowhere",
            Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(At("a"), Csv())).Message);
    }

    [Theory]
    [InlineData("0,z,9\n", "grew")]
    [InlineData(null, "shrank")]
    public void Hash_AFileThatChangesItsLength_IsRefused(string? more, string verb)
    {
        var path = _folder.File("rows.csv", System.Text.Encoding.UTF8.GetString(Rows));
        using var stream = new SourceStream(path);
        var first = new byte[4];
        stream.Fill(first);
        // As another program would: the reader's lock is advisory.
        using (var other = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            if (more is null) other.SetLength(6);
            else
            {
                other.Seek(0, SeekOrigin.End);
                other.Write(System.Text.Encoding.UTF8.GetBytes(more));
            }
        }
        Assert.StartsWith($"{path}: {verb} while it was read: found ", Assert.Throws<ConsortException>(() => stream.Hash()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_EachKindOfThing_TellsItApart()
    {
        var file = _folder.File("file", "x");
        File.CreateSymbolicLink(At("link"), file);
        Assert.Equal(
            [FileKind.File, FileKind.File, FileKind.Folder, FileKind.Pipe, FileKind.Device, FileKind.None],
            new[] { file, At("link"), _folder.Path, NamedPipe.Make(At("pipe")), "/dev/null",
                At("nothing") }.Select(p => FileFacts.Of(p).Kind));
        Assert.True(FileFacts.AreSame(file, At("link")));
        Assert.False(FileFacts.AreSame(file, _folder.File("other", "x")));
    }

    private string At(string name) => Path.Combine(_folder.Path, name);

    private static Schema Csv() => Schema.Load(OptionMap.Parse(
        "{delimiter: comma, fields: [{name: click, kind: label}, {name: a, kind: categorical}, {name: b, kind: numeric}]}", "s.yaml"));
}
