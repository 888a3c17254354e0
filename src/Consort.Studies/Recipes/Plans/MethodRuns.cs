namespace Consort.Studies.Recipes.Plans;

/// <summary>The rows of a table of ways of learning: each way with the runs that it is made of.</summary>
/// <param name="Method">The way.</param>
/// <param name="Runs">Of each replicate its runs, one family or several models that are averaged.</param>
internal sealed record MethodRuns<T>(T Method, List<IReadOnlyList<string>> Runs)
{
    /// <summary>Puts together the rows that are asked for; what all are set beside comes first.</summary>
    /// <param name="plan">Takes the runs, those of a replicate after those of the one before.</param>
    /// <param name="one">What all are set beside.</param>
    /// <param name="methods">The others.</param>
    /// <param name="begin">Begins a replicate with what its rows share, and gives the runs of each.</param>
    public static List<MethodRuns<T>> Of(
        RunPlan plan, T one, IEnumerable<T> methods, Func<int, Func<T, IReadOnlyList<string>>> begin)
    {
        var rows = methods.Prepend(one).Select(m => new MethodRuns<T>(m, [])).ToList();
        foreach (var replicate in plan.Replicates)
        {
            var runsOf = begin(replicate);
            foreach (var row in rows)
                row.Runs.Add(runsOf(row.Method));
        }

        return rows;
    }
}
