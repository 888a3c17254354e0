using Consort.Experiments.Running;
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

    private static IEnumerable<string> Chain(string run)
    {
        yield return run;
        var record = UpdateRecord.Read(run);
        for (var left = record?.Number ?? 0; record is not null && left > 0; left--)
        {
            run = Path.GetRelativePath(".", Path.GetFullPath(record.From, Path.GetFullPath(run)));
            yield return run;
            record = UpdateRecord.Read(run);
        }
    }
}
