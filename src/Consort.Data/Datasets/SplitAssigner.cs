using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>
/// Says for each row of a block which split it belongs to; a pure function of the plan, the row's number and what stands in it. One for all
/// threads.
/// </summary>
internal sealed class SplitAssigner
{
    /// <summary>Of a row that belongs to none.</summary>
    public const byte LeftOut = 255;

    private readonly SplitPlan _plan;
    private readonly ulong _trainBelow;
    private readonly ulong _validBelow;
    private readonly ulong _sampledBelow;
    private readonly long _trainRows;
    private readonly long _validRows;
    private readonly SplitColumn? _column;
    private readonly LabelReader? _labels; // where it matters for the split

    /// <param name="plan">The plan.</param>
    /// <param name="totalRows">All rows, needed for <see cref="SplitKind.InOrder"/> only.</param>
    /// <param name="schema">What the rows are.</param>
    /// <exception cref="ConsortException">The schema has no such column as the plan names.</exception>
    public SplitAssigner(SplitPlan plan, long totalRows, Schema schema)
    {
        _plan = plan;
        double train = plan.TrainShare, valid = plan.TrainShare + plan.ValidShare;
        _trainBelow = Threshold(train);
        _validBelow = plan.TestShare == 0 ? ulong.MaxValue : Threshold(valid);
        _trainRows = (long)Math.Round(totalRows * train);
        _validRows = plan.TestShare == 0 ? totalRows : (long)Math.Round(totalRows * valid);
        _column = SplitColumn.Of(plan, schema);
        if (plan.Sample is not { Share: < 1 } sample) return;
        _sampledBelow = Threshold(sample.Share);
        _labels = new LabelReader(schema);
    }

    /// <summary>Fills in the split (0 train, 1 valid, 2 test, <see cref="LeftOut"/>) of each row of a group.</summary>
    /// <exception cref="CellError">A cell that decides does not tell.</exception>
    public void Assign(RowCursor rows, Span<byte> splits)
    {
        var row = rows.Block.FirstRowOfAll + rows.First;
        splits = splits[..rows.Group.Rows];
        switch (_plan.Kind)
        {
            case SplitKind.Given:
                splits.Fill((byte)_plan.FileSplits[rows.Block.Source]);
                break;
            case SplitKind.InOrder:
                for (var i = 0; i < splits.Length; i++) splits[i] = (byte)(row + i < _trainRows ? 0 : row + i < _validRows ? 1 : 2);
                break;
            case SplitKind.ByTime:
                _column!.Deal(rows.Data, rows.Group.Held(_column.Field), splits);
                break;
            default:
                for (var i = 0; i < splits.Length; i++)
                {
                    var hash = KeyedHash.Mix(_plan.Seed, _column is null ? (ulong)(row + i) : _column.Key(rows, i, row + i));
                    splits[i] = (byte)(hash <= _trainBelow ? 0 : hash <= _validBelow ? 1 : 2);
                }
                break;
        }
        if (_labels is not null) Sample(rows, splits, row);
    }

    /// <summary>Whether a field decides, but for the label.</summary>
    public bool Reads(int field) => _column?.Field == field;

    /// <summary>The fields that decide, for <see cref="FirstBadCell"/>.</summary>
    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows)
    {
        if (_plan.Kind == SplitKind.ByTime)
            yield return (_column!.Field, count => _column.Deal(rows.Data, rows.Group.Held(_column.Field)[..count], new byte[count]));
    }

    // A label that is none is told of by who reads labels.
    private void Sample(RowCursor rows, Span<byte> splits, long row)
    {
        Span<float> labels = stackalloc float[RowGroup.Capacity];
        _labels!.Read(rows.Data, rows.Group.Held(rows.Layout.Label)[..splits.Length], MemoryMarshal.AsBytes(labels), 4);
        for (var i = 0; i < splits.Length; i++)
        {
            if (splits[i] != 0 || labels[i] != 0) continue;
            if (KeyedHash.Mix(~_plan.Sample!.Seed, (ulong)(row + i)) > _sampledBelow) splits[i] = LeftOut;
        }
    }

    private static ulong Threshold(double share) => share >= 1 ? ulong.MaxValue : (ulong)(share * 18446744073709551616.0);
}
