using System.IO.Hashing;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Reads what rows carry that no model sees: how much they count, and what group they belong to.</summary>
internal sealed class RowMarks
{
    private const string ExpectedWeight = $"the row's weight, a finite number of at least 0 ({FieldList.WeightRange})";
    private readonly int _weight;
    private readonly int _group;
    private readonly MissingTexts? _noGroup;

    /// <param name="schema">What the rows are.</param>
    /// <param name="readsWeights">Whether weights are read; otherwise every row has 1.</param>
    public RowMarks(Schema schema, bool readsWeights)
    {
        var fields = schema.Fields.ToList();
        _weight = readsWeights ? fields.FindIndex(f => f.Kind == FieldKind.Weight) : -1;
        _group = fields.FindIndex(f => f.MarksGroups);
        _noGroup = _group < 0 ? null : new MissingTexts(schema, fields[_group]);
    }

    /// <summary>Whether a field is read.</summary>
    public bool Reads(int field) => field == _weight || field == _group;

    /// <summary>Writes the marks of a group of rows, <paramref name="stride"/> bytes apart.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="stride">Bytes of a row.</param>
    /// <param name="weightAt">Where in a row its weight is, or −1.</param>
    /// <param name="groupAt">Where the hash of its group is, or −1.</param>
    /// <exception cref="CellError">A weight is none.</exception>
    public void Read(RowCursor rows, Span<byte> target, int stride, int weightAt, int groupAt)
    {
        var count = rows.Group.Rows;
        for (var r = 0; r < count && weightAt >= 0; r++)
            ColumnEncoder.Put(target[weightAt..], r, stride, _weight < 0 ? 1 : Weight(rows, r));
        for (var r = 0; r < count && groupAt >= 0; r++)
            ColumnEncoder.Put(target[groupAt..], r, stride, Group(rows.Data, rows.Group.Held(_group)[r]));
    }

    /// <summary>The weight of a row, where rows have such; 1 otherwise.</summary>
    /// <exception cref="CellError">It is none.</exception>
    public float WeightOf(RowCursor rows, int row) => _weight < 0 ? 1 : Weight(rows, row);

    /// <summary>The fields that are read, for <see cref="FirstBadCell"/>.</summary>
    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows)
    {
        if (_weight >= 0)
        {
            yield return (_weight, count =>
            {
                for (var r = 0; r < count; r++) Weight(rows, r);
            }
            );
        }
    }

    // A source that has no such column, as rows without labels may, has rows that all count alike.
    private float Weight(RowCursor rows, int row)
    {
        var cell = rows.Group.Held(_weight)[row];
        if (cell.Length < 0) return 1;
        return NumberParser.TryDecimal(cell.Of(rows.Data), out var weight) && FieldList.IsWeight(weight)
            ? (float)weight : throw new CellError(row, ExpectedWeight);
    }

    private ulong Group(ReadOnlySpan<byte> data, Cell cell) =>
        _noGroup!.Holds(data, cell) ? 0 : Math.Max(1, XxHash3.HashToUInt64(cell.Of(data)));
}
