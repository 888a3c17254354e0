using System.Globalization;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>
/// An experiment file whose last phases may go on with days of their own. What stands before these is an experiment like any other; where
/// nothing does, its one phase stands in <c>training</c>.
/// </summary>
/// <param name="First">The experiment that the days go on from.</param>
/// <param name="Phases">Those over days, in their order; none of an experiment that ends with its training.</param>
public sealed record DailyExperiment(Experiment First, IReadOnlyList<DayPhase> Phases)
{
    /// <summary>Reads an experiment file.</summary>
    /// <inheritdoc cref="Experiment.Load"/>
    public static DailyExperiment Load(string path, string? dataFolder = null, ulong? seed = null, Precision? precision = null,
        Catalogues? catalogues = null) => Of(OptionTree.Load(path), path, dataFolder, seed, precision, catalogues);

    /// <summary>Reads one for the rows of an encoded dataset: nothing raw that it names, its days included, needs to be there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoded">The dataset's folder.</param>
    /// <param name="dataFolder">What names of vectors start from; null for the file's own.</param>
    /// <param name="catalogues">By which its names are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">Something in it is wrong.</exception>
    internal static Experiment LoadEncoded(string path, string encoded, string? dataFolder, Catalogues? catalogues)
    {
        var tree = OptionTree.Load(path);
        if (tree is OptionGroup && tree.Find("data") is OptionGroup)
        {
            var folder = tree.Find("data.folder"); // of vectors, too
            tree = tree.Without("data").With("data.encoded", Path.GetFullPath(encoded));
            tree = folder is null ? tree : tree.With("data.folder", folder);
            OptionTree[] kept = [.. tree.ItemsAt("phases").Where(p => !DayPhase.Is(p))];
            tree = kept.Length == 0 ? tree.Without("phases") : tree.With("phases", OptionTree.Lines(kept));
        }

        return Of(tree, path, dataFolder, null, null, catalogues).First;
    }

    private static DailyExperiment Of(
        OptionTree tree, string path, string? dataFolder, ulong? seed, Precision? precision, Catalogues? catalogues)
    {
        var items = tree is OptionGroup ? tree.ItemsAt("phases") : [];
        foreach (var item in items.Where(p => !DayPhase.Is(p)).OfType<OptionGroup>())
            CheckWords(item);
        var before = items.TakeWhile(p => !DayPhase.Is(p)).Count();
        if (items.Skip(before).FirstOrDefault(p => !DayPhase.Is(p)) is { } late)
            throw new ConsortException($"{late.Source}:{late.Line}, key phases: found a phase over the rows of `data` behind one with rows of its own, expected it before that");
        // From the last, for places count from the first.
        var first = before == 0 && items.Count > 0 ? tree.Without("phases") : Enumerable.Range(before, items.Count - before).Reverse()
            .Aggregate(tree, (t, i) => t.Without(string.Create(CultureInfo.InvariantCulture, $"phases[{i}]")));
        var experiment = Experiment.OfFile(first, path, dataFolder, seed, precision, catalogues);
        if (before == items.Count)
            return new DailyExperiment(experiment, []);
        var options = OptionMap.Of(tree, catalogues);
        var folder = Experiment.DataFolder(options, Path.GetDirectoryName(Path.GetFullPath(path))!, dataFolder)!;
        var phases = options.Maps("phases").Skip(before).Select(map => DayPhase.Read(map, folder)).ToArray();
        // Some file systems take names that differ by case alone for one.
        if (phases.SelectMany(p => p.Days.Select(d => (p.Where, d.Name))).GroupBy(d => d.Name, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ConsortException($"{twice.Last().Where}: found a second day named {twice.Key}, expected a name of its own for each");
        return new DailyExperiment(experiment, phases);
    }

    // Where `days` or `data` is written otherwise, all else that seems wrong with the phase follows from it.
    private static void CheckWords(OptionGroup phase)
    {
        string[] known = [.. Phase.Options.Keys, .. PhaseOverrides.Options.Keys, "strategy", .. Experiment.RowKeys];
        foreach (var entry in phase.Entries.Where(e => !known.Contains(e.Key)))
            if (NearestWord.Find(entry.Key, known) is { } near && Experiment.RowKeys.Contains(near))
                throw new ConsortException($"{phase.Source}:{entry.Line}: unknown key \"{entry.Key}\"; did you mean \"{near}\"?");
    }
}
