namespace Consort.Data.Encoders;

/// <summary>
/// Times of ISO 8601 and what databases make of it: a date, and after a T or a space hours, minutes, seconds and a fraction, as far as they
/// are given; then Z, UTC or an offset. Dashes and colons may be left out.
/// </summary>
internal static class IsoTime
{
    /// <summary>Reads a time: ticks of 100 ns since the year 1, in UTC.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long ticks)
    {
        ticks = 0;
        if (!TryTake(ref text, 4, out var year)) return false;
        Skip(ref text, (byte)'-');
        if (!TryTake(ref text, 2, out var month)) return false;
        Skip(ref text, (byte)'-');
        if (!TryTake(ref text, 2, out var day) || year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        ticks = new DateTime(year, month, day).Ticks;
        if (text.IsEmpty) return true;
        if (text[0] is not ((byte)'T' or (byte)'t' or (byte)' ')) return false;
        text = text[1..];
        if (!TryTake(ref text, 2, out var hour) || hour > 23) return false;
        ticks += hour * TimeSpan.TicksPerHour;
        return TryClock(ref text, ref ticks) && TryZone(text, ref ticks);
    }

    private static bool TryClock(ref ReadOnlySpan<byte> text, ref long ticks)
    {
        var unit = TimeSpan.TicksPerMinute;
        for (var i = 0; i < 2; i++, unit = TimeSpan.TicksPerSecond)
        {
            if (!Skip(ref text, (byte)':') && (text.IsEmpty || !char.IsAsciiDigit((char)text[0]))) return true;
            if (!TryTake(ref text, 2, out var value) || value > 59) return false;
            ticks += value * unit;
        }
        if (!Skip(ref text, (byte)'.') && !Skip(ref text, (byte)',')) return true;
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 0) digits = text.Length;
        if (digits == 0) return false;
        unit = TimeSpan.TicksPerSecond / 10;
        for (var i = 0; i < digits && unit > 0; i++, unit /= 10) ticks += (text[i] - '0') * unit;
        text = text[digits..];
        return true;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, ref long ticks)
    {
        Skip(ref text, (byte)' ');
        if (text.IsEmpty || text.SequenceEqual("Z"u8) || text.SequenceEqual("z"u8) || text.SequenceEqual("UTC"u8)) return true;
        var sign = text[0] == (byte)'+' ? 1 : text[0] == (byte)'-' ? -1 : 0;
        text = text[1..];
        if (sign == 0 || !TryTake(ref text, 2, out var hours)) return false;
        Skip(ref text, (byte)':');
        var minutes = 0;
        if (!text.IsEmpty && !TryTake(ref text, 2, out minutes)) return false;
        ticks -= sign * (hours * TimeSpan.TicksPerHour + minutes * TimeSpan.TicksPerMinute);
        return text.IsEmpty && hours <= 14 && minutes <= 59;
    }

    private static bool Skip(ref ReadOnlySpan<byte> text, byte what)
    {
        if (text.IsEmpty || text[0] != what) return false;
        text = text[1..];
        return true;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> text, int digits, out int value)
    {
        value = 0;
        if (text.Length < digits) return false;
        foreach (var character in text[..digits])
        {
            if (!char.IsAsciiDigit((char)character)) return false;
            value = value * 10 + character - '0';
        }
        text = text[digits..];
        return true;
    }
}
