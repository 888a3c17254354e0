using System.Globalization;
using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// What one worker has seen of one field in the training rows. The counters of all workers are merged and fitted; every result is the same
/// in whatever order rows were seen.
/// </summary>
internal abstract class ColumnCounter(Field field, int index, MissingTexts missing) : IDisposable
{
    protected Field Field { get; } = field;

    /// <summary>The field's place in the schema.</summary>
    protected int Index { get; } = index;

    protected MissingTexts Missing { get; } = missing;

    /// <summary>Another field whose cells it needs beside its own; −1 for none.</summary>
    public virtual int Beside => -1;

    /// <summary>The field as the training rows have made it: what they had to tell is told.</summary>
    public virtual Field FittedField => Field;

    /// <summary>What counts single tokens: itself, unless cells are lists.</summary>
    public virtual ColumnCounter Tokens => this;

    /// <summary>Counts the cells of the given rows of a group.</summary>
    public abstract void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows);

    /// <summary>Counts the cells of the given rows together with those of the field beside it, which need not be good.</summary>
    public virtual void CountBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<Cell> beside, ReadOnlySpan<int> rows)
    {
    }

    /// <summary>Checks the cells of rows that are not counted, as <see cref="Count"/> would.</summary>
    public void Check(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows)
    {
        if (TakesAll) return;
        foreach (var r in rows)
        {
            if (!Missing.Holds(data, cells[r])) CheckCell(data, cells[r], r);
        }
    }

    /// <summary>Whether any cell will do, as of tokens.</summary>
    protected virtual bool TakesAll => false;

    /// <summary>Throws <see cref="CellError"/> unless a cell that is not missing is what the field expects.</summary>
    protected virtual void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row) { }

    /// <summary>Takes over what another worker has seen.</summary>
    public abstract void Merge(ColumnCounter other);

    /// <summary>The columns this field gives.</summary>
    public abstract ColumnEncoder[] Fit(int minCount);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The counters that a schema's fields need, each its own; null where nothing is read.</summary>
    public static ColumnCounter?[] CreateAll(Schema schema) =>
        [.. schema.Fields.Select((f, i) => f.IsFeature ? Create(schema, i) : null)];

    /// <summary>The counter that a field needs.</summary>
    public static ColumnCounter Create(Schema schema, int index)
    {
        var field = schema.Fields[index];
        var missing = new MissingTexts(schema, field);
        if (field.List is not null)
        {
            var isHashed = field.Transform.Kind == TransformKind.Hash;
            ColumnCounter tokens = isHashed ? new NothingCounter(field, index, missing) : new TokenCounter(field, index, missing);
            return new ListCounter(field, index, missing, new ListCutter(schema, field, missing), tokens);
        }
        return field switch
        {
            { Kind: FieldKind.Time } => new TimeCounter(schema, index, missing),
            { Kind: FieldKind.Boolean } => new BooleanCounter(field, index, missing),
            { Derive.Count: > 0 } => new CodeCounter<TimeCode>(field, index, missing,
                [.. field.Derive.Select(part => new TimeCode(part, field.WrittenAs, default))]),
            { Kind: FieldKind.Categorical, Transform.Kind: TransformKind.Hash } => new NothingCounter(field, index, missing),
            { Kind: FieldKind.Categorical } => new TokenCounter(field, index, missing),
            { Transform.Kind: TransformKind.Log2Buckets } => new CodeCounter<BucketCode>(field, index, missing, [default]),
            { Transform.Kind: TransformKind.QuantileBuckets or TransformKind.Piecewise } => new QuantileCounter(field, index, missing),
            _ => new NumberCounter(field, index, missing),
        };
    }

    protected static void AddText(TokenTable table, long number, long count)
    {
        if (count == 0) return;
        Span<byte> text = stackalloc byte[24];
        number.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        ref var value = ref table.At(text[..length]);
        value = (int)Math.Min(int.MaxValue, value + count);
    }
}

/// <summary>Counts tokens.</summary>
internal sealed class TokenCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    private readonly TokenTable _table = new();

    protected override bool TakesAll => true;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows)
    {
        var table = _table;
        var tokens = 0;
        Span<TokenProbe> probes = stackalloc TokenProbe[RowGroup.Capacity];
        foreach (var r in rows)
        {
            if (Missing.Holds(data, cells[r])) continue;
            ref var probe = ref probes[tokens++];
            probe = TokenProbe.Of(data, cells[r]);
            table.Prefetch(probe);
        }
        foreach (ref readonly var probe in probes[..tokens])
        {
            ref var count = ref table.At(probe, data);
            if (count != int.MaxValue) count++;
        }
    }

    public override void Merge(ColumnCounter other) => _table.Add(((TokenCounter)other.Tokens)._table);

    public override ColumnEncoder[] Fit(int minCount) => [new TokenColumn(Field.Name, Index, Missing, Vocabulary.From(_table, minCount))];

    public override void Dispose()
    {
        _table.Dispose();
        base.Dispose();
    }
}

