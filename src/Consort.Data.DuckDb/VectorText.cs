using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Consort.Data.Sources;
using DuckDB.NET.Native;

namespace Consort.Data.DuckDb;

/// <summary>Writes the values of a vector as text.</summary>
internal abstract class VectorText
{
    private nint _validity;

    /// <summary>Where its values stand.</summary>
    protected nint Values { get; private set; }

    /// <summary>Takes the vector of a chunk.</summary>
    public virtual void Bind(nint vector) => (Values, _validity) = (DuckDbLibrary.Data(vector), DuckDbLibrary.Validity(vector));

    /// <summary>Writes the cells of the first rows.</summary>
    public virtual void Write(Span<Cell> cells, CellWriter writer, CellTable table)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            var isThere = IsThere(r);
            cells[r] = isThere ? One(r, writer) : new Cell { Length = -1 };
            if (isThere && Mistake is { } mistake) table.Fail(r, mistake);
        }
    }

    /// <summary>What is wrong with the values that <see cref="One"/> has written; null where nothing is.</summary>
    public virtual string? Mistake => null;

    /// <summary>Writes a value that is there; none, which may be what it means, has a length below 0.</summary>
    public abstract Cell One(long row, CellWriter writer);

    /// <summary>Whether a value is there.</summary>
    public bool IsThere(long row) =>
        _validity == 0 || (ForeignBytes.Of<ulong>(_validity, (int)(row >> 6) + 1)[(int)(row >> 6)] >> (int)(row & 63) & 1) != 0;
}

/// <inheritdoc/>
internal sealed class VectorText<T, TText>(TText text) : VectorText
    where T : unmanaged
    where TText : struct, IValueText<T>
{
    public override void Write(Span<Cell> cells, CellWriter writer, CellTable table)
    {
        var values = ForeignBytes.Of<T>(Values, cells.Length);
        for (var r = 0; r < cells.Length; r++) cells[r] = IsThere(r) ? text.Write(values[r], writer) : new Cell { Length = -1 };
    }

    public override Cell One(long row, CellWriter writer) =>
        text.Write(ForeignBytes.Of<T>(Values, checked((int)row + 1))[(int)row], writer);
}

/// <summary>A value that is never there: of the type of NULL.</summary>
internal sealed class NoText : VectorText
{
    public override void Write(Span<Cell> cells, CellWriter writer, CellTable table) => cells.Fill(new Cell { Length = -1 });

    public override Cell One(long row, CellWriter writer) => new() { Length = -1 };
}

/// <summary>The words of an enum, by their numbers.</summary>
internal sealed class WordText<T>(byte[][] words) : VectorText
    where T : unmanaged, System.Numerics.IBinaryInteger<T>
{
    public override Cell One(long row, CellWriter writer) =>
        writer.Text(words[int.CreateChecked(ForeignBytes.Of<T>(Values, checked((int)row + 1))[(int)row])]);
}

/// <summary>The values of a list in one cell; of an array those of a fixed number.</summary>
/// <param name="item">Writes one.</param>
/// <param name="column">The column, for messages.</param>
/// <param name="form">How they are one cell.</param>
/// <param name="size">How many there are in an array; null of a list.</param>
internal sealed class ListVectorText(VectorText item, string column, ListForm form, int? size) : VectorText
{
    public override void Bind(nint vector)
    {
        base.Bind(vector);
        item.Bind(size is null ? NativeMethods.Vectors.DuckDBListVectorGetChild(vector)
            : NativeMethods.Vectors.DuckDBArrayVectorGetChild(vector));
    }

    public override void Write(Span<Cell> cells, CellWriter writer, CellTable table)
    {
        for (var r = 0; r < cells.Length; r++) cells[r] = IsThere(r) ? List(r, writer, table) : new Cell { Length = -1 };
    }

    public override Cell One(long row, CellWriter writer) => throw new InvalidOperationException("a list within a list");

