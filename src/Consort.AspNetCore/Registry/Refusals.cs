namespace Consort.AspNetCore.Registry;

/// <summary>
/// Packages that were refused: which need not be read again, and which were spoken of already. What was refused is tried again when it
/// changes; it is spoken of once for each content, however often it is touched or looked at, and not at each step of a copy.
/// </summary>
internal sealed class Refusals
{
    // File systems count time in ticks: what was written this shortly before may have been written to once more since.
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(2);
    private const int MostSaid = 1000; // contents of a version that are remembered
    private readonly Dictionary<string, (FileStamp? Stamp, DateTime Tried, HashSet<string> Said)> _known = new(StringComparer.Ordinal);

    /// <summary>Whether a file is the one that was refused, as far as can be told without reading it.</summary>
    public bool IsKnown(string version, FileStamp? stamp) =>
        // What could not be opened is tried each time: permissions leave no stamp.
        stamp is { Head: var head } && head != 0 && _known.TryGetValue(version, out var known) && known.Stamp == stamp
        && (known.Tried - stamp.Value.Written).Duration() > Young;

    /// <summary>Remembers a refusal.</summary>
    /// <returns>Whether it is news.</returns>
    public bool Add(string version, FileStamp? stamp, string mistake)
    {
        // A growing copy gives other counts of bytes at each look.
        var said = $"{stamp?.Head}: {string.Concat(mistake.Where(c => !char.IsAsciiDigit(c)))}";
        var all = _known.TryGetValue(version, out var known) && known.Said.Count < MostSaid ? known.Said : [];
        _known[version] = (stamp, DateTime.UtcNow, all);
        return all.Add(said);
    }

    public void Remove(string version) => _known.Remove(version);

    /// <summary>Forgets versions whose files are gone.</summary>
    public void Keep(IReadOnlyDictionary<string, string> files)
    {
        foreach (var gone in _known.Keys.Where(v => !files.ContainsKey(v)).ToArray())
            _known.Remove(gone);
    }
}
