using System.IO.Hashing;

namespace Consort.Data.Datasets;

/// <summary>The encoded rows of one block, split by split, until its turn to be written comes.</summary>
internal sealed class EncodedBlock(int splits) : IDisposable
{
    private readonly GrowingBuffer<byte>[] _data = [.. Enumerable.Range(0, splits).Select(_ => new GrowingBuffer<byte>())];
    private readonly int[] _length = new int[splits];
    private readonly long[] _clicks = new long[splits];

    public int Length(int split) => _length[split];

    public long Clicks(int split) => _clicks[split];

    public ReadOnlySpan<byte> Bytes(int split) => _data[split].Slice(0, _length[split]);

    public void Clear()
    {
        Array.Clear(_length);
        Array.Clear(_clicks);
    }

    /// <summary>Room for one more row.</summary>
    public Span<byte> Add(int split, int rowBytes, bool click)
    {
        var length = _length[split];
        if (length + rowBytes > _data[split].Capacity) _data[split].Grow(Math.Max(1 << 16, (length + rowBytes) * 3 / 2));
        _length[split] = length + rowBytes;
        if (click) _clicks[split]++;
        return _data[split].Slice(length, rowBytes);
    }

    public void Dispose()
    {
        foreach (var data in _data) data.Dispose();
    }
}

/// <summary>
/// Writes encoded blocks in the order of the source, whichever thread finished first, and hashes as it writes. A worker takes a buffer
/// before it takes a block, so the earliest block in work always has one and nobody waits for ever.
/// </summary>
internal sealed class SplitWriter : IDisposable
{
    private readonly object _gate = new();
    private readonly string _folder;
    private readonly string[] _names;
    private readonly FileStream?[] _files;
    private readonly XxHash128[] _hashes;
    private readonly Stack<EncodedBlock> _free = new();
    private readonly Dictionary<long, EncodedBlock> _finished = [];
    private readonly List<EncodedBlock> _all = [];
    private readonly int _rowBytes;
    private long _next;
    private bool _aborted;

    public SplitWriter(string folder, IReadOnlyList<string> names, int rowBytes, int buffers)
    {
        _folder = folder;
        _rowBytes = rowBytes;
        _names = [.. names];
        _files = new FileStream?[_names.Length];
        _hashes = [.. _names.Select(_ => new XxHash128())];
        Rows = new long[_names.Length];
        Clicks = new long[_names.Length];
        for (var i = 0; i < buffers; i++) _all.Add(new EncodedBlock(_names.Length));
        foreach (var block in _all) _free.Push(block);
    }

    public long[] Rows { get; }

    public long[] Clicks { get; }

    public string Hash(int split) => Convert.ToHexStringLower(_hashes[split].GetCurrentHash());

    public long Bytes(int split) => Rows[split] * _rowBytes;

    /// <summary>A buffer to fill; waits until one is free.</summary>
    public EncodedBlock Rent()
    {
        lock (_gate)
        {
            while (_free.Count == 0)
            {
                if (_aborted) throw new OperationCanceledException("another worker failed");
                Monitor.Wait(_gate);
            }
            var block = _free.Pop();
            block.Clear();
            return block;
        }
    }

    /// <summary>Hands in the rows of a block; writes all blocks whose turn has come.</summary>
    public void Submit(long index, EncodedBlock block)
    {
        lock (_gate)
        {
            _finished.Add(index, block);
            while (_finished.Remove(_next, out var due))
            {
                for (var s = 0; s < _names.Length; s++) Write(s, due);
                _next++;
                _free.Push(due);
            }
            Monitor.PulseAll(_gate);
        }
    }

    public void Abort()
    {
        lock (_gate)
        {
            _aborted = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Flushes every file to the disk and closes it.</summary>
    public void Complete()
    {
        foreach (var file in _files)
        {
            file?.Flush(flushToDisk: true);
            file?.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var file in _files) file?.Dispose();
        foreach (var block in _all) block.Dispose();
    }

    private void Write(int split, EncodedBlock block)
    {
        if (block.Length(split) == 0) return;
        _files[split] ??= new FileStream(Path.Combine(_folder, _names[split] + ".bin"), FileMode.CreateNew, FileAccess.Write,
            FileShare.None, 0);
        _files[split]!.Write(block.Bytes(split));
        _hashes[split].Append(block.Bytes(split));
        Rows[split] += block.Length(split) / _rowBytes;
        Clicks[split] += block.Clicks(split);
    }
}
