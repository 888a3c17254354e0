using System.Globalization;

namespace Consort.Data.Readers;

/// <summary>Numbers from raw bytes, in the invariant culture.</summary>
internal static class NumberParser
{
    private static readonly double[] PowersOfTen = [.. Enumerable.Range(0, 19).Select(i => Math.Pow(10, i))];

    /// <summary>Reads a whole number of up to 18 digits with an optional sign.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        int i = 0;
        bool negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == (byte)'-';
            i = 1;
        }
        if (text.Length == i || text.Length - i > 18) return false;
        long sum = 0;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit > 9) return false;
            sum = sum * 10 + digit;
        }
        value = negative ? -sum : sum;
        return true;
    }

    /// <summary>Reads a finite number.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out double value)
    {
        // Up to 15 digits with a point: both parts are exact in double, so one division rounds correctly.
        int i = 0, digits = 0, decimals = 0;
        bool negative = text.Length > 0 && text[0] == (byte)'-', point = false;
        if (negative) i = 1;
        long sum = 0;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
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
