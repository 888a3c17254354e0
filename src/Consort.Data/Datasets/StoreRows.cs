using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Encodes the rows of one thread and deals them to the splits.</summary>
internal sealed class StoreRows(
    Encoder encoder, SplitAssigner splits, SplitWriter writer, TruthFiles? truth, LabelUse labels) : IRowConsumer
{
    private readonly RowEncoder _encoder = new(encoder, labels);
    private readonly RowLayout _layout = new(encoder.Space, truth is not null);
    private readonly byte[] _rows = new byte[RowGroup.Capacity * new RowLayout(encoder.Space, truth is not null).Bytes];
    private readonly (int Column, Schemas.ListShape Shape)[] _lists =
        [.. encoder.Space.Categorical.Select((c, i) => (i, c.List)).Where(c => c.List is not null).Select(c => (c.i, c.List!))];
    private EncodedBlock? _block;
    private float[] _truth = [];

    public void Prepare() => _block ??= writer.Rent();

    public void Take(RowCursor rows)
    {
        Span<byte> dealt = stackalloc byte[RowGroup.Capacity];
        var (count, rowBytes) = (rows.Group.Rows, _layout.Bytes);
        if (truth is not null && rows.First == 0) _truth = truth.Read(rows.Block.Source, rows.Block.FirstRow, rows.Block.Rows);
        _encoder.Encode(rows, _rows, rowBytes, _layout.WeightAt, _layout.GroupAt);
        splits.Assign(rows, dealt);
        for (var r = 0; r < count; r++)
        {
            if (dealt[r] == SplitAssigner.LeftOut) continue;
            var row = _rows.AsSpan(r * rowBytes, rowBytes);
            if (truth is not null) MemoryMarshal.Write(row[_layout.TruthAt..], _truth[rows.First + r]);
            if (_lists.Length > 0) MoveLists(row, dealt[r]);
            row.CopyTo(_block!.Add(dealt[r], rowBytes, MemoryMarshal.Read<float>(row[_layout.LabelAt..]) != 0));
        }
    }

    // The row's lists go behind those of its split, and its ids say where from the first of them on.
    private void MoveLists(Span<byte> row, int split)
    {
        var ids = MemoryMarshal.Cast<byte, int>(row[.._layout.NumericAt]);
        var from = _block!.Lists(split).Length;
        MemoryMarshal.Write(row[_layout.ListsAt..], (long)from);
        foreach (var (column, shape) in _lists)
        {
            var list = _encoder.Lists.Numbers[ids[column]..];
            list = list[..shape.RoomOf(list[0])];
            ids[column] = _block.Lists(split).Length - from;
            _block.AddList(split, list);
        }
    }

    public void Finish(Block block)
    {
        var done = _block!;
        _block = null;
        writer.Submit(block.Index, done);
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => _encoder.Looks(rows).Concat(splits.Looks(rows));
}
