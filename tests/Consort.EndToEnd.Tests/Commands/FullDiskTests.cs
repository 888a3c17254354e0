using System.Diagnostics;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>A disk that is full: exit code 2, a clear message, and what was there before stays.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public void Predict_ToAFullDevice_SaysThatTheDiskIsFull()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");

        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        var predict = ConsoleRun.Of("predict", clicks.At("run"), "--data", clicks.Test, "--out", "/dev/full");
        Assert.Equal(2, predict.ExitCode);
        Assert.Contains("disk full while writing /dev/full", predict.Error, StringComparison.Ordinal);
        Assert.True(File.Exists("/dev/full"), "the device must not be moved over");
    }

    [Fact]
    public void Commands_OnASmallDisk_SayThatItIsFullAndLeaveNothingBehind()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.Mount(folder.At("disk"), "256k");
        Assert.SkipWhen(disk is null, "a small tmpfs cannot be mounted here (it takes root on Linux)");

        using var clicks = new TinyClicks(rows: 20_000);
        var synth = ConsoleRun.Of("data", "synth", "--rows", "5000", "--out", Path.Combine(disk.Path, "clicks.tsv"));
        AssertFull(synth, disk);
        var encode = ConsoleRun.Of("encode", "--schema", clicks.At("schema.yaml"), "--train", clicks.Train, "--out",
            Path.Combine(disk.Path, "encoded"));
        AssertFull(encode, disk);

        var wide = clicks.File("wide.yaml", File.ReadAllText(clicks.Experiment).Replace("[8, 4]", "[256, 256]", StringComparison.Ordinal));
        var run = Path.Combine(disk.Path, "run");
        var train = ConsoleRun.Of("train", wide, "--out", run, "-q");
        Assert.Equal(2, train.ExitCode);
        Assert.Contains("disk full while writing", train.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(run, "*.tmp-*", SearchOption.AllDirectories));
    }

    private static void AssertFull(ConsoleRun run, SmallDisk disk)
    {
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("disk full while writing", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
    }

    private sealed class SmallDisk(string path) : IDisposable
    {
        public string Path { get; } = path;

        public static SmallDisk? Mount(string path, string size)
        {
            Directory.CreateDirectory(path);
            return OperatingSystem.IsLinux() && Call("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path)
                ? new SmallDisk(path) : null;
        }

        public void Dispose() => Call("umount", Path);

        private static bool Call(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
