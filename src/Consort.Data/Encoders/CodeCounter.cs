using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Counts whole numbers, as each of the codes reads a cell: one for each column that the field gives.</summary>
/// <typeparam name="TCode">How a cell is read.</typeparam>
internal sealed class CodeCounter<TCode>(Field field, int index, MissingTexts missing, TCode[] codes) : ColumnCounter(field, index, missing)
    where TCode : struct, ICellCode
{
    private readonly long[] _counts = new long[codes.Length * CodeCounter.Common];
    private readonly TokenCounts[] _others = [.. codes.Select(_ => new TokenCounts())];
    private readonly int[][] _ids = new int[codes.Length][]; // of the common ones, once fitted
    private CodeCounter<TCode>? _mergedInto;

    public override int Streams => codes.Length;

    // What is drafted: 0 for a missing number, then the common ones, then those that have texts.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var k = 0; k < codes.Length; k++)
        {
            var drafted = draft[k].Take(rows.Rows.Length);
            var counts = _counts.AsSpan(k * CodeCounter.Common, CodeCounter.Common);
            for (var i = 0; i < drafted.Length; i++)
            {
                var r = rows.Rows[i];
                drafted[i] = 0;
                if (Missing.Holds(data, cells[r])) continue;
                if (!codes[k].TryRead(data, cells[r], out var x)) throw new CellError(r, codes[k].ExpectedFor(cells[r].Of(data)));
                drafted[i] = Add(k, counts, x, rows.Times[i]);
            }
        }
    }

    public override bool TakesNumbers => codes is [{ TakesNumbers: true }];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Count(ReadOnlySpan<long> numbers, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        var drafted = draft[0].Take(rows.Rows.Length);
        for (var i = 0; i < drafted.Length; i++)
        {
            var number = numbers[rows.Rows[i]];
            drafted[i] = Missing.Holds(number) ? 0 : Add(0, _counts, codes[0].Of(number), rows.Times[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Add(int column, Span<long> counts, long code, int times)
    {
        var place = code - CodeCounter.Lowest;
        if ((ulong)place >= CodeCounter.Common) return CodeCounter.Common + _others[column].AddNumber(code, times);
        counts[(int)place] += times;
        return 1 + (int)place;
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (!codes[0].TryRead(data, cell, out _)) throw new CellError(row, codes[0].ExpectedFor(cell.Of(data)));
    }

    public override void Merge(ColumnCounter other)
    {
        var that = (CodeCounter<TCode>)other;
        that._mergedInto = this;
        for (var i = 0; i < _counts.Length; i++) _counts[i] += that._counts[i];
        for (var k = 0; k < codes.Length; k++) _others[k].Add(that._others[k]);
    }

    public override void Keep(CounterState state)
    {
        state.Sum(_counts);
        foreach (var others in _others) others.Keep(state);
    }

    public override ColumnEncoder[] Fit(int minCount) => Fit(minCount, codes, Field.TokenColumns);

    /// <summary>The columns, of names of their own, which read cells by other codes for the same.</summary>
    public ColumnEncoder[] Fit(int minCount, IEnumerable<TCode> fitted, IReadOnlyList<string> names) => [.. fitted.Select((code, k) =>
    {
        int[] common = [.. _counts.AsSpan(k * CodeCounter.Common, CodeCounter.Common).ToArray()
            .Select((count, i) => count == 0 ? -1 : _others[k].AddNumber(i + CodeCounter.Lowest, count))];
        var vocabulary = _others[k].Fit(minCount);
        var ids = _others[k].Ids();
        _ids[k] = Array.ConvertAll(common, text => text < 0 ? 1 : ids[text]);
        return new CodeColumn<TCode>(names[k], Index, Missing, vocabulary, code);
    })];

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) =>
        [.. _others.Select((others, k) => new DraftedIds(columns[k], stream + k,
            [0, .. (_mergedInto ?? this)._ids[k], .. others.Ids().AsSpan(1)]))];

    public override void Dispose()
    {
        foreach (var others in _others) others.Dispose();
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