/// <summary>Counts whole numbers, as each of the codes reads a cell: one for each column that the field gives.</summary>
/// <typeparam name="TCode">How a cell is read.</typeparam>
internal sealed class CodeCounter<TCode>(Field field, int index, MissingTexts missing, TCode[] codes) : ColumnCounter(field, index, missing)
    where TCode : struct, ICellCode
{
    private readonly long[] _counts = new long[codes.Length * CodeCounter.Common];
    private readonly TokenTable[] _tables = [.. codes.Select(_ => new TokenTable())];

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows)
    {
        foreach (var r in rows)
        {
            if (Missing.Holds(data, cells[r])) continue;
            for (var k = 0; k < codes.Length; k++)
            {
                if (!codes[k].TryRead(data, cells[r], out var x)) throw new CellError(r, codes[k].ExpectedFor(cells[r].Of(data)));
                var place = x - CodeCounter.Lowest;
                if ((ulong)place < CodeCounter.Common) _counts[k * CodeCounter.Common + place]++;
                else AddText(_tables[k], x, 1);
            }
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (!codes[0].TryRead(data, cell, out _)) throw new CellError(row, codes[0].ExpectedFor(cell.Of(data)));
    }

    public override void Merge(ColumnCounter other)
    {
        var that = (CodeCounter<TCode>)other;
        for (var i = 0; i < _counts.Length; i++) _counts[i] += that._counts[i];
        for (var k = 0; k < codes.Length; k++) _tables[k].Add(that._tables[k]);
    }

    public override ColumnEncoder[] Fit(int minCount) => Fit(minCount, codes, Field.TokenColumns);

    /// <summary>The columns, of names of their own, which read cells by other codes for the same.</summary>
    public ColumnEncoder[] Fit(int minCount, IEnumerable<TCode> fitted, IReadOnlyList<string> names) => [.. fitted.Select((code, k) =>
    {
        for (var i = 0; i < CodeCounter.Common; i++) AddText(_tables[k], i + CodeCounter.Lowest, _counts[k * CodeCounter.Common + i]);
        return new CodeColumn<TCode>(names[k], Index, Missing, Vocabulary.From(_tables[k], minCount), code);
    })];

    public override void Dispose()
    {
        foreach (var table in _tables) table.Dispose();
        base.Dispose();
    }
}

/// <summary>The whole numbers that are counted and looked up without a text.</summary>
internal static class CodeCounter
{
    public const int Lowest = -64;

    /// <summary>How many; the greatest is more than any bucket, floor(ln(10^18)²).</summary>
    public const int Common = 1800 - Lowest;
}

/// <summary>Counts numbers.</summary>
internal sealed class NumberCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    private readonly NumberTally _tally = new();

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows)
    {
        foreach (var r in rows)
        {
            if (!Missing.Holds(data, cells[r])) _tally.Add(Read(cells[r].Of(data), r));
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row) => Read(cell.Of(data), row);

    public override void Merge(ColumnCounter other) => _tally.Add(((NumberCounter)other)._tally);

    public override ColumnEncoder[] Fit(int minCount) =>
        [new NumberColumn(Field.Name, Index, Missing, Field.Transform.Kind, Field.Outside, _tally.Facts())];

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

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows)
    {
        foreach (var r in rows)
        {
            if (Missing.Holds(data, cells[r])) continue;
            var cell = cells[r].Of(data);
            if (!NumberParser.TryNumber(cell, out var x)) throw new CellError(r, NumberColumn.ExpectedFor(cell));
            // −0 and 0 are one value.
            var bits = x == 0 ? 0 : BitConverter.DoubleToUInt64Bits(x) >> DroppedBits << DroppedBits;
            ref var count = ref _table.At(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in bits)));
            if (count != int.MaxValue) count++;
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (!NumberParser.TryNumber(cell.Of(data), out _)) throw new CellError(row, NumberColumn.ExpectedFor(cell.Of(data)));
    }

    public override void Merge(ColumnCounter other) => _table.Add(((QuantileCounter)other)._table);

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

    public override void Dispose()
    {
        _table.Dispose();
        base.Dispose();
    }
}

/// <summary>For hashed tokens there is nothing to count.</summary>
internal sealed class NothingCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    protected override bool TakesAll => true;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<int> rows) { }

    public override void Merge(ColumnCounter other) { }

    public override ColumnEncoder[] Fit(int minCount) => [new HashColumn(Field.Name, Index, Missing, Field.Transform.Count)];
}
