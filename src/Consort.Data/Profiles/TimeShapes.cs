using System.Globalization;
using System.Text.RegularExpressions;

namespace Consort.Data.Profiles;

/// <summary>How a time may be written.</summary>
internal enum TimeShape
{
    Iso,
    UnixS,
    UnixMs,
    UnixUs,
    UnixNs,
    Yymmddhh,
}

/// <summary>Reads times.</summary>
internal static partial class TimeShapes
{
    private static readonly long Earliest = new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    private static readonly long Latest = new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>Reads a text as a time of a shape, in UTC.</summary>
    public static bool TryRead(string text, TimeShape shape, out DateTime time)
    {
        time = default;
        if (shape == TimeShape.Iso)
            return Iso().IsMatch(text) && DateTime.TryParse(text, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
        if (!NumberShape.TryRead(text, out var number) || number != Math.Floor(number)) return false;
        if (shape == TimeShape.Yymmddhh)
            return number is >= 1e6 and < 1e8 && DateTime.TryParseExact(
                ((long)number).ToString("00000000", CultureInfo.InvariantCulture).Insert(0, "20"), "yyyyMMddHH",
                    CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
        var seconds = number / (shape switch { TimeShape.UnixS => 1, TimeShape.UnixMs => 1e3, TimeShape.UnixUs => 1e6, _ => 1e9 });
        if (seconds < Earliest || seconds >= Latest) return false;
        time = DateTime.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?))?)?$")]
    private static partial Regex Iso();
}
