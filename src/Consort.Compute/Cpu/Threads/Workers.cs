using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Consort.Compute.Cpu.Threads;

/// <summary>A fixed set of threads that share out the indices of a job. The caller takes part as worker 0.</summary>
/// <remarks>
/// Indices are handed out one by one, so that a thread which loses its core to a neighbour process holds up at most the piece it has begun.
/// Idle threads spin for a moment, because the next job of a training step follows within microseconds, and then block. The caller never
/// waits for a thread that has not begun anything. A run allocates nothing on the managed heap.
/// </remarks>
public sealed class Workers : IDisposable
{
    private static readonly long SpinTicks = Stopwatch.Frequency * 40 / 1_000_000;

    [ThreadStatic] private static Workers? _inside; // the workers whose job this thread is running
    [ThreadStatic] private static int _insideAs; // and as which of them

    private readonly Lock _oneRun = new();
    private readonly object _wake = new();
    private readonly object _done = new();
    private readonly Thread[] _threads;
    private readonly int _spinIterations = Environment.ProcessorCount > 1 ? 10 : 0;

    private IParallelJob? _job;
    private int _count;
    private Exception? _failure;
    private int _sleeping;
    private bool _callerSleeps;
    private volatile bool _disposed;
    private Counters _counters;

    // The two counters every thread writes lie on cache lines of their own.
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Counters
    {
        [FieldOffset(128)] public int Unclaimed; // indices not handed out; at or below zero there is no work
        [FieldOffset(256)] public int Unfinished; // indices not completed
    }

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads that take part including the caller, 1 to 1024; 1 runs every job inline.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside 1 to 1024.</exception>
    public Workers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"Consort worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>How many threads take part, including the caller.</summary>
    public int Threads { get; }

    /// <summary>Measures what is shared out. Null, as a rule, for none.</summary>
    public WorkClock? Clock { get; set; }

    /// <summary>
    /// Runs the job for every index from 0 to <paramref name="count"/> − 1 and returns when all are done. A call from inside a job of these
    /// workers runs inline, under the number of the worker that makes it. Calls from several outside threads take turns.
    /// </summary>
    /// <param name="job">The work.</param>
    /// <param name="count">How many indices; zero does nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    /// <exception cref="ObjectDisposedException">The workers were disposed.</exception>
    /// <remarks>
    /// The first exception thrown by the job is thrown again here, after every thread has stopped; indices that nobody had begun by then
    /// are dropped.
    /// </remarks>
    public void Run(IParallelJob job, int count)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (ReferenceEquals(_inside, this))
        {
            for (var i = 0; i < count; i++) job.Run(i, _insideAs);
            return;
        }
        lock (_oneRun)
        {
            var start = Clock is null ? 0 : Stopwatch.GetTimestamp();
            if (Threads == 1 || count <= 1) RunInline(job, count);
            else RunShared(job, count);
            Clock?.Add(count, start);
        }
    }

    /// <summary>Stops the threads and waits for them. Must not be called while a job runs.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        lock (_wake)
        {
            _disposed = true;
            Monitor.PulseAll(_wake);
        }
        foreach (var thread in _threads) thread.Join();
    }

    private void RunInline(IParallelJob job, int count)
    {
        var (clock, start) = count > 1 ? BeginPart() : default;
        (var outer, var outerAs) = (_inside, _insideAs);
        (_inside, _insideAs) = (this, 0);
        try
        {
            for (var i = 0; i < count; i++) job.Run(i, 0);
            clock?.AddBusy(0, start);
        }
        finally
        {
            (_inside, _insideAs) = (outer, outerAs);
        }
    }

    private void RunShared(IParallelJob job, int count)
    {
        _job = job;
        _count = count;
        Volatile.Write(ref _counters.Unfinished, count);
        Interlocked.Exchange(ref _counters.Unclaimed, count); // from here on threads may claim
        if (Volatile.Read(ref _sleeping) > 0) Wake(count - 1);
        TakePart(0);
        if (!SpinUntilFinished()) SleepUntilFinished();
        _job = null;
        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void Wake(int most)
    {
        lock (_wake)
        {
            for (var i = Math.Min(most, _sleeping); i > 0; i--) Monitor.Pulse(_wake);
        }
    }

    // Claims indices until none is left. A claim that succeeds keeps the run alive, so the fields read after it are
    // those of the run it belongs to.
    private void TakePart(int worker)
    {
        var finished = 0;
        var (clock, start) = BeginPart();
        (var outer, var outerAs) = (_inside, _insideAs);
        (_inside, _insideAs) = (this, worker);
        int left;
        while ((left = Interlocked.Decrement(ref _counters.Unclaimed)) >= 0)
        {
            try
            {
                _job!.Run(_count - 1 - left, worker);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, e, null);
                finished += Math.Max(0, Interlocked.Exchange(ref _counters.Unclaimed, 0)); // dropped
            }
            finished++;
        }
        (_inside, _insideAs) = (outer, outerAs);
        if (finished > 0) clock?.AddBusy(worker, start); // before the caller may look
        if (finished == 0 || Interlocked.Add(ref _counters.Unfinished, -finished) != 0 || worker == 0) return;
        if (!Volatile.Read(ref _callerSleeps)) return;
        lock (_done) Monitor.Pulse(_done);
    }

    private (WorkClock? Clock, long Start) BeginPart() => Clock is { } clock ? (clock, Stopwatch.GetTimestamp()) : default;

    private bool SpinUntilFinished()
    {
        var until = Stopwatch.GetTimestamp() + SpinTicks;
        while (Volatile.Read(ref _counters.Unfinished) != 0)
        {
            if (Stopwatch.GetTimestamp() > until) return false;
            Thread.SpinWait(_spinIterations);
        }
        return true;
    }

    private void SleepUntilFinished()
    {
        lock (_done)
        {
            _callerSleeps = true;
            Interlocked.MemoryBarrier(); // the flag is seen before the counter is read, so no pulse is missed
            while (Volatile.Read(ref _counters.Unfinished) != 0) Monitor.Wait(_done);
            _callerSleeps = false;
        }
    }

    private void Serve(int worker)
    {
        while (!_disposed)
        {
            TakePart(worker);
            if (!SpinUntilWork()) SleepUntilWork();
        }
    }

    private bool SpinUntilWork()
    {
        var until = Stopwatch.GetTimestamp() + SpinTicks;
        while (Volatile.Read(ref _counters.Unclaimed) <= 0)
        {
            if (Stopwatch.GetTimestamp() > until) return false;
            Thread.SpinWait(_spinIterations);
        }
        return true;
    }

    private void SleepUntilWork()
    {
        lock (_wake)
        {
            Interlocked.Increment(ref _sleeping); // a full fence: a run published later sees it
            while (Volatile.Read(ref _counters.Unclaimed) <= 0 && !_disposed) Monitor.Wait(_wake);
            Interlocked.Decrement(ref _sleeping);
        }
    }
}
