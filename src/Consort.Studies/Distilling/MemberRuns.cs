using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Runs;

namespace Consort.Studies.Distilling;

/// <summary>The runs of single models that a teacher's members come from: what a family's gain is measured against.</summary>
internal static class MemberRuns
{
    /// <summary>
    /// Their folders: those that the first phase of the only teacher starts from, or several teachers of one member each; none where
    /// members were never trained alone, or where a run of theirs is gone.
    /// </summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> teachers, Catalogues? catalogues)
    {
        if (teachers.Count > 1)
            return teachers.All(t => IsOfOne(t, catalogues)) ? teachers : [];
        var members = Starts(teachers[0], catalogues);
        return members.Count > 1 && members.All(m => File.Exists(new RunFolder(m).Metrics)) ? members : [];
    }

    /// <summary>Folders of the runs that a run's first phase starts from, whether or not they are there.</summary>
    public static IReadOnlyList<string> Starts(string run, Catalogues? catalogues) =>
        [.. FirstPhase(Options(run, catalogues)).ItemsAt("from").Select(f => FolderOf(f.ToString(), run))];

    /// <summary>Whether a run is of one member.</summary>
    public static bool IsOfOne(string run, Catalogues? catalogues) =>
        Options(run, catalogues).ItemsAt("members") is [var member] && member.TextAt("count") is null or "1";

    /// <summary>The model that most members of these runs are of; of as many, the one that is named first.</summary>
    public static string CommonestModel(IReadOnlyList<string> runs, Catalogues? catalogues) => runs
        .SelectMany(run => Options(run, catalogues).ItemsAt("members"))
        .GroupBy(member => member.TextAt("model")!, StringComparer.OrdinalIgnoreCase)
        .MaxBy(members => members.Sum(m => m.NumberAt("count") ?? 1))!.Key;

    /// <summary>The options of a run's first phase; of one phase they stand under <c>training</c>.</summary>
    public static OptionTree FirstPhase(OptionTree experiment) =>
        experiment.ItemsAt("phases") is [var first, ..] ? first : experiment.Find("training") ?? OptionTree.Keys();

    /// <summary>The options of a run.</summary>
    /// <exception cref="ConsortException">There is none.</exception>
    public static OptionTree Options(string folder, Catalogues? catalogues)
    {
        var path = new RunFolder(folder).Experiment;
        return File.Exists(path) ? Experiment.OfRun(path, catalogues).Options
            : throw new ConsortException($"{folder}: found no run there, expected a folder that `consort train --out` has written");
    }

    // A checkpoint lies two folders deep; runs that were moved together lie side by side as before.
    private static string FolderOf(string from, string run)
    {
        var folder = from.EndsWith(".ckpt", StringComparison.Ordinal) ? Path.GetDirectoryName(Path.GetDirectoryName(from)) ?? from : from;
        if (Directory.Exists(folder))
            return folder;
        var beside = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run))) ?? "";
        return Path.Combine(beside, Path.GetFileName(folder));
    }
}
