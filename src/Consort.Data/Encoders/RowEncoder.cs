using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>What is made of the labels of rows.</summary>
internal enum LabelUse
{
    /// <summary>Each row must have one.</summary>
    Required,

    /// <summary>A row may lack one, and then has 0.</summary>
    MayBeEmpty,

    /// <summary>Nobody looks at them, and every row has 0.</summary>
    PassedOver,
}

/// <summary>Encodes groups of rows into fixed-stride rows: ids, numbers, the label, 4 bytes each. One for each thread.</summary>
/// <param name="encoder">The fitted encoder.</param>
/// <param name="use">What is made of the labels.</param>
internal sealed class RowEncoder(Encoder encoder, LabelUse use)
{
    private readonly LabelReader _labels = new(encoder.Schema);
    private readonly RowMarks _marks = new(encoder.Schema, readsWeights: use != LabelUse.MayBeEmpty);
    private readonly int _labelAt = 4 * (encoder.Space.Categorical.Count + encoder.Space.Numeric.Count);

    /// <summary>The lists of the group's rows, where their ids of list columns say.</summary>
    public ListBuffer Lists { get; } = new();

    /// <summary>Writes the rows of a group, <paramref name="stride"/> bytes apart; rows without labels get 0.</summary>
    /// <param name="rows">The group.</param>
    /// <param name="target">Where its rows go.</param>
    /// <param name="stride">Bytes of a row.</param>
    /// <param name="weightAt">Where in a row its weight is, or −1.</param>
    /// <param name="groupAt">Where the hash of its group is, or −1.</param>
    /// <exception cref="CellError">A cell is not what its column expects.</exception>
    public void Encode(RowCursor rows, Span<byte> target, int stride, int weightAt = -1, int groupAt = -1)
    {
        var group = rows.Group;
        var data = rows.Data;
        if (target.Length < group.Rows * (long)stride || stride < _labelAt + 4)
            throw new ArgumentException($"found {target.Length} bytes, expected {group.Rows} rows of {stride}", nameof(target));
        var encoded = target;
        var label = target[_labelAt..];
        if (Reads(rows.Layout)) _labels.Read(data, group.Held(rows.Layout.Label), label, stride, use == LabelUse.MayBeEmpty);
        else for (var r = 0; r < group.Rows; r++) ColumnEncoder.Put(label, r, stride, 0f);
        _marks.Read(rows, target, stride, weightAt, groupAt);
        Lists.Clear();
        foreach (var column in encoder.Columns)
        {
            if (column is IGeneratedColumn) { }
            else if (column is SequenceAgeColumn ages) ages.Encode(rows, target, stride, Lists);
            else if (column is RaggedColumn list) list.Encode(data, group.Held(column.Field), target, stride, Lists);
            else if (column.Beside < 0) column.Encode(data, group.Held(column.Field), target, stride);
            else column.EncodeBeside(data, group.Held(column.Field), group.Held(column.Beside), target, stride);
            target = target[4..];
        }
        if (encoder.HasGenerated) encoder.Generate(encoded, group.Rows, stride, Lists.Numbers);
    }

    /// <summary>The fields that are read, for <see cref="FirstBadCell"/>; what is read goes nowhere.</summary>
    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows)
    {
        var nothing = new byte[RowGroup.Capacity * 4];
        if (Reads(rows.Layout))
            yield return (rows.Layout.Label, count =>
                _labels.Read(rows.Data, rows.Group.Held(rows.Layout.Label)[..count], nothing, 4, use == LabelUse.MayBeEmpty));
        foreach (var column in encoder.Columns.Where(c => c is not IGeneratedColumn))
        {
            if (column is SequenceAgeColumn ages) yield return (column.Field, count => ages.Look(rows, count));
            else
                yield return (column.Field, count =>
                    column.Encode(rows.Data, rows.Group.Held(column.Field)[..count], nothing, 4));
        }
        foreach (var look in _marks.Looks(rows)) yield return look;
        foreach (var column in encoder.Columns.Where(c => c.Beside >= 0))
            yield return (column.Beside, count => column.LookBeside(rows.Data, rows.Group.Held(column.Beside)[..count]));
    }

    private bool Reads(Layout layout) => layout.HasLabel && use != LabelUse.PassedOver;
}
