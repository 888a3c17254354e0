namespace Consort.Foundation.Ranks;

/// <summary>Sees that all ranks are about to do the same.</summary>
public static class RankAgreement
{
    private const int MostShown = 8; // differences of one rank

    /// <summary>Compares what each rank has with what rank 0 has.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="facts">What must be the same, by name, each name once; a rank may have others than the next.</param>
    /// <exception cref="ConsortException">A rank has something else: all say which, and what differs; it is of all ranks.</exception>
    public static void Check(IRanks ranks, params (string Name, string Value)[] facts)
    {
        var all = ranks.GatherTexts(string.Concat(facts.Select(f => $"{f.Name}\0{f.Value}\0")));
        var hosts = ranks.GatherTexts(Environment.MachineName);
        int[] others = [.. Enumerable.Range(1, all.Length - 1).Where(r => all[r] != all[0])];
        if (others.Length == 0)
            return;
        var (other, differences) = (others[0], Differences(Read(all[others[0]]), Read(all[0])));
        var more = differences.Count > MostShown ? $"; and {differences.Count - MostShown} more" : "";
        var ranksToo = others.Length == 1 ? "" : $"; rank {string.Join(", ", others[1..])} differs too";
        var shown = string.Join("; ", differences.Take(MostShown));
        throw new ConsortException(
            $"rank {other} on {hosts[other]}: found {shown} as on rank 0 on {hosts[0]}{more}{ranksToo}")
        { IsOfAllRanks = true };
    }

    private static List<string> Differences(Dictionary<string, string> found, Dictionary<string, string> expected) =>
        [.. expected.Keys.Union(found.Keys)
            .Select(name => (Name: name, Found: Of(found, name), Expected: Of(expected, name)))
            .Where(f => f.Found != f.Expected).Select(f => $"{f.Name} {f.Found}, expected {f.Expected}")];

    private static string Of(Dictionary<string, string> facts, string name) => facts.GetValueOrDefault(name, "nothing");

    private static Dictionary<string, string> Read(string text) =>
        text.Split('\0').SkipLast(1).Chunk(2).ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal);
}
