using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Deals the encoded rows of one thread to the splits.</summary>
internal sealed class RowDealer(FeatureSpace space, SplitWriter writer, TruthFiles? truth)
{
    private readonly (int Column, ListShape Shape)[] _lists =
        [.. space.Categorical.Select((c, i) => (i, c.List)).Where(c => c.List is not null).Select(c => (c.i, c.List!))];
    private EncodedBlock? _block;
    private float[] _truth = [];
    private byte[]? _rows;

    public RowLayout Layout { get; } = new(space, truth is not null);

    /// <summary>Room for the rows of a group.</summary>
    public Span<byte> Rows => _rows ??= new byte[RowGroup.Capacity * Layout.Bytes];

    /// <summary>Waits for a buffer.</summary>
    public void Prepare() => _block ??= writer.Rent();

    /// <summary>Begins a block.</summary>
    public void Begin(int source, long firstRow, int rows)
    {
        if (truth is not null) _truth = truth.Read(source, firstRow, rows);
    }

    /// <summary>Deals rows to a split.</summary>
    /// <param name="at">Its place in the room.</param>
    /// <param name="split">The split.</param>
    /// <param name="row">Its place in the block.</param>
    /// <param name="lists">The lists that its ids say.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Deal(int at, int split, int row, ReadOnlySpan<int> lists)
    {
        var encoded = Rows.Slice(at * Layout.Bytes, Layout.Bytes);
        if (truth is not null) MemoryMarshal.Write(encoded[Layout.TruthAt..], _truth[row]);
        if (_lists.Length > 0) MoveLists(encoded, split, lists);
        encoded.CopyTo(_block!.Add(split, Layout.Bytes, MemoryMarshal.Read<float>(encoded[Layout.LabelAt..]) != 0));
    }

    /// <summary>Hands the block in.</summary>
    public void Finish(long block)
    {
        var done = _block!;
        _block = null;
        writer.Submit(block, done);
    }

    // The row's lists go behind those of its split, and its ids say where from the first of them on.
    private void MoveLists(Span<byte> row, int split, ReadOnlySpan<int> lists)
    {
        var ids = MemoryMarshal.Cast<byte, int>(row[..Layout.NumericAt]);
        var from = _block!.Lists(split).Length;
        MemoryMarshal.Write(row[Layout.ListsAt..], (long)from);
        foreach (var (column, shape) in _lists)
        {
            var list = lists[ids[column]..];
            list = list[..shape.RoomOf(list[0])];
            ids[column] = _block.Lists(split).Length - from;
            _block.AddList(split, list);
        }
    }
}
