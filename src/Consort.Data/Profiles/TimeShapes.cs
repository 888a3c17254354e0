using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>Reads times.</summary>
internal static partial class TimeShapes
{
    private static readonly long Earliest = new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    private static readonly long Latest = new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>Reads a text as a time of a format, in UTC.</summary>
    public static bool TryRead(string text, TimeFormat format, out DateTime time)
    {
        time = default;
        if (format == TimeFormat.Iso)
            return Iso().IsMatch(text) && DateTime.TryParse(text, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time) && !IsOutside(text, format);
        if (!NumberShape.TryRead(text, out var number) || number != Math.Floor(number)) return false;
        if (format == TimeFormat.Yymmddhh)
            return number is >= 1e6 and < 1e8 && DateTime.TryParseExact(
                ((long)number).ToString("00000000", CultureInfo.InvariantCulture).Insert(0, "20"), "yyyyMMddHH",
                    CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
        var seconds = number / (double)format.UnitsPerSecond();
        if (seconds < Earliest || seconds >= Latest) return false;
        time = DateTime.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    /// <summary>Whether a text is a time of a format, but too early or too late for an encoder.</summary>
    public static bool IsOutside(string text, TimeFormat format)
    {
        Span<byte> bytes = stackalloc byte[192];
        return text.Length <= 64 && TimeText.IsOutside(bytes[..Encoding.UTF8.GetBytes(text, bytes)], format);
    }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?))?)?$")]
    private static partial Regex Iso();
}
