namespace Consort.Benchmarks;

/// <summary>
/// A folder that is gone when the benchmark is done. While it is in use a file in it is locked, so that what a killed benchmark has left
/// behind can be told from what another one works on.
/// </summary>
internal sealed class TempFolder : IDisposable
{
    private const string Prefix = "consort-bench-";
    private const string LockName = "in-use";
    private static readonly TimeSpan Unlocked = TimeSpan.FromHours(1); // without a lock: just made, or of an older version
    private static readonly Lock Gate = new();
    private static readonly List<TempFolder> Live = [];
    private readonly FileStream _lock;

    public TempFolder()
    {
        lock (Gate)
        {
            Path = Directory.CreateTempSubdirectory(Prefix).FullName;
            _lock = new FileStream(At(LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
            Live.Add(this);
        }
    }

    public string Path { get; }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        lock (Gate)
        {
            if (Live.Remove(this)) Remove();
        }
    }

    /// <summary>Removes this process's folders, when it is about to end without disposing of them.</summary>
    public static void RemoveAll()
    {
        lock (Gate)
        {
            foreach (var folder in Live) folder.Remove();
            Live.Clear();
        }
    }

    /// <summary>Removes folders that benchmarks have left behind which are no more.</summary>
    /// <param name="parent">Where to look; the system's folder for such things unless given.</param>
    /// <returns>How many.</returns>
    public static int Sweep(string? parent = null)
    {
        var removed = 0;
        foreach (var folder in Directory.EnumerateDirectories(parent ?? System.IO.Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                if (!IsStale(folder)) continue;
                Directory.Delete(folder, recursive: true);
                removed++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or gone by now.
            }
        }
        return removed;
    }

    private static bool IsStale(string folder)
    {
        var path = System.IO.Path.Combine(folder, LockName);
        if (!File.Exists(path)) return DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) > Unlocked;
        using var mine = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None); // throws while somebody has it
        return true;
    }

    private void Remove()
    {
        _lock.Dispose();
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file is still mapped, where that holds it: the next benchmark sweeps it away.
        }
    }
}
