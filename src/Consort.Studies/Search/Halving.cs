namespace Consort.Studies.Search;

/// <summary>
/// Asynchronous successive halving: of the trials that have come to a rung the best third go on to the next, as soon as there are enough;
/// nobody waits for a rung to be full. Source: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning" (ASHA).
/// </summary>
internal static class Halving
{
    private const int Factor = 3;

    /// <summary>The most epochs of each rung, each three times those before: the last has all.</summary>
    public static int[] Rungs(int epochs)
    {
        var rungs = new Stack<int>([epochs]);
        while (rungs.Peek() >= Factor && rungs.Count < 4)
            rungs.Push((int)Math.Round((double)rungs.Peek() / Factor));
        return [.. rungs];
    }

    /// <summary>The trial that goes on a rung, the furthest first; null where a new one is to be drawn.</summary>
    /// <param name="trials">All so far.</param>
    /// <param name="rungs">How many rungs there are.</param>
    public static SearchTrial? Next(IReadOnlyList<SearchTrial> trials, int rungs)
    {
        for (var rung = rungs - 1; rung >= 1; rung--)
        {
            SearchTrial[] there = [.. trials.Where(t => t.Rungs.Count >= rung)];
            var best = there.OrderByDescending(t => t.Rungs[rung - 1].Score).ThenBy(t => t.Number).Take(there.Length / Factor);
            if (best.FirstOrDefault(t => t.Failure is null && t.Target == rung && t.Rungs.Count == rung) is { } next)
                return next;
        }

        return null;
    }

    /// <summary>The best first: who has come further stands before who has not, for scores of few epochs are no scores of many.</summary>
    public static IEnumerable<SearchTrial> Ranked(IEnumerable<SearchTrial> trials) =>
        trials.Where(t => t.Failure is null && t.Rungs.Count > 0).OrderByDescending(t => t.Rungs.Count)
            .ThenByDescending(t => t.Rungs[^1].Score).ThenBy(t => t.Number);
}
