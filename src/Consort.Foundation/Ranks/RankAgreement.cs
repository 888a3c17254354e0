namespace Consort.Foundation.Ranks;

/// <summary>Sees that all ranks are about to do the same.</summary>
public static class RankAgreement
{
    /// <summary>Compares what each rank has with what rank 0 has.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="facts">What must be the same, by name; the same names on all.</param>
    /// <exception cref="ConsortException">A rank has something else: all say which, and what.</exception>
    public static void Check(IRanks ranks, params (string Name, string Value)[] facts)
    {
        var hosts = ranks.GatherTexts(Environment.MachineName);
        foreach (var (name, value) in facts)
        {
            var all = ranks.GatherTexts(value);
            var other = Array.FindIndex(all, v => v != all[0]);
            if (other > 0)
                throw new ConsortException(
                    $"rank {other} on {hosts[other]}: found {name} {all[other]}, expected {all[0]} as on rank 0 on {hosts[0]}");
        }
    }
}
