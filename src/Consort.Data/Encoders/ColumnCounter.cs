using System.Runtime.CompilerServices;
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

    /// <summary>
    /// Whether what it drafts tells the fitted columns all that they would read in the cells. Otherwise the rows are read once more.
    /// </summary>
    public virtual bool Drafts => true;

    /// <summary>How many streams a draft has.</summary>
    public virtual int Streams => 1;

    /// <summary>Counts the cells of the given rows of a group, and drafts what the fitted columns are to make of them.</summary>
    public abstract void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft);

    /// <summary>Whether it counts whole numbers as it would their texts, and none of at most 18 digits is a mistake.</summary>
    public virtual bool TakesNumbers => false;

    /// <summary>Counts <see cref="CellNumbers"/> likewise.</summary>
    public virtual void Count(ReadOnlySpan<long> numbers, CountedRows rows, ReadOnlySpan<DraftStream> draft) =>
        throw new InvalidOperationException($"column {Field.Name} is counted by its texts");

    /// <summary>Counts the cells of the given rows together with those of the field beside it, which need not be good.</summary>
    public virtual void CountBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<Cell> beside, CountedRows rows,
        ReadOnlySpan<DraftStream> draft)
    {
    }

    /// <summary>What the fitted columns make of drafts of this counter, which may have been merged into another one.</summary>
    /// <param name="columns">The columns that the field gave.</param>
    /// <param name="stream">The first of the field's streams.</param>
    public abstract DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream);

    /// <summary>Checks the cells of rows that are neither counted nor drafted, as counting would.</summary>
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

    /// <summary>Writes what was seen, or adds what another process has written.</summary>
    public abstract void Keep(CounterState state);

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
        if (field.Ages is not null) return new SequenceAgeCounter(schema, index);
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
}

/// <summary>Rows of a group.</summary>
/// <param name="rows">Their places in the group.</param>
/// <param name="times">How often each is counted: once where it is for training, else not at all.</param>
internal readonly ref struct CountedRows(ReadOnlySpan<int> rows, ReadOnlySpan<int> times)
{
    public ReadOnlySpan<int> Rows { get; } = rows;

    public ReadOnlySpan<int> Times { get; } = times;
}

/// <summary>Counts tokens.</summary>
internal sealed class TokenCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    private readonly TokenCounts _counts = new();
    private TokenProbe[] _probes = []; // which a stack would have to clear for each group

    protected override bool TakesAll => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        var counts = _counts;
        var codes = draft[0].Take(rows.Rows.Length);
        var tokens = 0;
        if (_probes.Length < codes.Length) _probes = new TokenProbe[codes.Length];
        Span<TokenProbe> probes = _probes;
        for (var i = 0; i < codes.Length; i++)
        {
            var cell = cells[rows.Rows[i]];
            codes[i] = 0;
            if (Missing.Holds(data, cell)) continue;
            ref var probe = ref probes[tokens++];
            probe = TokenProbe.Of(data, cell, i);
            counts.Prefetch(probe);
        }
        foreach (ref readonly var probe in probes[..tokens])
        {
            var code = counts.CodeOf(probe, data);
            counts.Prefetch(code);
            codes[probe.Row] = code;
        }
        // That of the missing ones is nobody's.
        for (var i = 0; i < codes.Length; i++) counts.Add(codes[i], rows.Times[i]);
    }

    public override void Merge(ColumnCounter other) => _counts.Add(((TokenCounter)other.Tokens)._counts);

    public override void Keep(CounterState state) => _counts.Keep(state);

    public override ColumnEncoder[] Fit(int minCount) => [new TokenColumn(Field.Name, Index, Missing, _counts.Fit(minCount))];

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) =>
        [new DraftedIds(columns[0], stream, _counts.Ids())];

    public override void Dispose()
    {
        _counts.Dispose();
        base.Dispose();
    }
}

/// <summary>For hashed tokens there is nothing to count.</summary>
internal sealed class NothingCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    protected override bool TakesAll => true;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        var codes = draft[0].Take(rows.Rows.Length);
        for (var i = 0; i < codes.Length; i++)
        {
            var cell = cells[rows.Rows[i]];
            codes[i] = Missing.Holds(data, cell) ? 0 : 1 + HashColumn.Hash(cell.Of(data), Field.Transform.Count);
        }
    }

    public override void Merge(ColumnCounter other) { }

    public override void Keep(CounterState state) { }

    public override ColumnEncoder[] Fit(int minCount) => [new HashColumn(Field.Name, Index, Missing, Field.Transform.Count)];

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) => [new DraftedIds(columns[0], stream, null)];
}
