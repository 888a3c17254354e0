using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A column that makes something of numbers.</summary>
internal interface INumberColumn
{
    /// <summary>The 4 bytes that a row has of a number; of <see cref="double.NaN"/> for a missing one.</summary>
    /// <exception cref="CellError">The number is none that the column takes.</exception>
    int BitsOf(double x, int row);
}

/// <summary>What a fitted column makes of what one worker has drafted of its field. Immutable and safe for many threads.</summary>
/// <param name="stream">The first of the field's streams that it reads.</param>
internal abstract class DraftedColumn(int stream)
{
    protected int Stream { get; } = stream;

    /// <summary>Encodes the next rows, at most as many as a group has, as the column would their cells.</summary>
    /// <exception cref="CellError">One of them is not what the column takes.</exception>
    public abstract void Encode(DraftBlock draft, int rows, Span<byte> target, int stride, ListBuffer lists);

    protected static double Number(int low, int high) => DraftNumbers.Of(low, high) is var x && x != DraftNumbers.Refused
        ? x : throw new CellError(0, NumberColumn.Expected);
}

/// <summary>Ids of codes.</summary>
/// <param name="column">The column.</param>
/// <param name="stream">Of the codes, 0 for a missing token.</param>
/// <param name="ids">What is added to the column's first id, by the codes; null where a code above 0 says so itself, but for one.</param>
internal sealed class DraftedIds(ColumnEncoder column, int stream, int[]? ids) : DraftedColumn(stream)
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Encode(DraftBlock draft, int rows, Span<byte> target, int stride, ListBuffer lists)
    {
        var codes = draft.Next(Stream, rows);
        var offset = column.Offset;
        if (ids is { } known) for (var r = 0; r < rows; r++) ColumnEncoder.Put(target, r, stride, offset + known[codes[r]]);
        else for (var r = 0; r < rows; r++) ColumnEncoder.Put(target, r, stride, offset + Hashed(codes[r]));
    }

    /// <summary>Gives the next ids.</summary>
    public void Read(DraftBlock draft, Span<int> target)
    {
        draft.Next(Stream, target);
        var offset = column.Offset;
        foreach (ref var code in target) code = offset + (ids is { } known ? known[code] : Hashed(code));
    }

    private static int Hashed(int code) => code + (code > 0 ? 1 : 0);
}

/// <summary>What a column makes of numbers.</summary>
internal sealed class DraftedNumbers(INumberColumn column, int stream) : DraftedColumn(stream)
{
    public override void Encode(DraftBlock draft, int rows, Span<byte> target, int stride, ListBuffer lists)
    {
        Span<int> low = stackalloc int[RowGroup.Capacity], high = stackalloc int[RowGroup.Capacity];
        draft.Next(Stream, low[..rows]);
        draft.Next(Stream + 1, high[..rows]);
        for (var r = 0; r < rows; r++) ColumnEncoder.Put(target, r, stride, column.BitsOf(Number(low[r], high[r]), r));
    }
}

/// <summary>Places of numbers between knots.</summary>
internal sealed class DraftedPlaces(PiecewiseColumn column, int stream) : DraftedColumn(stream)
{
    public override void Encode(DraftBlock draft, int rows, Span<byte> target, int stride, ListBuffer lists)
    {
        Span<int> low = stackalloc int[RowGroup.Capacity], high = stackalloc int[RowGroup.Capacity];
        draft.Next(Stream, low[..rows]);
        draft.Next(Stream + 1, high[..rows]);
        for (var r = 0; r < rows; r++)
        {
            ColumnEncoder.Put(target, r, stride, lists.Length);
            lists.Keep(column.Shape.RoomOf(column.PlacesOf(Number(low[r], high[r]), lists.Room(column.Shape.Room))));
        }
    }
}

/// <summary>Lists: how many tokens each has, their codes, and their weights where tokens have such.</summary>
internal sealed class DraftedLists(ListShape shape, DraftedIds tokens, int stream) : DraftedColumn(stream)
{
    public override void Encode(DraftBlock draft, int rows, Span<byte> target, int stride, ListBuffer lists)
    {
        Span<int> lengths = stackalloc int[RowGroup.Capacity];
        draft.Next(Stream, lengths[..rows]);
        for (var r = 0; r < rows; r++)
        {
            var n = lengths[r];
            ColumnEncoder.Put(target, r, stride, lists.Length);
            var list = lists.Room(shape.RoomOf(n));
            list[0] = n;
            tokens.Read(draft, list.Slice(1, n));
            if (shape.IsWeighted) draft.Next(Stream + 2, list.Slice(1 + n, n));
            lists.Keep(list.Length);
        }
    }
}
