namespace Consort.Synthetic;

/// <summary>Threads that generate blocks ahead of one writer, which takes them in order. A ring of slots bounds the memory.</summary>
internal sealed class SyntheticPipeline : IDisposable
{
    private readonly object _gate = new();
    private readonly SyntheticBlock[] _slots;
    private readonly bool[] _ready;
    private readonly Thread[] _threads;
    private readonly long _rows;
    private readonly long _firstRow;
    private long _next; // block that the next free thread generates
    private long _released; // blocks before it are written
    private bool _stopped;
    private Exception? _failure;

    public SyntheticPipeline(SyntheticWorld world, long rows, long firstRow, int threads)
    {
        _rows = rows;
        _firstRow = firstRow;
        Blocks = (rows + SyntheticBlock.Rows - 1) / SyntheticBlock.Rows;
        threads = (int)Math.Min(threads, Blocks);
        _slots = new SyntheticBlock[2 * threads];
        _ready = new bool[_slots.Length];
        for (var i = 0; i < _slots.Length; i++)
            _slots[i] = new SyntheticBlock(world);
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Generate) { IsBackground = true, Name = "synthetic clicks" };
            _threads[i].Start();
        }
    }

    public long Blocks { get; }

    /// <summary>Waits for a block; blocks are taken in order.</summary>
    public SyntheticBlock Take(long block)
    {
        var slot = (int)(block % _slots.Length);
        lock (_gate)
        {
            while (!_ready[slot])
            {
                if (_failure is not null)
                    throw new InvalidOperationException("generating synthetic clicks failed", _failure);
                Monitor.Wait(_gate);
            }
        }
        return _slots[slot];
    }

    /// <summary>Gives the slot of a block that was taken back to the threads.</summary>
    public void Release(long block)
    {
        lock (_gate)
        {
            _ready[block % _slots.Length] = false;
            _released = block + 1;
            Monitor.PulseAll(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Generate()
    {
        try
        {
            while (true)
            {
                long block;
                lock (_gate)
                {
                    block = _next++;
                    // The slot is free when the block that had it before is written.
                    while (block < Blocks && !_stopped && block - _slots.Length >= _released)
                        Monitor.Wait(_gate);
                    if (block >= Blocks || _stopped)
                        return;
                }
                var first = block * SyntheticBlock.Rows;
                var slot = (int)(block % _slots.Length);
                _slots[slot].Fill(_firstRow + first, (int)Math.Min(SyntheticBlock.Rows, _rows - first));
                lock (_gate)
                {
                    _ready[slot] = true;
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _failure = e;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
