using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Counts the tokens of lists: every token that stays, also one that stands twice.</summary>
/// <param name="field">The field.</param>
/// <param name="index">Its place in the schema.</param>
/// <param name="missing">What is no token.</param>
/// <param name="cutter">Cuts cells.</param>
/// <param name="tokens">Counts a token.</param>
internal sealed class ListCounter(Field field, int index, MissingTexts missing, ListCutter cutter, ColumnCounter tokens)
    : ColumnCounter(field, index, missing)
{
    private static readonly int[] All = [.. Enumerable.Range(0, RowGroup.Capacity)];
    private long _empty;

    public override ColumnCounter Tokens => tokens;

    // The lengths, the tokens, and the bits of their weights.
    public override int Streams => cutter.Shape.IsWeighted ? 3 : 2;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        Span<Cell> some = stackalloc Cell[RowGroup.Capacity];
        Span<float> weights = stackalloc float[RowGroup.Capacity];
        Span<int> times = stackalloc int[RowGroup.Capacity];
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var r = rows.Rows[i];
            var cut = cutter.Begin(data, cells[r]);
            draft[0].Add(cut.Count);
            times.Fill(rows.Times[i]);
            if (cut.Count == 0) _empty += rows.Times[i];
            for (int n; (n = cut.Next(data, r, some, weights)) > 0;)
            {
                tokens.Count(data, some[..n], new CountedRows(All.AsSpan(0, n), times), draft[1..]);
                if (cutter.Shape.IsWeighted) MemoryMarshal.Cast<float, int>(weights[..n]).CopyTo(draft[2].Take(n));
            }
        }
    }

    protected override bool TakesAll => !cutter.Shape.IsWeighted;

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        Span<Cell> some = stackalloc Cell[RowGroup.Capacity];
        Span<float> weights = stackalloc float[RowGroup.Capacity];
        var cut = cutter.Begin(data, cell);
        while (cut.Next(data, row, some, weights) > 0) { }
    }

    public override void Merge(ColumnCounter other)
    {
        if (other is ListCounter lists) _empty += lists.Index == Index ? lists._empty : 0;
        tokens.Merge(other.Tokens);
    }

    public override void Keep(CounterState state)
    {
        state.Sum(ref _empty);
        tokens.Keep(state);
    }

    public override ColumnEncoder[] Fit(int minCount) => [new ListColumn(tokens.Fit(minCount)[0], cutter) { Empty = _empty }];

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream)
    {
        var list = (ListColumn)columns[0];
        return [new DraftedLists(list.Shape, (DraftedIds)tokens.Drafted([list], stream + 1)[0], stream)];
    }

    public override void Dispose()
    {
        tokens.Dispose();
        base.Dispose();
    }
}
