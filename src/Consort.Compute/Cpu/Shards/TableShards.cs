using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Shards;

/// <summary>
/// Tables of which each rank holds a part, and the optimizer's state with it: a batch's rows are fetched from whom they belong to before it
/// goes forward, into tables of these rows alone that a program reads like any others; their gradients, summed over the batch, go back the
/// same way and are added there in the order of ranks.
/// </summary>
/// <remarks>
/// A rank asks for each distinct id of its batch once. The rows of an id in all tables travel in one record; so do its gradients, in the
/// order in which the rows were asked for, so that no id is sent a second time. Gradients may be rounded on the way, rows are not.
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class TableShards<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly BatchIds _ids;
    private readonly EmbeddingTable<T>[] _own;
    private readonly EmbeddingTable<T>[] _batch;
    private readonly bool[] _isFirst; // of the tables whose touched rows are found together
    private readonly int _rowWidth; // numbers of a record with the rows of all tables
    private readonly int _gradientWidth; // of those that are trained
    private readonly RecordExchange _records; // a record for each id: of the batch, and asked for by the others
    private readonly WirePrecision _wire; // of gradients
    private readonly NativeBuffer<T> _row; // an id's gradients, where they are rounded on the way
    private NativeBuffer<int> _wanted = new(0); // ids of this rank that the others ask for, rank after rank
    private NativeBuffer<T> _outgoing = new(0);
    private NativeBuffer<T> _incoming = new(0);

    /// <summary>Deals out the tables of a family.</summary>
    /// <param name="ranks">Whom to.</param>
    /// <param name="whole">The family over all ids.</param>
    /// <param name="own">The same over as many ids as a rank holds of each column.</param>
    /// <param name="program">The same over as many as a rank's batch can have: the program that reads them.</param>
    public TableShards(IRanks ranks, Graph whole, Graph own, Program<T> program)
    {
        Map = new ShardMap(whole, own, program.Graph, ranks.Count);
        Own = new ParameterStore<T>(own, program.Store, ranks);
        _ids = new BatchIds(Map, program.Graph, program.Capacity);
        (_own, _batch) = ([.. Own.Embeddings], [.. program.Store.Embeddings]);
        for (var table = 0; table < _own.Length; table++)
            _own[table].PlanAs(_batch[table], program.Capacity);
        _isFirst = [.. _own.Select((e, i) => e.Groups > 0 && !_own.Take(i).Any(o => o.Groups > 0 && o.Slots == e.Slots))];
        _rowWidth = _own.Sum(e => e.Dimension);
        _gradientWidth = _own.Where(e => e.Groups > 0).Sum(e => e.Dimension);
        _wire = typeof(T) == typeof(float) ? ranks.Wire : WirePrecision.Float;
        _row = new NativeBuffer<T>(_gradientWidth);
        Whole = new WholeTables<T>(this, ranks);
        _records = new RecordExchange(ranks, _ids.Counts);
    }

    /// <summary>This rank's rows, beside the dense parameters that all have: what an optimizer changes.</summary>
    public ParameterStore<T> Own { get; }

    /// <summary>The tables by their numbers in whole ones.</summary>
    public WholeTables<T> Whole { get; }

    /// <summary>The ids of the batch as the program knows them, [B, F].</summary>
    public ReadOnlySpan<int> Ids => _ids.Ids;

    /// <summary>Its lists likewise.</summary>
    public ReadOnlySpan<int> Lists => _ids.Lists;

    /// <summary>Bytes held beside the rows.</summary>
    public long Bytes => _ids.Bytes + (sizeof(int) * _wanted.Length) + (sizeof(T) * (_outgoing.Length + _incoming.Length));

    /// <summary>Which rows are whose.</summary>
    internal ShardMap Map { get; }

    /// <summary>Fetches the rows of a batch; all ranks do.</summary>
    /// <param name="ids">Global ids [B, F].</param>
    /// <param name="lists">The lists that they name.</param>
    /// <param name="rows">B.</param>
    /// <param name="isToTrain">Whether it goes backward next; else rows that are deferred are brought up to date all at once.</param>
    public void Fetch(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int rows, bool isToTrain)
    {
        _ids.Take(ids, lists, rows);
        Ask();
        Touch();
        foreach (var table in _own)
            if (isToTrain)
                table.Deferred?.CatchUpTouched();
            else
                table.Deferred?.CatchUpAll();
        Answer();
    }

    /// <summary>Gives the gradients of the rows that were fetched last to whom they belong; all ranks do.</summary>
    public void Return()
    {
        Room(ref _outgoing, _records.Total, _gradientWidth);
        Room(ref _incoming, _records.ComingTotal, _gradientWidth);
        var isRounded = _wire != WirePrecision.Float;
        var length = _gradientWidth * (isRounded ? _wire.Bytes() : sizeof(T));
        for (long i = 0; i < _records.Total; i++)
        {
            var place = (byte*)_outgoing.Pointer + (i * length);
            PackGradients(Map.Of(_ids.Sorted[i]), _ids.Places[i], isRounded ? _row.Pointer : (T*)place);
            if (isRounded)
                WireNumbers.Pack(
                    _wire, new ReadOnlySpan<float>(_row.Pointer, _gradientWidth), new Span<ushort>(place, _gradientWidth));
        }

        _records.There(
            new ReadOnlySpan<byte>(_outgoing.Pointer, checked(_records.Total * length)),
            new Span<byte>(_incoming.Pointer, checked(_records.ComingTotal * length)), length);
        foreach (var table in _own)
            for (var group = 0; group < table.Groups; group++)
                new NativeSpan<T>(ref *table.TouchedGradientsAt(group), (long)table.TouchedCount(group) * table.Dimension).Clear();
        // Records come in the order of ranks.
        for (long i = 0; i < _records.ComingTotal; i++)
        {
            var place = (byte*)_incoming.Pointer + (i * length);
            if (isRounded)
                WireNumbers.Unpack(
                    _wire, new ReadOnlySpan<ushort>(place, _gradientWidth), new Span<float>(_row.Pointer, _gradientWidth));
            AddGradients(_wanted[i], isRounded ? _row.Pointer : (T*)place);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        _ids.Dispose();
        _wanted.Dispose();
        _outgoing.Dispose();
        _incoming.Dispose();
        _row.Dispose();
    }

    // Native memory that grows to what batches come to: the most that could be is many times as much.
    private static TNumber* Room<TNumber>(ref NativeBuffer<TNumber> buffer, int records, int width)
        where TNumber : unmanaged
    {
        var length = (long)records * width;
        if (buffer.Length < length)
        {
            buffer.Dispose();
            buffer = new NativeBuffer<TNumber>(length + (length / 4), MemoryContent.Unwritten);
        }

        return buffer.Pointer;
    }

    private void Ask()
    {
        _records.Tell();
        Room(ref _wanted, _records.ComingTotal, 1);
        _records.There(_ids.Sorted, _wanted, 1);
    }

    private void Touch()
    {
        for (var table = 0; table < _own.Length; table++)
            if (_isFirst[table])
                _own[table].ForgetTouched();
        for (long i = 0; i < _records.ComingTotal; i++)
        {
            var (vocabulary, within) = Find(_wanted[i]);
            for (var table = 0; table < _own.Length; table++)
                if (_isFirst[table] && Map.In(table, vocabulary) is { } first)
                    _own[table].Touch(first.Own + within);
        }
    }

    private void Answer()
    {
        var target = Room(ref _outgoing, _records.ComingTotal, _rowWidth);
        for (long i = 0; i < _records.ComingTotal; i++)
        {
            var (vocabulary, within) = Find(_wanted[i]);
            for (var table = 0; table < _own.Length; target += _own[table++].Dimension)
                if (Map.In(table, vocabulary) is { } first)
                    VectorMath.Copy(target, _own[table].RowAt(first.Own + within), _own[table].Dimension);
        }

        Room(ref _incoming, _records.Total, _rowWidth);
        _records.Back(_outgoing, _incoming, _rowWidth);
        var source = _incoming.Pointer;
        for (long i = 0; i < _records.Total; i++)
        {
            var vocabulary = Map.Of(_ids.Sorted[i]);
            for (var table = 0; table < _batch.Length; source += _batch[table++].Dimension)
                if (Map.In(table, vocabulary) is { } first)
                    VectorMath.Copy(_batch[table].RowAt(first.Batch + _ids.Places[i]), source, _batch[table].Dimension);
        }
    }

    private void PackGradients(int vocabulary, int place, T* target)
    {
        for (var table = 0; table < _batch.Length; table++)
        {
            if (_batch[table].Groups == 0)
                continue;
            var dimension = _batch[table].Dimension;
            var gradient = Map.In(table, vocabulary) is { } first ? _batch[table].TouchedGradientOf(first.Batch + place) : null;
            if (gradient != null)
                VectorMath.Copy(target, gradient, dimension);
            else
                new Span<T>(target, dimension).Clear();
            target += dimension;
        }
    }

    private void AddGradients(int id, T* source)
    {
        var (vocabulary, within) = Find(id);
        for (var table = 0; table < _own.Length; table++)
        {
            if (_own[table].Groups == 0)
                continue;
            var gradient = Map.In(table, vocabulary) is { } first ? _own[table].TouchedGradientOf(first.Own + within) : null;
            if (gradient != null)
                VectorMath.Add(gradient, source, _own[table].Dimension);
            source += _own[table].Dimension;
        }
    }

    private (int Vocabulary, int Within) Find(int id)
    {
        var vocabulary = Map.Of(id);
        return (vocabulary, Map.Within(vocabulary, id));
    }
}