    private Cell List(int row, CellWriter writer, CellTable table)
    {
        var entry = size is { } fixedSize ? new DuckDBListEntry((ulong)(row * (long)fixedSize), (ulong)fixedSize)
            : ForeignBytes.Of<DuckDBListEntry>(Values, row + 1)[row];
        var list = new ListText(writer, form);
        for (var i = (long)entry.Offset; i < (long)(entry.Offset + entry.Length); i++)
        {
            var isThere = item.IsThere(i);
            var token = isThere ? item.One(i, writer) : new Cell { Length = -1 };
            if (token.Length < 0) list.TakeMissing();
            else if (!list.Take(token))
                table.Fail(row, ListText.Mistake(column, writer.Written(token.Start)[..token.Length], form));
            if (isThere && item.Mistake is { } mistake) table.Fail(row, mistake);
        }
        return list.End();
    }
}

/// <summary>DuckDB's texts: 12 bytes in place, or the address of more.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal readonly struct StoredText
{
    public const int Here = 12;

    [FieldOffset(0)]
    public readonly int Length;

    [FieldOffset(4)]
    public readonly byte First;

    [FieldOffset(8)]
    public readonly nint Address;

    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes =>
        Length > Here ? ForeignBytes.Of<byte>(Address, Length) : MemoryMarshal.CreateReadOnlySpan(in First, Length);
}

/// <summary>Texts and bytes.</summary>
internal sealed class StoredTexts : VectorText
{
    public override Cell One(long row, CellWriter writer)
    {
        ref readonly var text = ref ForeignBytes.Of<StoredText>(Values, checked((int)row + 1))[(int)row];
        return writer.Text(text.Bytes);
    }
}

/// <summary>JSON, which DuckDB stores as texts.</summary>
internal sealed class StoredJson(JsonValues values) : VectorText
{
    public override string? Mistake => values.Mistake;

    public override Cell One(long row, CellWriter writer) =>
        values.Write(ForeignBytes.Of<StoredText>(Values, checked((int)row + 1))[(int)row].Bytes, writer);
}

/// <summary>UUIDs: numbers of 128 bits that are ordered as their texts, so the first bit is turned over.</summary>
internal readonly struct UuidText : IValueText<UInt128>
{
    public Cell Write(UInt128 value, CellWriter writer)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value ^ (UInt128.One << 127));
        return writer.Uuid(bytes);
    }
}

/// <summary>Days, the greatest and least of which DuckDB has for the words <c>infinity</c> and <c>-infinity</c>.</summary>
internal readonly struct EndlessDate : IValueText<int>
{
    public Cell Write(int value, CellWriter writer) => Math.Abs((long)value) < int.MaxValue
        ? default(DateText).Write(value, writer) : writer.Text(value > 0 ? "infinity"u8 : "-infinity"u8);
}

/// <summary>Timestamps, of which the same holds.</summary>
internal readonly struct EndlessTimestamp(TimestampText text) : IValueText<long>
{
    public Cell Write(long value, CellWriter writer) => value is < long.MaxValue and > -long.MaxValue
        ? text.Write(value, writer) : writer.Text(value > 0 ? "infinity"u8 : "-infinity"u8);
}

/// <summary>
/// Times with an offset: microseconds in the upper 40 bits, and below how far the offset in seconds is from the greatest. Those of UTC have
/// none behind them, as in Parquet.
/// </summary>
internal readonly struct OffsetClock : IValueText<ulong>
{
    private const int GreatestOffset = 16 * 60 * 60 - 1;

    public Cell Write(ulong value, CellWriter writer)
    {
        var cell = writer.Time((long)(value >> 24) * 1000);
        var offset = GreatestOffset - (int)(value & 0xFFFFFF);
        if (offset == 0) return cell;
        writer.Bytes(offset < 0 ? "-"u8 : "+"u8);
        var size = Math.Abs(offset);
        Pair(size / 3600);
        writer.Bytes(":"u8);
        Pair(size / 60 % 60);
        if (size % 60 != 0)
        {
            writer.Bytes(":"u8);
            Pair(size % 60);
        }
        return cell with { Length = writer.End - cell.Start };

        void Pair(int number) => writer.Bytes([(byte)('0' + number / 10), (byte)('0' + number % 10)]);
    }
}
