using System.Diagnostics;

namespace Consort.Fuzz;

/// <summary>
/// Ends the process when an input takes too long or too much memory, for neither can be stopped from outside; the input is kept.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    public const int Hang = 70, Memory = 71;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30); // other programs may have the processor meanwhile
    private const long MostBytes = 3L << 30;
    private readonly Action<int, string> _found;
    private readonly Thread _thread;
    private long _begun;
    private volatile bool _isOver;

    /// <param name="found">Told the exit code and what happened; is to end the process.</param>
    public Watchdog(Action<int, string> found)
    {
        _found = found;
        _thread = new Thread(Watch) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>An input begins.</summary>
    public void Begin() => Volatile.Write(ref _begun, Stopwatch.GetTimestamp());

    /// <summary>It is over.</summary>
    public void End() => Volatile.Write(ref _begun, 0);

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }

    private void Watch()
    {
        while (!_isOver)
        {
            Thread.Sleep(50);
            var begun = Volatile.Read(ref _begun);
            if (begun != 0 && Stopwatch.GetElapsedTime(begun) > Limit)
                _found(Hang, $"hang: no answer within {Limit.TotalSeconds} s");
            if (begun != 0 && Environment.WorkingSet > MostBytes)
                _found(Memory, $"memory: {Environment.WorkingSet >> 20} MiB, more than {MostBytes >> 20}");
        }
    }
}
