using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Counts numbers.</summary>
internal sealed class NumberCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    private readonly NumberTally _tally = new();

    public override int Streams => DraftNumbers.Streams;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var r = rows.Rows[i];
            var x = Missing.Holds(data, cells[r]) ? DraftNumbers.Missing : Read(cells[r].Of(data), r);
            if (rows.Times[i] > 0 && !double.IsNaN(x)) _tally.Add(x);
            DraftNumbers.Add(draft, x);
        }
    }

    // No whole number of 18 digits is too great for a float.
    public override bool TakesNumbers => true;

    public override void Count(ReadOnlySpan<long> numbers, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var number = numbers[rows.Rows[i]];
            var isMissing = Missing.Holds(number);
            if (rows.Times[i] > 0 && !isMissing) _tally.Add(number);
            DraftNumbers.Add(draft, isMissing ? DraftNumbers.Missing : number);
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row) => Read(cell.Of(data), row);

    public override void Merge(ColumnCounter other) => _tally.Add(((NumberCounter)other)._tally);

    public override void Keep(CounterState state) => _tally.Keep(state);

    public override ColumnEncoder[] Fit(int minCount) =>
        [new NumberColumn(Field.Name, Index, Missing, Field.Transform.Kind, Field.Outside, _tally.Facts())];

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) =>
        [new DraftedNumbers((INumberColumn)columns[0], stream)];

    // A number that stays as it is has to be one that a float can hold.
    private double Read(ReadOnlySpan<byte> cell, int row)
    {
        if (!NumberParser.TryNumber(cell, out var x)) throw new CellError(row, NumberColumn.ExpectedFor(cell));
        return Field.Transform.Kind == TransformKind.None && Math.Abs(x) > float.MaxValue
            ? throw new CellError(row, "a number within the range of a 32-bit float")
            : x;
    }
}

/// <summary>
/// Counts values kept to 18 bits of mantissa (whole numbers up to 524,288 exactly, others to 4 millionths), which bounds memory by the
/// range of the values and not by the rows; quantiles of those are exact.
/// </summary>
internal sealed class QuantileCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    private const int DroppedBits = 52 - 18;
    private readonly TokenTable _table = new();

    public override int Streams => DraftNumbers.Streams;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var r = rows.Rows[i];
            var cell = cells[r].Of(data);
            var x = DraftNumbers.Missing;
            if (!Missing.Holds(data, cells[r]))
            {
                if (!NumberParser.TryNumber(cell, out x)) throw new CellError(r, NumberColumn.ExpectedFor(cell));
                if (rows.Times[i] > 0) Count(x);
            }
            DraftNumbers.Add(draft, x);
        }
    }

    public override bool TakesNumbers => true;

    public override void Count(ReadOnlySpan<long> numbers, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var number = numbers[rows.Rows[i]];
            var isMissing = Missing.Holds(number);
            if (rows.Times[i] > 0 && !isMissing) Count(number);
            DraftNumbers.Add(draft, isMissing ? DraftNumbers.Missing : number);
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (!NumberParser.TryNumber(cell.Of(data), out _)) throw new CellError(row, NumberColumn.ExpectedFor(cell.Of(data)));
    }

    public override void Merge(ColumnCounter other) => _table.Add(((QuantileCounter)other)._table);

    public override void Keep(CounterState state) => state.Tokens(
        take =>
        {
            foreach (var place in _table.Scattered()) take(_table.TokenAt(place), _table.ValueAt(place));
        },
        (token, times) =>
        {
            ref var count = ref _table.At(token);
            count = (int)Math.Min(int.MaxValue, count + times);
        });

    public override ColumnEncoder[] Fit(int minCount)
    {
        var values = new List<(double Value, int Count)>();
        long total = 0;
        for (var place = _table.Next(0); place >= 0; place = _table.Next(place + 1))
        {
            values.Add((BitConverter.UInt64BitsToDouble(_table.KeyAt(place)), _table.ValueAt(place)));
            total += _table.ValueAt(place);
        }
        values.Sort();
        if (Field.Transform.Kind == TransformKind.Piecewise)
            return [new PiecewiseColumn(Field.Name, Index, Missing, PiecewiseColumn.KnotsOf(values, Field.Transform.Count))];
        var boundaries = new List<double>();
        long below = 0;
        int buckets = Field.Transform.Count, next = 1;
        foreach ((var value, var count) in values)
        {
            below += count;
            if (next >= buckets || below * (double)buckets < total * (double)next) continue;
            while (next < buckets && below * (double)buckets >= total * (double)next) next++;
            if (below < total) boundaries.Add(value);
        }
        return [new QuantileColumn(Field.Name, Index, Missing, [.. boundaries])];
    }

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) =>
        [columns[0] is PiecewiseColumn places ? new DraftedPlaces(places, stream) : new DraftedNumbers((INumberColumn)columns[0], stream)];

    public override void Dispose()
    {
        _table.Dispose();
        base.Dispose();
    }

    private void Count(double x)
    {
        // −0 and 0 are one value.
        var bits = x == 0 ? 0 : BitConverter.DoubleToUInt64Bits(x) >> DroppedBits << DroppedBits;
        ref var count = ref _table.At(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in bits)));
        if (count != int.MaxValue) count++;
    }
}
