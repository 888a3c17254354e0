namespace Consort.Learning.Training;

/// <summary>
/// Managed bytes that all threads allocate in training steps. What the training thread itself allocates for reports and
/// evaluations between steps is left out.
/// </summary>
internal sealed class AllocationMeter
{
    private const int WarmUpSteps = 10;
    private long _steps;
    private long _start;
    private long _pausedAt;
    private long _paused;
    private long _bytes;
    private long _counted;

    /// <summary>Managed bytes a step, or 0 before there were any to measure.</summary>
    public double BytesPerStep => _counted == 0 ? 0 : (double)_bytes / _counted;

    /// <summary>Begins to count steps.</summary>
    public void Start()
    {
        (_steps, _paused) = (0, 0);
    }

    /// <summary>One step is done.</summary>
    public void Step()
    {
        if (++_steps == WarmUpSteps)
        {
            _start = GC.GetTotalAllocatedBytes(precise: true);
            _paused = 0;
        }
    }

    /// <summary>What the calling thread allocates from here on does not count.</summary>
    public void Pause() => _pausedAt = GC.GetAllocatedBytesForCurrentThread();

    /// <summary>What the calling thread allocates counts again.</summary>
    public void Resume() => _paused += GC.GetAllocatedBytesForCurrentThread() - _pausedAt;

    /// <summary>Ends counting.</summary>
    public void Stop()
    {
        if (_steps <= WarmUpSteps)
            return;
        _bytes += Math.Max(0, GC.GetTotalAllocatedBytes(precise: true) - _start - _paused);
        _counted += _steps - WarmUpSteps;
        _steps = 0;
    }
}
