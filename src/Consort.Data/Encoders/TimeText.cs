using System.Buffers.Text;
using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Times from texts and back: ticks of 100 ns since the year 1, in UTC. What is finer is cut off; times within a day of the years 1 and
/// 10,000 are none, so that every zone stays within what a <see cref="DateTime"/> can say.
/// </summary>
internal static class TimeText
{
    /// <summary>The times that there are, for messages.</summary>
    public const string Range = "0001-01-02 to 9999-12-30";

    private const long Least = TimeSpan.TicksPerDay;
    private static readonly long Most = DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay;

    /// <summary>What is expected of a text, for messages.</summary>
    public static string Say(TimeFormat format) => format switch
    {
        TimeFormat.Iso => "a time as ISO 8601 (2026-11-01T13:05:00Z)",
        TimeFormat.UnixS => "a time as seconds since 1970",
        TimeFormat.UnixMs => "a time as milliseconds since 1970",
        TimeFormat.UnixUs => "a time as microseconds since 1970",
        TimeFormat.UnixNs => "a time as nanoseconds since 1970",
        TimeFormat.Yymmddhh => "a time as YYMMDDHH",
        _ => "a time as ISO 8601, Unix seconds to nanoseconds or YYMMDDHH",
    };

    /// <summary>What is expected of a text that is no time, for messages.</summary>
    public static string Say(TimeFormat format, ReadOnlySpan<byte> text) =>
        !IsOutside(text, format) ? $"{Say(format)} or empty"
        : UnitOf(text) is not { } unit || unit == format ? $"a time of {Range} or empty"
        : $"{Say(format)} or empty (looks like {Say(unit)["a time as ".Length..]}, which format: {Words.Of(unit)} reads)";

    // The unit in which a number is a time that rows may well be of: 1990 to 2099.
    private static TimeFormat? UnitOf(ReadOnlySpan<byte> text) =>
        NumberParser.TryDecimal(text, out var number) && UnitFor(number) is var unit
        && number / unit.UnitsPerSecond() is >= 631_152_000 and < 4_102_444_800 ? unit : null;

    /// <summary>Reads a time.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, TimeFormat format, out long ticks) =>
        TryReadAny(text, format, out ticks) && IsInside(ticks);

    /// <summary>Whether a text is a time, but too early or too late.</summary>
    public static bool IsOutside(ReadOnlySpan<byte> text, TimeFormat format) =>
        TryReadAny(text, format, out var ticks) ? !IsInside(ticks) : IsTooFar(text, format);

    private static bool IsInside(long ticks) => ticks >= Least && ticks <= Most;

    private static bool TryReadAny(ReadOnlySpan<byte> text, TimeFormat format, out long ticks)
    {
        if (format == TimeFormat.Auto) format = Guess(text);
        return format switch
        {
            TimeFormat.Iso => IsoTime.TryRead(text, out ticks) && !IsOtherwise(text),
            TimeFormat.Yymmddhh => TryDigits(text, out ticks),
            _ => TryUnix(text, format.UnitsPerSecond(), out ticks),
        };
    }

    // Numbers that are so many seconds away that no ticks say them.
    private static bool IsTooFar(ReadOnlySpan<byte> text, TimeFormat format) =>
        format is not (TimeFormat.Iso or TimeFormat.Yymmddhh) && NumberParser.TryDecimal(text, out _)
        && (format != TimeFormat.Auto || Guess(text) is not (TimeFormat.Iso or TimeFormat.Yymmddhh));

    /// <summary>
    /// How a text by itself seems to be written. Eight digits are YYMMDDHH where they can be, else YYYYMMDD; other numbers count by size.
    /// </summary>
    public static TimeFormat Guess(ReadOnlySpan<byte> text)
    {
        if (text.Length > 8 && text[4] == (byte)'-') return TimeFormat.Iso;
        if (TryDigits(text, out _)) return TimeFormat.Yymmddhh;
        if (text.Length == 8 && text[0] is (byte)'1' or (byte)'2' && IsoTime.TryRead(text, out _)) return TimeFormat.Iso;
        return NumberParser.TryDecimal(text, out var number) ? UnitFor(Math.Abs(number)) : TimeFormat.Iso;
    }

    /// <summary>
    /// The unit in which a number of this size is a time since 1973: seconds below 10¹¹, milliseconds below 10¹⁴, and so on.
    /// </summary>
    public static TimeFormat UnitFor(double size) => size switch
    {
        < 1e11 => TimeFormat.UnixS,
        < 1e14 => TimeFormat.UnixMs,
        < 1e17 => TimeFormat.UnixUs,
        _ => TimeFormat.UnixNs,
    };

    /// <summary>Writes a time as a format has it.</summary>
    public static int Write(DateTimeOffset time, TimeFormat format, Span<byte> text)
    {
        var ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        int written;
        if (format is TimeFormat.Auto or TimeFormat.Iso) time.UtcDateTime.TryFormat(text, out written, "O", CultureInfo.InvariantCulture);
        else if (format == TimeFormat.Yymmddhh) time.UtcDateTime.TryFormat(text, out written, "yyMMddHH", CultureInfo.InvariantCulture);
        else if (format == TimeFormat.UnixNs) ((Int128)ticks * 100).TryFormat(text, out written, provider: CultureInfo.InvariantCulture);
        else
            (ticks / (decimal)(TimeSpan.TicksPerSecond / format.UnitsPerSecond()))
                .TryFormat(text, out written, provider: CultureInfo.InvariantCulture);
        return written;
    }

    private static bool TryUnix(ReadOnlySpan<byte> text, long unit, out long ticks)
    {
        ticks = 0;
        if (Utf8Parser.TryParse(text, out long whole, out var used) && used == text.Length)
        {
            var seconds = Math.DivRem(whole, unit, out var rest);
            if (Math.Abs(seconds) > Most / TimeSpan.TicksPerSecond) return false;
            ticks = DateTime.UnixEpoch.Ticks + seconds * TimeSpan.TicksPerSecond
                + (long)Math.Floor(rest * ((double)TimeSpan.TicksPerSecond / unit));
            return true;
        }
        if (!NumberParser.TryDecimal(text, out var number) || !(Math.Abs(number) / unit < 1e12)) return false;
        ticks = DateTime.UnixEpoch.Ticks + (long)Math.Floor(number * ((double)TimeSpan.TicksPerSecond / unit));
        return true;
    }

    // Eight digits of no year that people log in are YYMMDDHH, where they can be: 26110113 is no day of the year 2611.
    private static bool IsOtherwise(ReadOnlySpan<byte> text) =>
        text.Length == 8 && !text.StartsWith("19"u8) && !text.StartsWith("20"u8) && TryDigits(text, out _);

    private static bool TryDigits(ReadOnlySpan<byte> text, out long ticks)
    {
        ticks = 0;
        text = NumberParser.WithoutZeros(text);
        if (text.Length != 8 || !NumberParser.TryInteger(text, out var number) || number < 0) return false;
        int hour = (int)(number % 100), day = (int)(number / 100 % 100), month = (int)(number / 10_000 % 100),
            year = 2000 + (int)(number / 1_000_000);
        if (hour > 23 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        ticks = new DateTime(year, month, day, hour, 0, 0).Ticks;
        return true;
    }
}
