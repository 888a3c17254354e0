namespace Consort.Serving.Inference;

/// <summary>
/// The workspaces of a model. Each call takes one and brings it back, without a lock and without allocating once there are as many as calls
/// at a time. After <see cref="Dispose"/> the calls and holds that are under way go on; the last of them frees the model.
/// </summary>
internal sealed class WorkspacePool(ScoringModel model) : IDisposable
{
    private readonly Workspace?[] _idle = new Workspace?[Math.Max(8, 4 * Environment.ProcessorCount)];
    private readonly Lock _gate = new();
    private int _alive;
    private int _holds;
    private volatile bool _isClosed;
    private bool _isFreed;

    /// <summary>What the workspaces are of.</summary>
    public ScoringModel Model => model;

    /// <summary>Takes a workspace, or null when the model is, or is being, given up.</summary>
    public Workspace? TryTake()
    {
        var start = Environment.CurrentManagedThreadId;
        for (var i = 0; i < _idle.Length; i++)
        {
            ref var slot = ref _idle[(uint)(start + i) % (uint)_idle.Length];
            if (Volatile.Read(ref slot) is not null && Interlocked.Exchange(ref slot, null) is { } workspace)
                return workspace;
        }

        lock (_gate)
        {
            if (_isFreed || (_isClosed && _holds == 0))
                return null;
            _alive++;
        }

        try
        {
            return new Workspace(model);
        }
        catch
        {
            Retire(null);
            throw;
        }
    }

    /// <summary>Brings a workspace back.</summary>
    public void Return(Workspace workspace)
    {
        var start = Environment.CurrentManagedThreadId;
        for (var i = 0; i < _idle.Length; i++)
        {
            ref var slot = ref _idle[(uint)(start + i) % (uint)_idle.Length];
            if (Volatile.Read(ref slot) is not null || Interlocked.CompareExchange(ref slot, workspace, null) is not null)
                continue;
            // Closed since it was taken: whoever closed may have looked at this slot before.
            if (_isClosed)
                Drain();
            return;
        }

        Retire(workspace);
    }

    /// <summary>Keeps the model until <see cref="Release"/>; false when it is given up already.</summary>
    public bool TryHold()
    {
        lock (_gate)
        {
            if (_isFreed || (_isClosed && _holds == 0))
                return false;
            _holds++;
            return true;
        }
    }

    /// <summary>Ends a hold.</summary>
    public void Release()
    {
        lock (_gate)
            _holds--;
        if (_isClosed)
            Drain();
    }

    /// <summary>Gives the model up: no call can begin, but for those of holds.</summary>
    public void Dispose()
    {
        lock (_gate)
            _isClosed = true;
        Drain();
    }

    private void Drain()
    {
        lock (_gate)
            if (_holds > 0)
                return;
        for (var i = 0; i < _idle.Length; i++)
            if (Interlocked.Exchange(ref _idle[i], null) is { } workspace)
                Retire(workspace);
        FreeIfUnused();
    }

    private void Retire(Workspace? workspace)
    {
        workspace?.Dispose();
        lock (_gate)
            _alive--;
        if (_isClosed)
            FreeIfUnused();
    }

    private void FreeIfUnused()
    {
        lock (_gate)
        {
            if (_isFreed || !_isClosed || _holds > 0 || _alive > 0)
                return;
            _isFreed = true;
        }

        model.Dispose();
    }
}
