using System.IO.Hashing;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Updating;

/// <summary>
/// Which raw files a run was trained on, itself or as one of the runs that it has gone on from, as far back as their folders are there.
/// </summary>
public static class SeenRows
{
    /// <summary>The newest run of the chain that was trained on rows of a file; null for none, or where nobody can tell.</summary>
    /// <param name="run">The folder of a run; of a package nothing is known.</param>
    /// <param name="path">Raw rows.</param>
    public static string? By(string run, string path) => Chain(run).FirstOrDefault(r => OwnRows.Of(new RunFolder(r), path) != OwnFile.None);

    /// <summary>A line where a file holds rows that a run has seen: measured on them a run looks better than it is.</summary>
    /// <param name="run">The run folder.</param>
    /// <param name="path">Raw rows.</param>
    /// <param name="name">What the line calls the run.</param>
    public static string? Words(string run, string path, string name = "the run") => By(run, path) switch
    {
        null => null,
        var by when by == run => $"{path}: holds rows that {name} was trained on, so they say little of others; its own valid and test rows stand in {new RunFolder(run).Report}",
        var by => $"{path}: holds rows that {name} was trained on (as {by}, which it goes on from), so they say little of others",
    };

    /// <summary>The first of some places that has the rows of one before it, told by content where both are files; null for none.</summary>
    /// <param name="places">Raw rows.</param>
    public static (string Place, string First)? Twice(IReadOnlyList<string> places)
    {
        // Files of a size of their own are not read.
        var sizes = places.CountBy(Size).ToDictionary();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var place in places)
        {
            var content = Size(place) >= 0 && sizes[Size(place)] > 1 ? Hash(place) : place;
            if (!seen.TryAdd(content, place))
                return (place, seen[content]);
        }

        return null;

        static long Size(string place)
        {
            if (FileFacts.Of(place).Kind != FileKind.File)
                return -1;
            using var file = File.OpenRead(place); // of a link, the file that it leads to
            return file.Length;
        }

        static string Hash(string path)
        {
            using var file = File.OpenRead(path);
            return HashOf(file);
        }
    }

    /// <summary>XxHash128 of what is left of a file.</summary>
    internal static string HashOf(Stream file)
    {
        var hash = new XxHash128();
        hash.Append(file);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static IEnumerable<string> Chain(string run)
    {
        yield return run;
        var record = UpdateRecord.Read(run);
        for (var left = record?.Number ?? 0; record is not null && left > 0; left--)
        {
            run = Path.GetRelativePath(".", Path.GetFullPath(record.From, new RunFolder(run).Path));
            yield return run;
            record = UpdateRecord.Read(run);
        }
    }
}
