using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Consort.Data.Sources;

/// <summary>
/// Writes values as the text that stands for them in every source, one after another into the bytes of a block: numbers as short as reads
/// back, whole ones without a point; <c>1</c> and <c>0</c> for yes and no; ISO 8601 for times.
/// </summary>
internal sealed class CellWriter
{
    private const int MostBytes = 1 << 30;
    private const int LongestNumber = 64;
    private const double MostWhole = 1L << 62; // as a whole number of 64 bits would be written
    private static readonly Int128[] PowersOfTen = MakePowers();
    private readonly Block _block;

    /// <param name="block">Where to.</param>
    /// <param name="end">The bytes that are written already.</param>
    public CellWriter(Block block, int end = 0) => (_block, End) = (block, end);

    /// <summary>The bytes written so far.</summary>
    public int End { get; private set; }

    /// <summary>What was written from a place on; valid until more is.</summary>
    public ReadOnlySpan<byte> Written(int start) => _block.Bytes[start..End];

    /// <summary>Takes back what was written from a place on.</summary>
    public void Cut(int end) => End = end;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Cell Integer(long value)
    {
        var room = Room(LongestNumber);
        if ((ulong)value < 10)
        {
            room[0] = (byte)('0' + value);
            return Take(1);
        }
        Utf8Formatter.TryFormat(value, room, out var length);
        return Take(length);
    }

    public Cell Unsigned(ulong value)
    {
        Utf8Formatter.TryFormat(value, Room(LongestNumber), out var length);
        return Take(length);
    }

    /// <summary>A number of any size, such as of 128 bits.</summary>
    public Cell Large<T>(T value) where T : IUtf8SpanFormattable
    {
        value.TryFormat(Room(LongestNumber), out var length, default, CultureInfo.InvariantCulture);
        return Take(length);
    }

    public Cell Number(double value)
    {
        // Whole numbers, of which there are many, without the search for the shortest text.
        if (Math.Abs(value) < MostWhole && value == (long)value) return Integer((long)value);
        value.TryFormat(Room(LongestNumber), out var length, default, CultureInfo.InvariantCulture);
        return Take(length);
    }

    public Cell Number(float value)
    {
        if (Math.Abs(value) < MostWhole && value == (long)value) return Integer((long)value);
        value.TryFormat(Room(LongestNumber), out var length, default, CultureInfo.InvariantCulture);
        return Take(length);
    }

    public Cell Flag(bool value) => Integer(value ? 1 : 0);

    /// <summary>A number of <paramref name="unscaled"/> × 10^−scale; zeros behind the point are left out.</summary>
    public Cell Decimal(Int128 unscaled, int scale)
    {
        while (scale > 0 && unscaled % 10 == 0) (unscaled, scale) = (unscaled / 10, scale - 1);
        if (scale <= 0 || scale >= PowersOfTen.Length) return Large(scale <= 0 ? unscaled : 0);
        var (whole, rest) = Int128.DivRem(unscaled, PowersOfTen[scale]);
        var start = End;
        if (unscaled < 0 && whole == 0) Bytes("-"u8);
        Large(whole);
        Bytes("."u8);
        var room = Room(LongestNumber);
        Int128.Abs(rest).TryFormat(room, out var length, default, CultureInfo.InvariantCulture);
        room[..length].CopyTo(room[(scale - length)..]);
        room[..(scale - length)].Fill((byte)'0');
        Take(scale);
        return new Cell { Start = start, Length = End - start };
    }

    /// <summary>A day, counted from 1 January 1970.</summary>
    public Cell Date(long days)
    {
        var start = End;
        PutDate(days);
        return new Cell { Start = start, Length = End - start };
    }

    /// <summary>A time of day in nanoseconds from midnight.</summary>
    public Cell Time(long nanoseconds)
    {
        var start = End;
        PutTime(nanoseconds);
        return new Cell { Start = start, Length = End - start };
    }

