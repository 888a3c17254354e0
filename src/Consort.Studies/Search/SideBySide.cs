using System.Runtime.ExceptionServices;

namespace Consort.Studies.Search;

/// <summary>Several threads that each take a step after the other until there is none left; the first mistake stops all.</summary>
internal static class SideBySide
{
    /// <summary>Runs them, one on the caller's thread.</summary>
    /// <param name="jobs">At least 1.</param>
    /// <param name="step">Does a step, and says whether there may be another.</param>
    /// <param name="cancellation">Stops them.</param>
    public static void Run(int jobs, Func<CancellationToken, bool> step, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? mistake = null;
        var others = Enumerable.Range(1, jobs - 1).Select(_ => new Thread(Work)).ToArray();
        foreach (var other in others)
            other.Start();
        Work();
        foreach (var other in others)
            other.Join();
        if (mistake is not null)
            ExceptionDispatchInfo.Throw(mistake);

        void Work()
        {
            try
            {
                while (step(stop.Token))
                    stop.Token.ThrowIfCancellationRequested();
            }
            catch (Exception e)
            {
                // What others say because they were stopped comes after it.
                Interlocked.CompareExchange(ref mistake, e, null);
                stop.Cancel();
            }
        }
    }
}
