using Consort.Foundation.Files;

namespace Consort.Foundation.Tests.Files;

/// <summary>What killed processes leave beside a file is cleared by whoever writes it next, and nothing else is.</summary>
public sealed class SafeFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static void Write(string path, string text) =>
        SafeFile.Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Write_WhatAKilledProcessLeft_IsCleared()
    {
        var target = _folder.At("model.consort");
        var draft = SafeFile.TempName(target);
        File.WriteAllText(draft, "half");
        File.WriteAllText(SafeFile.TempName(draft), "half of a draft");
        Write(target, "whole");
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Equal("whole", File.ReadAllText(target));
    }

    [Fact]
    public void Write_WhatALiveProcessWrites_Stays()
    {
        var target = _folder.At("a.txt");
        SafeFile.Write(target, stream =>
        {
            Write(target, "second");
            Assert.Single(Directory.EnumerateFiles(_folder.Path, "a.txt.tmp-*"));
            stream.Write("first"u8);
        });
        Assert.Equal("first", File.ReadAllText(target));
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_FilesOfTheUserOrOfOtherTargets_Stay()
    {
        string[] others = [_folder.At("a.txt.tmp-old"), SafeFile.TempName(_folder.At("aa.txt")),
            _folder.At("a.txt.tmp-" + new string('0', 31) + "x")];
        foreach (var other in others) File.WriteAllText(other, "");
        Write(_folder.At("a.txt"), "");
        Assert.All(others, other => Assert.True(File.Exists(other), other));
    }

    [Fact]
    public void Write_OntoAPipe_LeavesItThere()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes among its files");
        var pipe = _folder.At("pipe");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe)!) made.WaitForExit();
        var e = Assert.Throws<ConsortException>(() => Write(pipe, "a file in its place"));
        Assert.EndsWith("pipe: found a pipe, expected the name of a file", e.Message, StringComparison.Ordinal);
        Assert.Equal(FileKind.Pipe, FileFacts.Of(pipe).Kind);
        Assert.Equal([pipe], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_Fails_LeavesTheOldOneAlone()
    {
        var target = _folder.At("a.txt");
        Write(target, "old");
        Assert.Throws<ConsortException>(() => SafeFile.Write(target, stream =>
        {
            stream.Write("new"u8);
            throw new IOException("the disk broke");
        }));
        Assert.Equal("old", File.ReadAllText(target));
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_ManyAtOnce_AllSucceed()
    {
        var target = _folder.At("a.txt");
        Parallel.For(0, 8, i =>
        {
            for (var k = 0; k < 40; k++) Write(target, new string((char)('a' + i), 100));
        });
        var text = File.ReadAllText(target);
        Assert.Equal(new string(text[0], 100), text);
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_folder.Path));
    }
}
