using Consort.Data.Sources;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Updating;

/// <summary>What the places of days must be before hours of training: a day that is done needs none, others files that are there.</summary>
internal static class DayPlaces
{
    private const string StandardInput = "/dev/stdin";

    /// <summary>Refuses what can be told early.</summary>
    /// <param name="chain">The folder of all.</param>
    /// <param name="phases">The days.</param>
    /// <param name="done">The folders of those that are done.</param>
    /// <exception cref="ConsortException">A day that is not done has no rows, or such as come once.</exception>
    public static void Check(RunChain chain, IReadOnlyList<DayPhase> phases, IReadOnlySet<string> done)
    {
        foreach (var phase in phases)
        {
            foreach (var day in phase.Days.Where(d => !done.Contains(chain.Day(d.Name))))
                CheckKinds(phase, day);
            foreach (var (place, mistake) in phase.Absent)
                if (!MayBeGone(place))
                    throw mistake;

            bool MayBeGone(string place) => phase.Days.FirstOrDefault(d => d.Data.Contains(place)) is { } day
                ? done.Contains(chain.Day(day.Name)) || (phase.PassesOver && done.Any(d => IsBelow(d, place)))
                : phase.PassesOver ? done.Count > 0 : phase.Days.All(d => done.Contains(chain.Day(d.Name)));
        }
    }

    /// <summary>Whether a day that is not done has rows, rather than being a folder whose days are all done and gone.</summary>
    public static bool AreThere(DayPhase phase, Day day) => !day.Data.Any(phase.Absent.ContainsKey);

    private static void CheckKinds(DayPhase phase, Day day)
    {
        if (day.Data.Where(SourcePlace.IsFile).FirstOrDefault(d => d == StandardInput
            || FileFacts.Of(d).Kind is not (FileKind.File or FileKind.None)) is { } once)
            throw new ConsortException($"{phase.Where}: found {(once == StandardInput ? "standard input" : once)}, which is no file, expected one: the rows of a day are read several times");
    }

    private static bool IsBelow(string run, string folder) =>
        RunData.Read(new RunFolder(run)) is { } data && data.Files.Any(f => SourcePlace.IsFile(f.Path)
            && f.Path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal));
}
