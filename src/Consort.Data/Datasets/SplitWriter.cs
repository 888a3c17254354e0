using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Foundation.Files;

namespace Consort.Data.Datasets;

/// <summary>The encoded rows of one block, split by split, until its turn to be written comes.</summary>
internal sealed class EncodedBlock(int splits) : IDisposable
{
    private readonly GrowingBuffer<byte>[] _data = [.. Enumerable.Range(0, splits).Select(_ => new GrowingBuffer<byte>())];
    private readonly int[] _length = new int[splits];
    private readonly long[] _clicks = new long[splits];
    private readonly ListBuffer[] _lists = [.. Enumerable.Range(0, splits).Select(_ => new ListBuffer())];

    public int Length(int split) => _length[split];

    public long Clicks(int split) => _clicks[split];

    public Span<byte> Bytes(int split) => _data[split].Slice(0, _length[split]);

    /// <summary>The lists of the split's rows.</summary>
    public ReadOnlySpan<int> Lists(int split) => _lists[split].Numbers;

    public void Clear()
    {
        Array.Clear(_length);
        Array.Clear(_clicks);
        foreach (var lists in _lists) lists.Clear();
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

    /// <summary>Puts one more list behind the others.</summary>
    public void AddList(int split, ReadOnlySpan<int> list)
    {
        list.CopyTo(_lists[split].Room(list.Length));
        _lists[split].Keep(list.Length);
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
    private const long BehindBytes = 8 << 20;
    private readonly object _gate = new();
    private readonly string _folder;
    private readonly string[] _names; // of the splits, and behind them of their lists
    private readonly FileStream?[] _files;
    private readonly XxHash128[] _hashes;
    private readonly long[] _lengths; // of the files, in bytes
    private readonly long[] _begun; // bytes of the files that the system has begun to put on disk
    private readonly Stack<EncodedBlock> _free = new();
    private readonly Dictionary<long, EncodedBlock> _finished = [];
    private readonly List<EncodedBlock> _all = [];
    private readonly RowLayout _layout;
    private long _next;
    private bool _aborted;

    public SplitWriter(string folder, IReadOnlyList<string> names, RowLayout layout, int buffers)
    {
        _folder = folder;
        _layout = layout;
        Splits = names.Count;
        _names = [.. names, .. names.Select(n => n + "-lists")];
        (_lengths, _begun) = (new long[_names.Length], new long[_names.Length]);
        _files = new FileStream?[_names.Length];
        _hashes = [.. _names.Select(_ => new XxHash128())];
        Rows = new long[Splits];
        Clicks = new long[Splits];
        for (var i = 0; i < buffers; i++) _all.Add(new EncodedBlock(Splits));
        foreach (var block in _all) _free.Push(block);
    }

    public long[] Rows { get; }

    public long[] Clicks { get; }

    public int Splits { get; }

    /// <summary>The file of a split's rows.</summary>
    public StoredFile File(int split) =>
        new(_names[split] + ".bin", _lengths[split], Convert.ToHexStringLower(_hashes[split].GetCurrentHash()));

    /// <summary>The file of its rows' lists; null where there are none.</summary>
    public StoredFile? Lists(int split) => _layout.ListsAt < 0 ? null : File(Splits + split);

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
                for (var s = 0; s < Splits; s++) Write(s, due);
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
        var rows = block.Bytes(split);
        if (_layout.ListsAt >= 0)
        {
            // Where the block's lists begin is known only now.
            var before = _lengths[Splits + split] / sizeof(int);
            for (var at = _layout.ListsAt; at < rows.Length; at += _layout.Bytes)
                MemoryMarshal.Write(rows[at..], MemoryMarshal.Read<long>(rows[at..]) + before);
            Write(Splits + split, MemoryMarshal.AsBytes(block.Lists(split)));
        }
        Write(split, rows);
        Rows[split] += rows.Length / _layout.Bytes;
        Clicks[split] += block.Clicks(split);
    }

    private void Write(int file, ReadOnlySpan<byte> bytes)
    {
        _files[file] ??= new FileStream(Path.Combine(_folder, _names[file] + ".bin"), FileMode.Create, FileAccess.Write,
            FileShare.None, 0);
        _files[file]!.Write(bytes);
        _hashes[file].Append(bytes);
        _lengths[file] += bytes.Length;
        if (_lengths[file] - _begun[file] < BehindBytes) return;
        WriteBehind.Start(_files[file]!.SafeFileHandle, _begun[file], _lengths[file] - _begun[file]);
        _begun[file] = _lengths[file];
    }
}