    /// <summary>A moment from 1 January 1970 on.</summary>
    /// <param name="value">In units.</param>
    /// <param name="unitsPerSecond">1, 1,000, 1,000,000 or 1,000,000,000.</param>
    /// <param name="isUtc">Whether it is of UTC; otherwise of a clock on some wall.</param>
    public Cell Timestamp(long value, long unitsPerSecond, bool isUtc)
    {
        var days = Math.DivRem(value, 86_400 * unitsPerSecond, out var rest);
        if (rest < 0) (days, rest) = (days - 1, rest + 86_400 * unitsPerSecond);
        var cell = Timestamp(days, rest * (1_000_000_000 / unitsPerSecond));
        if (!isUtc) return cell;
        Bytes("Z"u8);
        return cell with { Length = cell.Length + 1 };
    }

    /// <summary>A moment by its day, counted from 1 January 1970, and nanoseconds of that day.</summary>
    public Cell Timestamp(long days, long nanoseconds)
    {
        var start = End;
        PutDate(days);
        Bytes("T"u8);
        PutTime(nanoseconds);
        return new Cell { Start = start, Length = End - start };
    }

    /// <summary>A UUID of 16 bytes, the most significant one first.</summary>
    public Cell Uuid(ReadOnlySpan<byte> bigEndian)
    {
        Utf8Formatter.TryFormat(new Guid(bigEndian, bigEndian: true), Room(LongestNumber), out var length);
        return Take(length);
    }

    public Cell Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        return Take(bytes.Length);
    }

    /// <summary>
    /// Text of others, with a byte behind it that is no part of it: what is no UTF-8 must not become some with what follows.
    /// </summary>
    public Cell Text(ReadOnlySpan<byte> bytes)
    {
        var room = Room(bytes.Length + 1);
        bytes.CopyTo(room);
        room[bytes.Length] = (byte)'\n';
        var cell = new Cell { Start = End, Length = bytes.Length };
        End += bytes.Length + 1;
        return cell;
    }

    /// <summary>Room for texts that the caller puts one behind another, each with a line feed behind it as <see cref="Text"/> has.
    /// </summary>
    /// <param name="bytes">All their bytes, with those.</param>
    public Span<byte> Texts(long bytes)
    {
        var room = Room((int)Math.Min(int.MaxValue, bytes));
        End += (int)bytes;
        return room[..(int)bytes];
    }

    private void PutDate(long days)
    {
        // A proleptic Gregorian calendar without end (Howard Hinnant's civil_from_days).
        var z = days + 719_468;
        var era = (z >= 0 ? z : z - 146_096) / 146_097;
        var dayOfEra = z - era * 146_097;
        var yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var shifted = (5 * dayOfYear + 2) / 153;
        var (day, month) = (dayOfYear - (153 * shifted + 2) / 5 + 1, shifted < 10 ? shifted + 3 : shifted - 9);
        var year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        if (year is < 0 or > 9999) Integer(year);
        else Digits(year, 4);
        Bytes("-"u8);
        Digits(month, 2);
        Bytes("-"u8);
        Digits(day, 2);
    }

    private void PutTime(long nanoseconds)
    {
        var seconds = Math.DivRem(nanoseconds, 1_000_000_000, out var rest);
        Digits(seconds / 3600, 2);
        Bytes(":"u8);
        Digits(seconds / 60 % 60, 2);
        Bytes(":"u8);
        Digits(seconds % 60, 2);
        if (rest == 0) return;
        var digits = 9;
        for (; rest % 10 == 0; rest /= 10) digits--;
        Bytes("."u8);
        Digits(rest, digits);
    }

    private void Digits(long value, int digits)
    {
        var room = Room(digits);
        for (var i = digits - 1; i >= 0; i--, value /= 10) room[i] = (byte)('0' + value % 10);
        Take(digits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Room(int bytes)
    {
        if (_block.Capacity - End < bytes) Grow(bytes);
        return _block.Bytes[End..];
    }

    private void Grow(int bytes)
    {
        if ((long)End + bytes > MostBytes) throw new ConsortException(
            $"found rows of more than {MostBytes >> 20} MiB in one block, expected shorter values");
        _block.Grow((int)Math.Min(MostBytes, Math.Max(2L * _block.Capacity, (long)End + bytes)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Cell Take(int length)
    {
        var cell = new Cell { Start = End, Length = length };
        End += length;
        return cell;
    }

    private static Int128[] MakePowers()
    {
        var powers = new Int128[39];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++) powers[i] = powers[i - 1] * 10;
        return powers;
    }
}
