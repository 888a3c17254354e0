using System.IO.Hashing;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Datasets;

/// <summary>The column by which rows are dealt.</summary>
internal sealed class SplitColumn
{
    private const string Expected = "a time, by which rows are dealt to the splits";
    private readonly Field _field;
    private readonly MissingTexts _missing;
    private readonly TimeSplit? _time;
    private readonly long _validFrom;
    private readonly long _testFrom;
    private readonly long _gap;
    private readonly HashSet<long> _leaveOut;

    private SplitColumn(SplitPlan plan, Schema schema, int field)
    {
        (Field, _field, _time) = (field, schema.Fields[field], plan.Time);
        _missing = new MissingTexts(schema, _field);
        (_validFrom, _testFrom) = (_time?.ValidFrom?.Ticks ?? long.MaxValue, _time?.TestFrom?.Ticks ?? long.MaxValue);
        _gap = (long)((_time?.Gap ?? 0) * TimeSpan.TicksPerDay);
        _leaveOut = [.. _time?.LeaveOut.Select(day => (long)day.DayNumber) ?? []];
    }

    /// <summary>Its place in the schema.</summary>
    public int Field { get; }

    /// <summary>The column that a plan names; null where none decides.</summary>
    /// <exception cref="ConsortException">The schema has none such.</exception>
    public static SplitColumn? Of(SplitPlan plan, Schema schema)
    {
        if (plan.Kind is not (SplitKind.ByTime or SplitKind.ByColumn)) return null;
        var name = plan.Time?.Column ?? plan.Column;
        var fields = schema.Fields.ToList();
        if (name is null && !schema.HasGroups)
            throw new ConsortException("split: found by: group, but no field of kind group in the schema, expected one, or column: FIELD");
        var at = name is null ? fields.FindIndex(f => f.MarksGroups) : fields.FindIndex(f => f.Name == name);
        var hint = at >= 0 ? "" : NearestWord.Hint(name!, fields.Select(f => f.Name));
        if (at < 0)
            throw new ConsortException($"split: found no field named {name} in the schema, expected one of its fields{hint}") { Key = SplitWords.Column };
        var field = fields[at];
        if (plan.Kind == SplitKind.ByTime && field.Kind != FieldKind.Time && field.Derive.Count == 0)
            throw new ConsortException($"split: found by: time with column {name} of kind {Words.Of(field.Kind)}, expected a field of kind time") { Key = SplitWords.Column };
        if (!field.IsRead || field.Kind == FieldKind.Label)
            throw new ConsortException($"split: found column {name} of kind {Words.Of(field.Kind)}, whose texts decide nothing; where it is no feature, make it kind: group") { Key = SplitWords.Column };
        return new SplitColumn(plan, schema, at);
    }

    /// <summary>What the split of a row is drawn by: its text, or its number where it has none.</summary>
    public ulong Key(RowCursor rows, int row, long number)
    {
        var cell = rows.Group.Held(Field)[row];
        return _missing.Holds(rows.Data, cell) ? (ulong)number : XxHash3.HashToUInt64(cell.Of(rows.Data));
    }

    /// <summary>Deals rows by their time.</summary>
    /// <exception cref="CellError">A row has none.</exception>
    public void Deal(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> splits)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            if (_missing.Holds(data, cells[r]) || !TimeText.TryRead(cells[r].Of(data), _field.WrittenAs, out var time))
                throw new CellError(r, Expected);
            time += _field.Zone.Ticks;
            var isLeftOut = IsBefore(time, _validFrom) || IsBefore(time, _testFrom) || _leaveOut.Contains(time / TimeSpan.TicksPerDay);
            splits[r] = isLeftOut ? SplitAssigner.LeftOut : (byte)(time >= _testFrom ? 2 : time >= _validFrom ? 1 : 0);
        }
    }

    private bool IsBefore(long time, long start) => start != long.MaxValue && time < start && time >= start - _gap;
}
