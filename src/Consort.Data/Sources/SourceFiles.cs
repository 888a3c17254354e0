using System.IO.Enumeration;
using Consort.Foundation.Files;

namespace Consort.Data.Sources;

/// <summary>
/// The files that a name stands for: a file or a pipe, all files of a folder and the folders in it, or those that a pattern fits:
/// <c>logs/2026-11-*.parquet</c>, <c>logs/**/part-?.csv.gz</c>. They come in the order of their paths, by the numbers of their characters.
/// </summary>
public static class SourceFiles
{
    private const string AnyDepth = "**";

    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true,
        // Links to folders may lead in circles.
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    };

    /// <summary>What stands behind the name of a file for the true probabilities of its rows.</summary>
    internal const string TruthEnding = ".truth";

    /// <summary>The files of a name; none where nothing is there.</summary>
    /// <param name="name">A file, a folder, a pattern, or <c>-</c> for standard input.</param>
    public static IReadOnlyList<string> Of(string name) => name is "-" ? [SourceStream.StandardInput] : FileFacts.Of(name).Kind switch
    {
        FileKind.Folder => InOrder(name, Directory.EnumerateFiles(name, "*", Below)),
        FileKind.None when IsPattern(name) => Fitting(name),
        FileKind.None => name == SourceStream.StandardInput || File.Exists(name) ? [name] : [],
        _ => [name],
    };

    /// <summary>The files of a name that must stand for some; a file that is not there is said so when it is opened.</summary>
    /// <param name="name">A file, a folder, a pattern, or <c>-</c> for standard input.</param>
    /// <exception cref="ConsortException">No file fits, or the folder has none.</exception>
    public static IReadOnlyList<string> Some(string name)
    {
        if (name is "-" or SourceStream.StandardInput) StandardInput.Check();
        if (Of(name) is { Count: > 0 } files) return files;
        if (Directory.Exists(name)) throw new ConsortException($"{name}: found a folder without files of rows, expected some");
        return IsPattern(name) ? throw new ConsortException($"{name}: found no file that fits, expected at least one") : [name];
    }

    /// <summary>Whether a name has characters that stand for others.</summary>
    public static bool IsPattern(string name) => name.AsSpan().IndexOfAny('*', '?') >= 0;

    private static string[] Fitting(string pattern)
    {
        var parts = pattern.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar]);
        var fixedParts = parts.TakeWhile(p => !IsPattern(p)).Count();
        var root = fixedParts == 0 ? "" : string.Join(Path.DirectorySeparatorChar, parts[..fixedParts]) + Path.DirectorySeparatorChar;
        var start = root.Length == 0 ? "." : root;
        if (!Directory.Exists(start)) return [];
        var files = InOrder(start, Fitting(start, parts.AsMemory(fixedParts)), pattern);
        return root.Length > 0 ? files : Array.ConvertAll(files, f => Path.GetRelativePath(start, f)); // as it was typed
    }

    private static IEnumerable<string> Fitting(string folder, ReadOnlyMemory<string> parts)
    {
        var part = parts.Span[0];
        if (parts.Length == 1 && part != AnyDepth)
            return Directory.EnumerateFiles(folder).Where(f => Fits(part, f));
        var folders = Directory.EnumerateDirectories(folder);
        if (part != AnyDepth) return folders.Where(f => Fits(part, f)).SelectMany(f => Fitting(f, parts[1..]));
        if (parts.Length == 1) return Directory.EnumerateFiles(folder, "*", Below);
        return Fitting(folder, parts[1..]).Concat(folders.Where(f => !new DirectoryInfo(f).Attributes.HasFlag(FileAttributes.ReparsePoint))
            .SelectMany(f => Fitting(f, parts)));
    }

    private static bool Fits(string part, string path) =>
        FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path.AsSpan()), ignoreCase: false);

    // What a name below the folder hides by its first letter (_SUCCESS, .part.crc, _temporary/) is not of the rows, unless the pattern
    // says so.
    private static string[] InOrder(string root, IEnumerable<string> files, string pattern = "")
    {
        char[] said = [.. pattern.Split(Path.DirectorySeparatorChar).Where(p => p.Length > 0).Select(p => p[0])];
        bool IsShown(string part) => part[0] is not ('.' or '_') || said.Contains(part[0]);
        return [.. files.Where(f => Path.GetRelativePath(root, f).Split(Path.DirectorySeparatorChar).All(IsShown))
            .Where(f => !f.EndsWith(TruthEnding, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
    }
}
