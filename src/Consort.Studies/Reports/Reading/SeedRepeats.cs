namespace Consort.Studies.Reports.Reading;

/// <summary>
/// Finished runs of a seed that another run of the same experiment on the same rows stands for: copies say nothing of the spread.
/// </summary>
internal static class SeedRepeats
{
    /// <summary>The runs without repeats, and each repeat with the run that stands for it.</summary>
    public static (IReadOnlyList<RunRecord> Kept, IReadOnlyList<(RunRecord Repeat, RunRecord Kept)> Left) Split(
        IReadOnlyList<RunRecord> runs)
    {
        var left = new List<(RunRecord Repeat, RunRecord Kept)>();
        foreach (var same in runs.Where(r => r.IsFinished).GroupBy(r => (Study.Key(r), r.Seed)))
        {
            var kept = same.FirstOrDefault(r => r.Diagnosis is not null) ?? same.First(); // the one that says most
            left.AddRange(same.Where(r => !ReferenceEquals(r, kept)).Select(r => (r, kept)));
        }

        var away = left.Select(l => l.Repeat).ToHashSet(ReferenceEqualityComparer.Instance);
        return ([.. runs.Where(r => !away.Contains(r))], left);
    }

    /// <summary>What a report says of them, or null where there are none.</summary>
    public static string? Words(IReadOnlyList<(RunRecord Repeat, RunRecord Kept)> left) => left.Count == 0 ? null
        : $"{(left.Count == 1 ? "1 run is" : FormattableString.Invariant($"{left.Count} runs are"))} left out, as the same seed of the same experiment on the same rows counts once: {string.Join(", ", left.Select(l => $"{l.Repeat.Given} (repeats {l.Kept.Given})"))}.";
}
