namespace Consort.Studies.Recipes;

/// <summary>
/// Hands out the runs of a recipe in the order of the plan, each once those that it starts from have finished. The first mistake stops all,
/// and is what comes out.
/// </summary>
internal sealed class RecipeSchedule(IReadOnlyList<RecipeRun> plan)
{
    private readonly Dictionary<string, int> _places = plan.Select((run, i) => (run.Name, i)).ToDictionary(p => p.Name, p => p.i);
    private readonly bool[] _begun = new bool[plan.Count];
    private readonly bool[] _finished = new bool[plan.Count];
    private readonly object _gate = new(); // waited on
    private Exception? _mistake;

    /// <summary>Does all runs on so many threads; on the caller's own if it is one.</summary>
    /// <param name="jobs">At least 1.</param>
    /// <param name="run">Does the run of a place in the plan, until told to stop.</param>
    /// <param name="cancellation">Stops them.</param>
    public void Run(int jobs, Action<int, CancellationToken> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var others = Enumerable.Range(1, jobs - 1).Select(_ => new Thread(Work)).ToArray();
        foreach (var other in others)
            other.Start();
        Work();
        foreach (var other in others)
            other.Join();
        if (_mistake is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_mistake);

        void Work()
        {
            while (Take() is { } place)
            {
                try
                {
                    run(place, stop.Token);
                    Finish(place);
                }
                catch (Exception e)
                {
                    // What others say because they were stopped comes after it.
                    Fail(e);
                    stop.Cancel();
                }
            }
        }
    }

    // The first that may begin; waits for one; null where there is none left, or a mistake was made.
    private int? Take()
    {
        lock (_gate)
        {
            while (_mistake is null && Array.Exists(_begun, b => !b))
            {
                for (var i = 0; i < plan.Count; i++)
                    if (!_begun[i] && plan[i].After.All(name => _finished[_places[name]]))
                    {
                        _begun[i] = true;
                        return i;
                    }

                Monitor.Wait(_gate);
            }

            return null;
        }
    }

    private void Finish(int place)
    {
        lock (_gate)
        {
            _finished[place] = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Fail(Exception mistake)
    {
        lock (_gate)
        {
            _mistake ??= mistake;
            Monitor.PulseAll(_gate);
        }
    }
}
