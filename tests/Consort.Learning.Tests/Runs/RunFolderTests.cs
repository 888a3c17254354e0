using System.Text.Json;
using Consort.Learning.Runs;

namespace Consort.Learning.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Log_EveryEvent_IsALineOfJson()
    {
        var run = new RunFolder(Path.Combine(_folder, "run"));
        run.Log("start", ("data_key", "k\nl"), ("seed", 7UL));
        run.Log("evaluation", ("auc", double.NaN));
        var lines = File.ReadAllLines(run.Events).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["start", "evaluation"], lines.Select(l => l.GetProperty("event").GetString()));
        Assert.Equal("k\nl", lines[0].GetProperty("data_key").GetString());
        Assert.Equal(7, lines[0].GetProperty("seed").GetInt32());
        Assert.Equal(JsonValueKind.Null, lines[1].GetProperty("auc").ValueKind);
        Assert.InRange(lines[1].GetProperty("time").GetDateTime(), DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
    }

    [Fact]
    public void Log_AfterALineThatWasCutShort_BeginsANewLine()
    {
        var run = new RunFolder(Path.Combine(_folder, "run"));
        run.Log("start");
        File.AppendAllText(run.Events, "{\"time\":\"20");
        run.Log("resumed");
        var lines = File.ReadAllLines(run.Events);
        Assert.Equal(3, lines.Length);
        Assert.Equal("resumed", JsonDocument.Parse(lines[2]).RootElement.GetProperty("event").GetString());
    }

    [Fact]
    public void FinalCheckpoint_SeveralPhases_IsTheLastThatHasOne()
    {
        var run = new RunFolder(Path.Combine(_folder, "run"));
        var e = Assert.Throws<ConsortException>(() => run.FinalCheckpoint(["a", "b"]));
        Assert.Contains("found no checkpoint", e.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.GetDirectoryName(run.LastCheckpoint)!);
        File.WriteAllText(run.BestCheckpoint("a"), "");
        Assert.Equal(run.BestCheckpoint("a"), run.FinalCheckpoint(["a", "b"]));
        File.WriteAllText(run.BestCheckpoint("b"), "");
        Assert.Equal(run.BestCheckpoint("b"), run.FinalCheckpoint(["a", "b"]));
    }

    [Fact]
    public void HasTrained_FilesOfAStart_AreNone()
    {
        var run = new RunFolder(Path.Combine(_folder, "run"));
        Assert.False(run.HasTrained);
        Assert.False(Directory.Exists(run.Path));
        run.Claim().Dispose();
        run.RemoveEmpty();
        Assert.False(Directory.Exists(run.Path));
        run.Log("start");
        File.WriteAllText(run.Experiment, "");
        run.RemoveEmpty();
        Assert.True(File.Exists(run.Experiment));
        Assert.False(run.HasTrained);
        Directory.CreateDirectory(Path.GetDirectoryName(run.LastCheckpoint)!);
        File.WriteAllText(run.BestCheckpoint("train"), "");
        Assert.True(run.HasTrained);
    }

    [Fact]
    public void Create_BelowAFile_SaysSo()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var e = Assert.Throws<ConsortException>(() => new RunFolder(Path.Combine(file, "run")).Claim());
        Assert.Contains("cannot make the run folder", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClearLeftovers_ClaimOfAKilledProcess_GoesAndThatOfALiveOneStays()
    {
        var run = new RunFolder(Path.Combine(_folder, "run"));
        Directory.CreateDirectory(run.Path);
        File.WriteAllText(Path.Combine(run.Path, "writer.lock"), "");
        File.WriteAllText(Path.Combine(run.Path, "writer.owner"), "pid: 1\n");
        run.ClearLeftovers();
        Assert.Empty(Directory.EnumerateFiles(run.Path, "writer.*"));
        using var claim = run.Claim();
        run.ClearLeftovers();
        Assert.Equal(2, Directory.EnumerateFiles(run.Path, "writer.*").Count());
    }
}
