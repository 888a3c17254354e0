using System.Buffers.Binary;
using Consort.Data.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet;

/// <summary>How units of time are counted.</summary>
internal static class Units
{
    public static long PerSecond(TimeUnit unit) => unit switch
    {
        TimeUnit.Millis => 1000,
        TimeUnit.Nanos => 1_000_000_000,
        _ => 1_000_000,
    };

    public static long Nanoseconds(TimeUnit unit) => 1_000_000_000 / PerSecond(unit);
}

internal readonly struct UnsignedText : IValueText<int>, IValueText<long>
{
    public Cell Write(int value, CellWriter writer) => writer.Integer((uint)value);

    public Cell Write(long value, CellWriter writer) => writer.Unsigned((ulong)value);
}

// A day, and nanoseconds of it, as Impala and older Spark write them.
internal readonly struct DayAndTimeText : IValueText<Int96>
{
    private const long JulianDayOf1970 = 2_440_588;

    public Cell Write(Int96 value, CellWriter writer) =>
        writer.Timestamp(value.C - JulianDayOf1970, ((long)value.B << 32) | (uint)value.A);
}

internal readonly struct BytesText(int length) : IValueText<ByteArray>, IValueText<FixedLenByteArray>
{
    public Cell Write(ByteArray value, CellWriter writer) => writer.Text(ForeignBytes.Of<byte>(value.Pointer, value.Length));

    public Cell Write(FixedLenByteArray value, CellWriter writer) => writer.Text(ForeignBytes.Of<byte>(value.Pointer, length));
}

internal readonly struct JsonText(JsonValues values) : IValueText<ByteArray>
{
    public Cell Write(ByteArray value, CellWriter writer) => values.Write(ForeignBytes.Of<byte>(value.Pointer, value.Length), writer);
}

internal readonly struct BytesDecimalText(int length, int scale) : IValueText<ByteArray>, IValueText<FixedLenByteArray>
{
    public Cell Write(ByteArray value, CellWriter writer) => Write(ForeignBytes.Of<byte>(value.Pointer, value.Length), writer);

    public Cell Write(FixedLenByteArray value, CellWriter writer) => Write(ForeignBytes.Of<byte>(value.Pointer, length), writer);

    private Cell Write(ReadOnlySpan<byte> bigEndian, CellWriter writer)
    {
        // Decimals of up to 38 digits, which 16 bytes hold, maybe with copies of the sign before them.
        Int128 number = bigEndian.Length > 0 && bigEndian[0] >= 0x80 ? -1 : 0;
        foreach (var b in bigEndian) number = (number << 8) | b;
        return writer.Decimal(number, scale);
    }
}

internal readonly struct UuidText : IValueText<FixedLenByteArray>
{
    public Cell Write(FixedLenByteArray value, CellWriter writer) => writer.Uuid(ForeignBytes.Of<byte>(value.Pointer, 16));
}

internal readonly struct HalfText : IValueText<FixedLenByteArray>
{
    public Cell Write(FixedLenByteArray value, CellWriter writer) =>
        writer.Number((float)BinaryPrimitives.ReadHalfLittleEndian(ForeignBytes.Of<byte>(value.Pointer, 2)));
}
