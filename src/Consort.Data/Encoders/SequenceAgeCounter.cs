using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Finds out how the times of a history's steps are written, and how the row's own, where the schema does not say; buckets of ages are
/// fixed. Rows are read once more to be encoded: ages are made of three cells.
/// </summary>
internal sealed class SequenceAgeCounter(Schema schema, int index) : ColumnCounter(
    schema.Fields[index], index, new MissingTexts(schema, schema.Fields[index]))
{
    private readonly SequenceAgeColumn _column = new(schema, index);
    private readonly TimeForms _own = new();
    private readonly TimeForms _others = new();
    private long _empty;

    public override int Beside => _column.Beside;

    public override Field FittedField => Field with { Format = _own.Of(Field) };

    public override bool Drafts => false;

    public override int Streams => 0;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++) Read(data, cells[rows.Rows[i]], rows.Rows[i], rows.Times[i]);
    }

    public override void CountBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<Cell> beside, CountedRows rows,
        ReadOnlySpan<DraftStream> draft)
    {
        var until = schema.Fields[Beside];
        if (until.Format != TimeFormat.Auto) return;
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var cell = beside[rows.Rows[i]];
            if (rows.Times[i] > 0 && TimeText.TryRead(cell.Of(data), until.Format, out _)) _others.See(cell.Of(data));
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row) => Read(data, cell, row, 0);

    private void Read(ReadOnlySpan<byte> data, Cell cell, int row, int times)
    {
        Span<Cell> some = stackalloc Cell[RowGroup.Capacity];
        var (cut, step) = (_column.Cut(data, cell), 0);
        if (cut.Count == 0) _empty += times;
        for (int n; (n = cut.Next(data, row, some, default)) > 0;)
        {
            foreach (var token in some[..n])
            {
                if (_column.ReadStep(data, token, row, ++step) != AgeColumn.NoTime && times > 0 && Field.Format == TimeFormat.Auto)
                    _own.See(token.Of(data));
            }
        }
    }

    public override void Merge(ColumnCounter other)
    {
        var that = (SequenceAgeCounter)other;
        _own.Add(that._own);
        _others.Add(that._others);
        _empty += that._empty;
    }

    public override void Keep(CounterState state)
    {
        _own.Keep(state);
        _others.Keep(state);
        state.Sum(ref _empty);
    }

    public override ColumnEncoder[] Fit(int minCount)
    {
        var fields = schema.Fields.ToArray();
        (fields[Index], fields[Beside]) = (FittedField, fields[Beside] with { Format = _others.Of(fields[Beside]) });
        return [new SequenceAgeColumn(schema with { Fields = fields }, Index) { Empty = _empty }];
    }

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) =>
        throw new InvalidOperationException($"column {Field.Name} is not drafted");
}
