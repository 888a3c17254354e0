namespace Consort.Learning.Training;

/// <summary>
/// Managed bytes that all threads together allocate in training steps. Stretches in which reports, evaluations and checkpoints are made are
/// left out whole, whichever thread allocates in them.
/// </summary>
internal sealed class AllocationMeter
{
    // Code is compiled and buffers reach their size within the first steps of a run.
    private const int WarmUpSteps = 10;
    private long _steps;
    private long _start = -1;
    private long _bytes;
    private long _counted;

    /// <summary>Managed bytes a step, or 0 before there were any to measure.</summary>
    public double BytesPerStep => _counted == 0 ? 0 : (double)_bytes / _counted;

    /// <summary>One step is done.</summary>
    public void Step()
    {
        if (_start >= 0)
            _counted++;
        else if (++_steps == WarmUpSteps)
            Resume();
    }

    /// <summary>What is allocated from here on does not count.</summary>
    public void Pause()
    {
        if (_start < 0)
            return;
        _bytes += GC.GetTotalAllocatedBytes(precise: true) - _start;
        _start = -1;
    }

    /// <summary>What is allocated from here on counts, if steps are counted by now.</summary>
    public void Resume()
    {
        if (_steps >= WarmUpSteps)
            _start = GC.GetTotalAllocatedBytes(precise: true);
    }
}
