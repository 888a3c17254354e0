using System.Buffers;

namespace Consort.Foundation.Files;

/// <summary>
/// What killed processes leave beside a target: <c>NAME.tmp-…</c>. A file is theirs when nobody holds it open, a folder when whoever clears
/// it holds the target's claim.
/// </summary>
public static class Leftovers
{
    /// <summary>Between a target's name and 32 digits that are drawn.</summary>
    public const string Mark = ".tmp-";

    private const int Digits = 32;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly TimeSpan NetworkAge = TimeSpan.FromDays(1);

    /// <summary>Deletes the files that were left beside a target, and none that is being written. Never throws.</summary>
    public static void ClearFiles(string target) => Beside(target, (folder, prefix) =>
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => IsOf(f, prefix)).ToArray()) ClearFile(file);
    });

    /// <summary>Deletes files and folders that were left beside a target. Only for the holder of its claim. Never throws.</summary>
    public static void ClearAll(string target) => Beside(target, (folder, prefix) =>
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder).Where(f => IsOf(f, prefix)).ToArray())
        {
            if (File.Exists(entry)) File.Delete(entry);
            else Directory.Delete(entry, recursive: true);
        }
    });

    /// <summary>Whether anything was left beside a target.</summary>
    public static bool Any(string target)
    {
        var any = false;
        Beside(target, (folder, prefix) => any = Directory.EnumerateFileSystemEntries(folder).Any(f => IsOf(f, prefix)));
        return any;
    }

    private static void Beside(string target, Action<string, string> act)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var folder = Path.GetDirectoryName(target)!;
        try
        {
            if (Directory.Exists(folder)) act(folder, Path.GetFileName(target) + Mark);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next one who writes there tries again.
        }
    }

    /// <summary>Whether a text is all hexadecimal digits, as drawn names and keys have them.</summary>
    public static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(HexDigits) < 0;

    // The digits too, so that a file which a user has named alike stays.
    private static bool IsOf(string path, string prefix)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith(prefix, StringComparison.Ordinal) && name.Length >= prefix.Length + Digits
            && IsHex(name.AsSpan(prefix.Length, Digits));
    }

    private static void ClearFile(string file)
    {
        // Writers cannot lock a file for readers on a network drive; there only age tells.
        if (IsOnNetwork(file) && DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < NetworkAge) return;
        try
        {
            // Deleted while it is held: a writer that was just about to lock it sees that it is gone.
            using var held = new FileStream(file, FileMode.Open, FileAccess.ReadWrite,
                OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // its owner lives
        }
    }

    private static bool IsOnNetwork(string file)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(file)!).DriveType == DriveType.Network;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
