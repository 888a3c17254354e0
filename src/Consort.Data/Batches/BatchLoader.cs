using System.Runtime.ExceptionServices;
using Consort.Data.Datasets;

namespace Consort.Data.Batches;

/// <summary>
/// Hands out a split, or two as if they were one, batch by batch. One background thread gathers rows into a ring of batches made once;
/// nothing is allocated per batch.
/// The order depends only on (seed, epoch) and the splits. One caller at a time; dispose of the loader before its dataset.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private readonly EncodedSplit _first;
    private readonly EncodedSplit? _second; // whose rows have the numbers behind those of the first
    private readonly long _left; // rows of the first that are walked
    private readonly long _total;
    private readonly LoaderOptions _options;
    private readonly Batch[] _ring;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private RowOrder _order;
    private int _epoch;
    private long _generation;
    private long _next;
    private long _produced;
    private long _released;
    private long _taken;
    private bool _holding;
    private bool _disposed;
    private Exception? _failure;

    /// <summary>Creates a loader; call <see cref="Start"/> before <see cref="Next"/>.</summary>
    /// <param name="split">The rows.</param>
    /// <param name="options">Batch size and order.</param>
    /// <param name="second">More rows, over which the order goes as well; null for none.</param>
    /// <exception cref="ConsortException">An option is out of its range.</exception>
    public BatchLoader(EncodedSplit split, LoaderOptions options, EncodedSplit? second = null)
    {
        options.Validate();
        (_first, _second, _options) = (split, second, options);
        _left = options.LeaveOut?.Left(split.Rows) ?? split.Rows;
        _total = _left + (second?.Rows ?? 0);
        Batches = (_total + options.BatchSize - 1) / options.BatchSize;
        var most = (int)Math.Min(options.BatchSize, _total);
        var capacity = Math.Max(1, (most + options.Share.Ranks - 1) / options.Share.Ranks);
        var (truth, lackLabels) = (split.HasTruth && second is not { HasTruth: false }, !split.HasLabels || second is { HasLabels: false });
        _ring = [.. Enumerable.Range(0, options.Depth).Select(_ => new Batch(capacity, split.Space, truth, lackLabels))];
        _next = Batches;
        _thread = new Thread(Produce) { IsBackground = true, Name = "batch loader" };
        _thread.Start();
    }

    /// <summary>Rows per epoch.</summary>
    public long Rows => _total;

    /// <summary>The most rows of a batch.</summary>
    public int BatchSize => _ring[0].Capacity;

    /// <summary>Batches per epoch; the last one may be short.</summary>
    public long Batches { get; }

    /// <summary>Bytes held for the batches made once.</summary>
    public long Bytes => _ring.Sum(b => b.Bytes);

    /// <summary>Begins an epoch, also in the middle of another one.</summary>
    /// <param name="epoch">Its number, part of the order.</param>
    /// <param name="skipBatches">Batches to leave out at the start, for a run that is resumed.</param>
    public void Start(int epoch, long skipBatches = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skipBatches);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var exact = _first.Bytes + (_second?.Bytes ?? 0) <= _options.ExactShuffleBytes;
            _order = new RowOrder(_total, _options.Shuffle, exact, _options.Seed, epoch);
            _epoch = epoch;
            _generation++;
            _next = Math.Min(skipBatches, Batches);
            _produced = _released = _taken = 0;
            _holding = false;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The next batch, valid until the next call; null at the end of the epoch.</summary>
    /// <exception cref="InvalidOperationException">No epoch was started.</exception>
    public Batch? Next()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_generation == 0) throw new InvalidOperationException("call Start first");
            if (_holding)
            {
                _holding = false;
                _released++;
                Monitor.PulseAll(_gate);
            }
            while (_taken == _produced)
            {
                if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
                if (_next >= Batches) return null;
                Monitor.Wait(_gate);
                ObjectDisposedException.ThrowIf(_disposed, this);
            }
            _holding = true;
            return _ring[_taken++ % _ring.Length];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
        foreach (var batch in _ring) batch.Dispose();
    }

    private void Produce()
    {
        try
        {
            while (true)
            {
                long generation, index;
                RowOrder order;
                int epoch;
                Batch batch;
                lock (_gate)
                {
                    while (!_disposed && (_next >= Batches || _produced - _released >= _ring.Length)) Monitor.Wait(_gate);
                    if (_disposed) return;
                    generation = _generation;
                    index = _next;
                    (order, epoch) = (_order, _epoch);
                    batch = _ring[_produced % _ring.Length];
                }
                Gather(in order, epoch, index, batch);
                lock (_gate)
                {
                    // Start may have been called meanwhile: then this batch belongs to an epoch nobody wants any more.
                    if (generation != _generation) continue;
                    _next++;
                    _produced++;
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

    private void Gather(in RowOrder order, int epoch, long index, Batch batch)
    {
        var first = index * _options.BatchSize;
        var whole = (int)Math.Min(_options.BatchSize, _total - first);
        var (rank, ranks) = _options.Share;
        var share = LoaderOptions.FirstOf(whole, rank, ranks);
        var rows = LoaderOptions.FirstOf(whole, rank + 1, ranks) - share;
        batch.Begin(rows, whole, share);
        var places = batch.Places;
        order.Fill(first + share, places);
        if (_options.LeaveOut is { } part)
        {
            for (var r = 0; r < rows; r++)
                places[r] = places[r] < _left ? part.Row(places[r]) : places[r] - _left + _first.Rows;
        }

        Copy(_first, 0, places, batch);
        if (_second is not null) Copy(_second, _first.Rows, places, batch);
        _options.Masked?.Apply(batch, _first.Space, _options.Seed, epoch);
    }

    /// <summary>Copies those rows of the batch that are a split's, whose first row has the number given.</summary>
    private static void Copy(EncodedSplit split, long from, ReadOnlySpan<long> places, Batch batch)
    {
        const int Ahead = 8, ListsAhead = 4;
        var data = split.Data;
        var labelled = batch.Labelled;
        var (layout, rowBytes, lists) = (split.Layout, split.RowBytes, split.Layout.ListsAt >= 0);
        var listBytes = Math.Min(1024, split.Lists.Length / Math.Max(1, split.Rows));
        for (var r = 0; r < places.Length; r++)
        {
            if (r + Ahead < places.Length && IsIn(places[r + Ahead]))
                data.Prefetch((places[r + Ahead] - from) * rowBytes, rowBytes);
            if (lists && r + ListsAhead < places.Length && IsIn(places[r + ListsAhead]))
            {
                var at = 4 * layout.ListsOf(data.Slice((places[r + ListsAhead] - from) * rowBytes, rowBytes));
                split.Lists.Prefetch(at, (int)Math.Min(listBytes, split.Lists.Length - at));
            }
            if (!IsIn(places[r])) continue;
            var row = data.Slice((places[r] - from) * rowBytes, rowBytes);
            batch.Put(r, row, layout);
            if (lists) batch.PutLists(r, split.Lists, layout.ListsOf(row));
            if (!labelled.IsEmpty) labelled[r] = split.HasLabels ? 1 : 0;
        }

        bool IsIn(long place) => (ulong)(place - from) < (ulong)split.Rows;
    }
}
