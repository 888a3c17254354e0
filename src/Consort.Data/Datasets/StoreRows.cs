using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Encodes the rows of one thread and deals them to the splits.</summary>
internal sealed class StoreRows(
    Encoder encoder, SplitAssigner splits, SplitWriter writer, TruthFiles? truth, LabelUse labels) : IRowConsumer
{
    private readonly RowEncoder _encoder = new(encoder, labels);
    private readonly int _labelAt = 4 * (encoder.Space.IdsPerRow + encoder.Space.Numeric.Count);
    private readonly byte[] _rows = new byte[RowGroup.Capacity * RowBytes(encoder.Space, truth is not null)];
    private EncodedBlock? _block;
    private float[] _truth = [];

    /// <summary>Bytes of a stored row: ids, numbers, the label and, where known, the true probability.</summary>
    public static int RowBytes(Schemas.FeatureSpace space, bool hasTruth) =>
        4 * (space.IdsPerRow + space.Numeric.Count + (hasTruth ? 2 : 1));

    public void Prepare() => _block ??= writer.Rent();

    public void Take(RowCursor rows)
    {
        Span<byte> dealt = stackalloc byte[RowGroup.Capacity];
        var (count, rowBytes) = (rows.Group.Rows, _rows.Length / RowGroup.Capacity);
        if (truth is not null && rows.First == 0) _truth = truth.Read(rows.Block.Source, rows.Block.FirstRow, rows.Block.Rows);
        _encoder.Encode(rows, _rows, rowBytes);
        splits.Assign(rows, dealt);
        for (var r = 0; r < count; r++)
        {
            if (dealt[r] == SplitAssigner.LeftOut) continue;
            var row = _rows.AsSpan(r * rowBytes, rowBytes);
            if (truth is not null) MemoryMarshal.Write(row[(_labelAt + 4)..], _truth[rows.First + r]);
            row.CopyTo(_block!.Add(dealt[r], rowBytes, MemoryMarshal.Read<float>(row[_labelAt..]) != 0));
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
