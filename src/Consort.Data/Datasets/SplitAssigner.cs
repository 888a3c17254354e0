using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Says for each row of a block which split it belongs to; a pure function of the plan and the row's number.</summary>
internal sealed class SplitAssigner
{
    private readonly SplitPlan _plan;
    private readonly ulong _trainBelow;
    private readonly ulong _validBelow;
    private readonly long _trainRows;
    private readonly long _validRows;

    /// <param name="plan">The plan.</param>
    /// <param name="totalRows">All rows, needed for <see cref="SplitKind.InOrder"/> only.</param>
    public SplitAssigner(SplitPlan plan, long totalRows)
    {
        _plan = plan;
        double train = plan.TrainShare, valid = plan.TrainShare + plan.ValidShare;
        _trainBelow = Threshold(train);
        _validBelow = plan.TestShare == 0 ? ulong.MaxValue : Threshold(valid);
        _trainRows = (long)Math.Round(totalRows * train);
        _validRows = plan.TestShare == 0 ? totalRows : (long)Math.Round(totalRows * valid);
    }

    /// <summary>Fills in the split (0 train, 1 valid, 2 test) of each row of a group.</summary>
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
                for (var i = 0; i < splits.Length; i++, row++) splits[i] = (byte)(row < _trainRows ? 0 : row < _validRows ? 1 : 2);
                break;
            default:
                for (var i = 0; i < splits.Length; i++, row++)
                {
                    var hash = KeyedHash.Mix(_plan.Seed, (ulong)row);
                    splits[i] = (byte)(hash <= _trainBelow ? 0 : hash <= _validBelow ? 1 : 2);
                }
                break;
        }
    }

    private static ulong Threshold(double share) => share >= 1 ? ulong.MaxValue : (ulong)(share * 18446744073709551616.0);
}
