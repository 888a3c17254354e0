using Consort.Experiments.Running;

namespace Consort.Studies.Search;

/// <summary>How far a search has come: a file that is written whole after each step of it, from which a killed one goes on.</summary>
/// <param name="Identity">Of what is searched, and how; another search is refused.</param>
/// <param name="Seconds">That it has taken, of all processes.</param>
/// <param name="Trials">In the order in which they were drawn.</param>
internal sealed record SearchState(string Identity, double Seconds, IReadOnlyList<SearchTrial> Trials)
{
    /// <summary>Reads it, or begins one where there is none.</summary>
    /// <exception cref="ConsortException">The file is damaged or of another search.</exception>
    public static SearchState Open(string path, string identity)
    {
        var state = JsonRecord.Find<SearchState>(path, Damaged) ?? new SearchState(identity, 0, []);
        if (state.Identity != identity)
            throw new ConsortException($"{path}: found a search of another experiment, other data or other ranges; name another folder with --out, or delete it");
        return state;

        ConsortException Damaged(string what) => new($"{path}: the file is damaged, expected how far a search has come: {what}");
    }

    /// <summary>Writes it.</summary>
    public void Save(string path) => JsonRecord.Write(path, this);
}
