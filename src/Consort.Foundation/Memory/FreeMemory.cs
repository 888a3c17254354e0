using System.Globalization;

namespace Consort.Foundation.Memory;

/// <summary>The memory that this process can still take before the system, or the group it runs in, kills it.</summary>
public static class FreeMemory
{
    /// <summary>Bytes: the least of what the machine has available and of what is left of each control group's limit.</summary>
    public static long Bytes()
    {
        var free = OfMachine("/proc/meminfo") ?? Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet);
        return Math.Min(free, OfGroups("/sys/fs/cgroup", "/proc/self/cgroup"));
    }

    /// <summary>MemAvailable of Linux; null where there is none.</summary>
    internal static long? OfMachine(string path) => Lines(path)
        .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length >= 2 && words[0] == "MemAvailable:")
        .Select(words => Number(words[1]) * 1024).FirstOrDefault();

    /// <summary>
    /// What is left of the tightest limit of the process's control groups, versions 2 and 1; no limit is the largest number.
    /// </summary>
    /// <param name="root">Where the groups are mounted.</param>
    /// <param name="own">The file that names the process's own group.</param>
    internal static long OfGroups(string root, string own)
    {
        var groups = Lines(own).Select(l => l.Split(':', 3)).Where(w => w.Length == 3).ToArray();
        return Math.Min(
            Tightest(root, groups.FirstOrDefault(w => w[0] == "0")?[2], "memory.max", "memory.current", "inactive_file"),
            Tightest(
                Path.Combine(root, "memory"), groups.FirstOrDefault(w => w[1].Split(',').Contains("memory"))?[2],
                "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
    }

    // A limit of any group above holds too; within a container the mount itself is the process's group.
    private static long Tightest(string root, string? group, string limit, string usage, string cache)
    {
        var free = long.MaxValue;
        for (var parts = (group ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries); ; parts = parts[..^1])
        {
            free = Math.Min(free, Left(Path.Combine([root, .. parts]), limit, usage, cache));
            if (parts.Length == 0)
                return free;
        }
    }

    // Cached files that nobody has used for a while count as used, but give way.
    private static long Left(string folder, string limit, string usage, string cache)
    {
        if (Number(Lines(Path.Combine(folder, limit)).FirstOrDefault()) is not { } most
            || Number(Lines(Path.Combine(folder, usage)).FirstOrDefault()) is not { } used)
            return long.MaxValue;
        var idle = Lines(Path.Combine(folder, "memory.stat"))
            .Where(l => l.StartsWith(cache + " ", StringComparison.Ordinal)).Select(l => Number(l[(cache.Length + 1)..]))
            .FirstOrDefault() ?? 0;
        return Math.Max(0, most - Math.Max(0, used - idle));
    }

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
