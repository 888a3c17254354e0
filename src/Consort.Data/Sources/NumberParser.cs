using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Consort.Data.Sources;

/// <summary>Numbers from raw bytes, in the invariant culture.</summary>
internal static class NumberParser
{
    /// <summary>The greatest number of a cell: squares of such can still be added up.</summary>
    private const double Most = 1e150;

    private static readonly double[] PowersOfTen = [.. Enumerable.Range(0, 19).Select(i => Math.Pow(10, i))];

    /// <summary>Reads a whole number of up to 18 digits with an optional sign.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var i = 0;
        var negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == (byte)'-';
            i = 1;
        }
        if (text.Length == i || text.Length - i > 18) return false;
        long sum = 0;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit > 9) return false;
            sum = sum * 10 + digit;
        }
        value = negative ? -sum : sum;
        return true;
    }

    /// <summary>A cell of 1 to 8 digits as a number, all digits at once; −1 for any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long FewDigits(ReadOnlySpan<byte> data, Cell cell)
    {
        if ((uint)(cell.Length - 1) >= 8) return -1;
        // Zeros go before the digits, of which the first is the least byte.
        var before = 64 - 8 * cell.Length;
        var digits = (cell.Word(data) << before) | (0x3030303030303030 & ((1ul << before) - 1));
        if (((digits & 0xF0F0F0F0F0F0F0F0) | (((digits + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) != 0x3333333333333333) return -1;
        digits = (digits & 0x0F0F0F0F0F0F0F0F) * (10 << 8 | 1) >> 8; // pairs
        digits = (digits & 0x00FF00FF00FF00FF) * (100 << 16 | 1) >> 16; // fours
        return (long)((digits & 0x0000FFFF0000FFFF) * (10_000ul << 32 | 1) >> 32);
    }

    /// <summary>Reads a whole number, also one that is written as a float: <c>260.0</c>, <c>2.6e2</c>.</summary>
    public static bool TryWhole(ReadOnlySpan<byte> text, out long value)
    {
        if (TryInteger(WithoutZeros(text), out value)) return true;
        if (!TryDecimal(text, out var number) || Math.Abs(number) > 1L << 53 || number != Math.Floor(number)) return false;
        value = (long)number;
        return true;
    }

    /// <summary>
    /// Drops the point and the zeros of a whole number that is written as a float, as pandas writes columns with missing values.
    /// </summary>
    public static ReadOnlySpan<byte> WithoutZeros(ReadOnlySpan<byte> text)
    {
        var point = text.IndexOf((byte)'.');
        return point > 0 && text[(point + 1)..].Trim((byte)'0').IsEmpty ? text[..point] : text;
    }

    /// <summary>Reads the cell of a field of whole numbers: one, or a word for yes (1) or no (0).</summary>
    public static bool TryWholeCell(ReadOnlySpan<byte> text, out long value)
    {
        if (TryWhole(text, out value)) return true;
        var isWord = TryWord(text, out var yes);
        value = yes ? 1 : 0;
        return isWord;
    }

    /// <summary>Reads the cell of a field of numbers: one of at most 1e150, or a word for yes (1) or no (0).</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out double value)
    {
        if (TryDecimal(text, out value)) return Math.Abs(value) <= Most;
        var isWord = TryWord(text, out var yes);
        value = yes ? 1 : 0;
        return isWord;
    }

    /// <summary>Whether a text is a number, but greater than that of a cell may be.</summary>
    public static bool IsTooGreat(ReadOnlySpan<byte> text) => text.ContainsAnyInRange((byte)'0', (byte)'9')
        && double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite & ~NumberStyles.AllowLeadingWhite,
            CultureInfo.InvariantCulture, out var value) && Math.Abs(value) > Most;

    /// <summary>Reads true or false, yes or no, t or f, y or n, in capital letters or small ones.</summary>
    public static bool TryWord(ReadOnlySpan<byte> text, out bool yes)
    {
        yes = Ascii.EqualsIgnoreCase(text, "true"u8) || Ascii.EqualsIgnoreCase(text, "yes"u8)
            || Ascii.EqualsIgnoreCase(text, "t"u8) || Ascii.EqualsIgnoreCase(text, "y"u8);
        return yes || Ascii.EqualsIgnoreCase(text, "false"u8) || Ascii.EqualsIgnoreCase(text, "no"u8)
            || Ascii.EqualsIgnoreCase(text, "f"u8) || Ascii.EqualsIgnoreCase(text, "n"u8);
    }

    /// <summary>Reads a finite number.</summary>
    public static bool TryDecimal(ReadOnlySpan<byte> text, out double value)
    {
        // Up to 15 digits with a point: both parts are exact in double, so one division rounds correctly.
        int i = 0, digits = 0, decimals = 0;
        bool negative = text.Length > 0 && text[0] == (byte)'-', point = false;
        if (negative) i = 1;
        long sum = 0;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                sum = sum * 10 + digit;
                digits++;
                if (point) decimals++;
            }
            else if (text[i] == (byte)'.' && !point)
            {
                point = true;
            }
            else
            {
                break;
            }
            if (digits > 15) break;
        }
        if (i == text.Length && digits is > 0 and <= 15)
        {
            value = decimals == 0 ? sum : sum / PowersOfTen[decimals];
            if (negative) value = -value;
            return true;
        }
        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }
}
