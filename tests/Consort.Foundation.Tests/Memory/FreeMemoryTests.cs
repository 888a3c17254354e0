namespace Consort.Foundation.Tests.Memory;

public sealed class FreeMemoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Bytes_OfThisMachine_AreSome() => Assert.InRange(FreeMemory.Bytes(), 1 << 20, 1L << 50);

    [Fact]
    public void OfMachine_MemInfo_ReadsWhatIsAvailable()
    {
        File.WriteAllText(At("meminfo"), "MemTotal:       24000000 kB\nMemFree:         1000000 kB\nMemAvailable:   22755232 kB\n");
        Assert.Equal(22755232L * 1024, FreeMemory.OfMachine(At("meminfo")));
        Assert.Null(FreeMemory.OfMachine(At("absent")));
    }

    [Fact]
    public void OfGroups_LimitOfAGroupAbove_Holds()
    {
        File.WriteAllText(At("cgroup"), "0::/user/job\n");
        Group("user", "max", "1000", 0);
        Group("user/job", "8000", "5000", 1000);
        Assert.Equal(4000, FreeMemory.OfGroups(_folder, At("cgroup")));
        Group("user", "6000", "5500", 500);
        Assert.Equal(1000, FreeMemory.OfGroups(_folder, At("cgroup")));
    }

    [Fact]
    public void OfGroups_WithinAContainer_IsTheMount()
    {
        // The group's own name is that outside of the container.
        File.WriteAllText(At("cgroup"), "0::/docker/abc\n");
        Group("", "3000", "1000", 0);
        Assert.Equal(2000, FreeMemory.OfGroups(_folder, At("cgroup")));
    }

    [Fact]
    public void OfGroups_VersionOne_IsRead()
    {
        File.WriteAllText(At("cgroup"), "5:cpu,cpuacct:/x\n4:memory:/job\n0::/\n");
        Directory.CreateDirectory(At("memory/job"));
        File.WriteAllText(At("memory/job/memory.limit_in_bytes"), "7000\n");
        File.WriteAllText(At("memory/job/memory.usage_in_bytes"), "6500\n");
        File.WriteAllText(At("memory/job/memory.stat"), "cache 900\ntotal_inactive_file 200\n");
        Assert.Equal(700, FreeMemory.OfGroups(_folder, At("cgroup")));
    }

    [Fact]
    public void OfGroups_NoLimit_IsTheLargestNumber() => Assert.Equal(long.MaxValue, FreeMemory.OfGroups(_folder, At("absent")));

    private string At(string name) => Path.Combine(_folder, name);

    private void Group(string path, string max, string current, long inactive)
    {
        Directory.CreateDirectory(At(path));
        File.WriteAllText(At(Path.Combine(path, "memory.max")), max + "\n");
        File.WriteAllText(At(Path.Combine(path, "memory.current")), current + "\n");
        File.WriteAllText(At(Path.Combine(path, "memory.stat")), $"anon 1\ninactive_file {inactive}\n");
    }
}
