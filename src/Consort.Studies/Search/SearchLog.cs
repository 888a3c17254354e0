using System.Diagnostics;

namespace Consort.Studies.Search;

/// <summary>The trials of a search that goes on; each change is on the disk before the next.</summary>
/// <param name="file">Where they are; null for nowhere.</param>
/// <param name="state">How far it has come.</param>
/// <param name="clock">Of this process.</param>
internal sealed class SearchLog(string? file, SearchState state, Stopwatch clock)
{
    private readonly double _before = state.Seconds;
    private SearchState _state = state;

    /// <summary>All trials, in the order in which they were drawn.</summary>
    public IReadOnlyList<SearchTrial> Trials => _state.Trials;

    /// <summary>Time of all processes that worked on the search.</summary>
    public double Seconds => _before + clock.Elapsed.TotalSeconds;

    /// <summary>Takes in a trial, new or further, and gives it.</summary>
    public SearchTrial Put(SearchTrial trial)
    {
        _state = _state with
        {
            Trials = trial.Number == Trials.Count ? [.. Trials, trial] : [.. Trials.Select(t => t.Number == trial.Number ? trial : t)],
        };
        Save();
        return trial;
    }

    /// <summary>Writes it.</summary>
    public void Save()
    {
        _state = _state with { Seconds = Seconds };
        if (file is not null)
            _state.Save(file);
    }
}
