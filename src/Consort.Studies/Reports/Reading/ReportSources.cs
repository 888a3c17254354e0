using Consort.Foundation.Options;

namespace Consort.Studies.Reports.Reading;

/// <summary>What a user named: runs, and the tables of recipes.</summary>
/// <param name="Runs">In the order of the names, no folder twice.</param>
/// <param name="Tables">Of recipes.</param>
internal sealed record ReportSources(IReadOnlyList<RunRecord> Runs, IReadOnlyList<RecipeResults> Tables)
{
    /// <summary>What baselines came to that the runs are set beside.</summary>
    public IReadOnlyList<BaselineFile> Baselines { get; init; } = [];

    /// <summary>The updates among the runs, as chains of days.</summary>
    public IReadOnlyList<UpdateChain> Chains { get; init; } = [];

    /// <summary>
    /// Finds the runs: a folder is a run, a recipe's folder with runs in <c>runs</c>, or a folder of runs; a JSON file is a baseline's.
    /// </summary>
    /// <exception cref="ConsortException">A folder is missing or holds no run.</exception>
    public static ReportSources Find(IEnumerable<string> paths, Catalogues? catalogues = null)
    {
        var runs = new List<string>();
        var tables = new List<RecipeResults>();
        var baselines = new List<BaselineFile>();
        foreach (var path in paths)
        {
            if (BaselineFile.Is(path))
            {
                baselines.Add(BaselineFile.Read(path));
                continue;
            }

            if (!Directory.Exists(path))
                throw new ConsortException($"{path}: folder not found{Near(path)}");
            // `init` writes an experiment beside the runs that are made of it.
            var below = Path.Combine(path, "runs") is var inside && Directory.Exists(inside) ? inside : path;
            if (RunReader.IsRun(path) && (below == path || RunReader.HasBegun(path)))
            {
                runs.Add(path);
                continue;
            }

            var found = Directory.GetDirectories(below).Where(RunReader.IsRun).Order(Natural.Comparer).ToList();
            if (found.Count == 0)
                throw new ConsortException($"{path}: found no run there{(below == path ? "" : ", nor in runs/")}, expected a folder that `consort train --out` or `consort recipe run` has written, or one that holds such");
            runs.AddRange(found);
            tables.AddRange(RecipeResults.Read(path));
        }

        if (runs.Count == 0)
            throw new ConsortException($"{paths.First()}: found a baseline alone, expected runs beside it");
        RunRecord[] read = [.. runs.DistinctBy(Path.GetFullPath).Select(r => RunReader.Read(r, catalogues))];
        return new ReportSources(read, tables) { Baselines = baselines, Chains = UpdateChain.Of(read) };
    }

    private static string Near(string path)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(path)));
        return parent is null || !Directory.Exists(parent) ? ""
            : NearestWord.Hint(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), Directory.GetDirectories(parent)
                .Select(d => Path.GetFileName(d)!));
    }
}
