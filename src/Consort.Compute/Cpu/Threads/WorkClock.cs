using System.Diagnostics;

namespace Consort.Compute.Cpu.Threads;

/// <summary>
/// How long the jobs of some <see cref="Workers"/> took and in how many pieces, for benchmarks; what is not in them is done by one thread
/// while the others wait. Times are ticks of <see cref="Stopwatch"/>, added up since <see cref="Clear"/>; measuring allocates nothing.
/// </summary>
public sealed class WorkClock
{
    private const int MostJobs = 4096;
    private const int MostWorkers = 1024;
    private const int Line = 16; // numbers between those of two workers, so that they do not share lines of the cache

    private readonly (int Pieces, long Start, long Ticks)[] _jobs = new (int, long, long)[MostJobs];
    private readonly long[] _busy = new long[MostWorkers * Line];
    private int _count;

    /// <summary>Ticks in jobs of several pieces.</summary>
    public long Shared { get; private set; }

    /// <summary>Forgets all jobs.</summary>
    public void Clear()
    {
        (_count, Shared) = (0, 0);
        Array.Clear(_busy);
    }

    /// <summary>
    /// Ticks that a worker spent on pieces of jobs; where a piece waits for one that another has begun, this is in it. What is left of <see
    /// cref="Shared"/> it was idle: it had no piece, or had not woken up.
    /// </summary>
    /// <param name="worker">0 for the caller, less than <see cref="Workers.Threads"/>.</param>
    public long BusyOf(int worker) => _busy[worker * Line];

    /// <summary>
    /// What the jobs would take with so many threads, were each shared out evenly to as many of them as it has pieces. To be asked after
    /// a run of one thread.
    /// </summary>
    /// <param name="threads">At least 1.</param>
    public double SharedAt(int threads)
    {
        var sum = 0.0;
        for (var i = 0; i < _count; i++)
            sum += (double)_jobs[i].Ticks / Math.Min(threads, _jobs[i].Pieces);
        return sum;
    }

    /// <summary>Ticks in jobs of several pieces that began between two instants; up to 4096 jobs since <see cref="Clear"/>.</summary>
    /// <param name="from">The first, of <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="until">The second.</param>
    public long SharedBetween(long from, long until)
    {
        var sum = 0L;
        for (var i = 0; i < _count; i++)
            if (_jobs[i].Start >= from && _jobs[i].Start < until)
                sum += _jobs[i].Ticks;
        return sum;
    }

    internal void AddBusy(int worker, long start) => _busy[worker * Line] += Stopwatch.GetTimestamp() - start;

    internal void Add(int pieces, long start)
    {
        if (pieces < 2 || _count == MostJobs) return;
        var ticks = Stopwatch.GetTimestamp() - start;
        _jobs[_count++] = (pieces, start, ticks);
        Shared += ticks;
    }
}
