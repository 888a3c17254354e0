namespace Consort.Benchmarks.Tests;

public sealed class TempFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void Sweep_OfFoldersWhoseOwnerIsGone_RemovesThem()
    {
        var left = Folder("consort-bench-left");
        File.WriteAllText(Path.Combine(left, "in-use"), "");
        File.WriteAllText(Path.Combine(left, "train.bin"), "rows");
        Assert.Equal(1, TempFolder.Sweep(_parent));
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public void Sweep_OfFoldersInUse_LeavesThem()
    {
        string used = Folder("consort-bench-used"), made = Folder("consort-bench-made"), other = Folder("other");
        using var held = new FileStream(Path.Combine(used, "in-use"), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        Assert.Equal(0, TempFolder.Sweep(_parent));
        Assert.True(Directory.Exists(used) && Directory.Exists(made) && Directory.Exists(other));
    }

    [Fact]
    public void Dispose_OfAFolder_LeavesNothing()
    {
        var folder = new TempFolder();
        File.WriteAllText(folder.At("rows"), "");
        folder.Dispose();
        folder.Dispose();
        Assert.False(Directory.Exists(folder.Path));
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(_parent, name)).FullName;
}
