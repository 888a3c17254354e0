using System.Globalization;

namespace Consort.Studies.Search;

/// <summary>
/// Tries values until time or trials are over: drawn by <see cref="ParzenSampler"/>, of which <see cref="Halving"/> lets the best go on.
/// </summary>
/// <param name="limits">How far it goes.</param>
/// <param name="space">What is searched.</param>
/// <param name="rungs">The most steps of each rung.</param>
/// <param name="step">What a step is called: <c>epoch</c>.</param>
/// <param name="log">What has been tried; a search that was stopped goes on from it.</param>
/// <param name="train">Takes a trial as far as so many steps. Of a trial that cannot be trained it throws.</param>
internal sealed class SearchLoop(ISearchLimits limits, SearchSpace space, int[] rungs, string step, SearchLog log,
    Func<SearchTrial, int, CancellationToken, Rung> train)
{
    private const double LeastSearch = 0.5; // of the time: the rest is for the final runs

    private readonly ParzenSampler _sampler = new(space.Dimensions, limits.Seed);
    private readonly HashSet<int> _busy = [];
    private readonly Lock _gate = new();

    /// <summary>Tries them.</summary>
    public void Run(CancellationToken cancellation) => SideBySide.Run(limits.Jobs, Step, cancellation);

    private bool Step(CancellationToken stop)
    {
        SearchTrial? trial;
        lock (_gate)
        {
            trial = Take();
            if (trial is null)
                return false;
            _busy.Add(trial.Number);
        }

        Do(trial, stop);
        lock (_gate)
            _busy.Remove(trial.Number);
        return true;
    }

    // What was begun, then what goes on, then something new.
    private SearchTrial? Take()
    {
        if (log.Trials.FirstOrDefault(t => !t.IsDone && !_busy.Contains(t.Number)) is { } begun)
            return begun;
        if (log.Trials.Count > 0 && IsTimeUp())
            return null;
        if (Halving.Next(log.Trials, rungs.Length) is { } better)
            return log.Put(better with { Target = better.Target + 1 });
        return limits.Trials <= log.Trials.Count ? null : log.Put(Draw(log.Trials.Count));
    }

    private SearchTrial Draw(int number)
    {
        var start = space.ValuesOf(space.Start);
        var places = number > 0 ? _sampler.Next(number, log.Trials)
            : [.. space.Dimensions.Select((d, i) => d.PlaceOf(start[i]) ?? 0.5)];
        return new SearchTrial(number, places, [.. (number > 0 ? space.Values(places) : start).Select(v => v.ToString())], Target: 1);
    }

    private void Do(SearchTrial trial, CancellationToken stop)
    {
        var rung = trial.Rungs.Count;
        try
        {
            var last = trial.Last;
            var result = last is { IsOver: true } ? last with { Epochs = rungs[rung] } : train(trial, rungs[rung], stop);
            trial = trial with { Rungs = [.. trial.Rungs, result] };
            if (double.IsNaN(result.Score))
                trial = trial with { Failure = "its score is not a number" };
        }
        catch (ConsortException e) when (trial.Number > 0)
        {
            trial = trial with { Failure = e.Message };
        }

        lock (_gate)
            log.Put(trial);
        limits.Progress?.Invoke(Words(trial));
    }

    private bool IsTimeUp()
    {
        if (limits.Minutes is not { } minutes)
            return false;
        var full = log.Trials.Where(t => t.Rungs.Count > 0).Select(t => t.Rungs[^1])
            .Select(r => r.IsOver ? r.Seconds : r.Seconds * rungs[^1] / r.Epochs).Order().ToArray();
        var final = full.Length == 0 ? 0 : full[full.Length / 2] * (limits.Finalists + 1) * limits.Seeds / limits.Jobs;
        return log.Seconds + Math.Min(final, (1 - LeastSearch) * 60 * minutes) >= 60 * minutes;
    }

    private string Words(SearchTrial trial)
    {
        var values = string.Join(", ", space.Dimensions.Select((d, i) => $"{d.Name} {trial.Values[i]}"));
        if (trial.Failure is { } failure)
            return string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number}: {values}: cannot be trained: {failure}");
        var last = trial.Rungs[^1];
        return string.Create(CultureInfo.InvariantCulture,
            $"trial {trial.Number}: {values}: {last.Score:F5} after at most {last.Epochs} {step}s{(Halving.Ranked(log.Trials).First().Number == trial.Number ? "  best" : "")}");
    }
}
