using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Parameters;

/// <summary>
/// Sums up over the ranks the gradients of rows that they touched. Row i is summed by rank i mod ranks, in the order of ranks, and given to
/// all: what a row cost to send does not grow with the ranks that touched it, and all have the same rows in the same order.
/// </summary>
/// <remarks>
/// A row travels as its number, in the place of one gradient, and its gradients in all tables that these columns read. Each rank sends its
/// own distinct rows once, and those it has summed to every other rank. Where gradients are rounded on the way, a record is 4 bytes of the
/// number and the halves behind it; sums are made of floats and rounded once more, on their owner too, so that all have the same.
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class RowExchange<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly IRanks _ranks;
    private readonly TouchedRows _touched;
    private readonly EmbeddingTable<T>[] _tables;
    private readonly int _width; // of a record: the row's number, then its gradients
    private readonly bool _isRounded;
    private readonly int _length; // bytes of a record on the way
    private readonly NativeBuffer<byte> _sent;
    private readonly NativeBuffer<byte> _received;
    private readonly NativeBuffer<T> _summed;
    private readonly NativeBuffer<byte> _rounded; // the same as they travel, where they are not sent as they are
    private readonly NativeBuffer<byte> _all;
    private readonly NativeBuffer<T> _row; // one, of what was rounded
    private readonly RecordExchange _records; // a record for each of this rank's rows
    private readonly int[] _places; // of the next record for each rank
    private readonly int[] _counts; // of rows that each rank has summed
    private readonly int[] _bytes;

    /// <summary>Lays out room for the largest batch.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="touched">The rows.</param>
    /// <param name="tables">Those that have gradients for them.</param>
    public RowExchange(IRanks ranks, TouchedRows touched, EmbeddingTable<T>[] tables)
    {
        (_ranks, _touched, _tables) = (ranks, touched, tables);
        _width = 1 + tables.Sum(t => t.Dimension);
        _isRounded = ranks.Wire != WirePrecision.Float && typeof(T) == typeof(float);
        _length = _isRounded ? sizeof(int) + ((_width - 1) * ranks.Wire.Bytes()) : _width * sizeof(T);
        _sent = new NativeBuffer<byte>(touched.Own * _length);
        _received = new NativeBuffer<byte>(touched.Own * ranks.Count * _length);
        _summed = new NativeBuffer<T>(touched.Total * _width);
        _rounded = new NativeBuffer<byte>(_isRounded ? touched.Total * _length : 0);
        _all = new NativeBuffer<byte>(touched.Total * _length);
        _row = new NativeBuffer<T>(_width);
        _records = new RecordExchange(ranks);
        (_places, _counts, _bytes) = (new int[ranks.Count], new int[ranks.Count], new int[ranks.Count]);
    }

    /// <summary>Puts the sums of all ranks in the place of this one's gradients.</summary>
    public void Run()
    {
        Count();
        Pack();
        _touched.Clear();
        _records.There(_sent, _received, _length);
        Unpack(Gather(Sum(_records.ComingTotal)));
    }

    public void Dispose()
    {
        _sent.Dispose();
        _received.Dispose();
        _summed.Dispose();
        _rounded.Dispose();
        _all.Dispose();
        _row.Dispose();
    }

    private int Bytes(int records) => checked(records * _length);

    // Gives all the rows that each has summed.
    private int Gather(int summed)
    {
        _ranks.GatherEqual<int>(new Span<int>(ref summed), _counts, _bytes);
        var all = 0;
        for (var rank = 0; rank < _ranks.Count; rank++)
            (_bytes[rank], all) = (Bytes(_counts[rank]), all + _counts[rank]);
        for (long i = 0; i < summed && _isRounded; i++)
            Send(_summed.Pointer + (i * _width), _rounded.Pointer + (i * _length));
        _ranks.Gather(
            new Span<byte>(_isRounded ? _rounded.Pointer : (byte*)_summed.Pointer, Bytes(summed)), new Span<byte>(_all.Pointer, Bytes(all)),
            _bytes);
        return all;
    }

    private void Count()
    {
        Array.Clear(_records.Counts);
        for (var group = 0; group < _touched.Groups; group++)
            for (var i = 0; i < _touched.Count(group); i++)
                _records.Counts[_touched.Rows(group)[i] % _ranks.Count]++;
        _records.Tell();
        _places[0] = 0;
        for (var rank = 1; rank < _ranks.Count; rank++)
            _places[rank] = _places[rank - 1] + _records.Counts[rank - 1];
    }

    private void Pack()
    {
        for (var group = 0; group < _touched.Groups; group++)
            for (var i = 0; i < _touched.Count(group); i++)
            {
                var row = _touched.Rows(group)[i];
                var place = _sent.Pointer + ((long)_places[row % _ranks.Count]++ * _length);
                var record = _isRounded ? _row.Pointer : (T*)place;
                *(int*)record++ = row;
                foreach (var table in _tables)
                {
                    VectorMath.Copy(record, table.TouchedGradientsAt(group) + ((long)i * table.Dimension), table.Dimension);
                    record += table.Dimension;
                }

                if (_isRounded)
                    Send(_row.Pointer, place);
            }
    }

    // Records come in the order of ranks.
    private int Sum(int records)
    {
        var (summed, width) = (0, _width);
        var slots = _touched.Slots;
        for (long i = 0; i < records; i++)
        {
            var record = Come(_received.Pointer + (i * _length));
            ref var slot = ref slots[*(int*)record];
            if (slot >= 0)
            {
                VectorMath.Add(_summed.Pointer + ((long)slot * width) + 1, record + 1, width - 1);
                continue;
            }

            slot = summed++;
            VectorMath.Copy(_summed.Pointer + ((long)slot * width), record, width);
        }

        for (long i = 0; i < summed; i++)
            slots[*(int*)(_summed.Pointer + (i * width))] = -1;
        return summed;
    }

    private void Unpack(int records)
    {
        for (long i = 0; i < records; i++)
        {
            var record = Come(_all.Pointer + (i * _length));
            var (group, place) = _touched.Add(*(int*)record++);
            foreach (var table in _tables)
            {
                VectorMath.Copy(table.TouchedGradientsAt(group) + ((long)place * table.Dimension), record, table.Dimension);
                record += table.Dimension;
            }
        }
    }

    // Rounds a record for the way.
    private void Send(T* record, byte* to)
    {
        *(int*)to = *(int*)record;
        WireNumbers.Pack(
            _ranks.Wire, new ReadOnlySpan<float>(record + 1, _width - 1), new Span<ushort>(to + sizeof(int), _width - 1));
    }

    // A record that has come, of floats.
    private T* Come(byte* record)
    {
        if (!_isRounded)
            return (T*)record;
        *(int*)_row.Pointer = *(int*)record;
        WireNumbers.Unpack(
            _ranks.Wire, new ReadOnlySpan<ushort>(record + sizeof(int), _width - 1), new Span<float>(_row.Pointer + 1, _width - 1));
        return _row.Pointer;
    }
}
