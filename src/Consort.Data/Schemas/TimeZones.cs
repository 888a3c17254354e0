using System.Globalization;

namespace Consort.Data.Schemas;

/// <summary>
/// Offsets from UTC as a schema writes them: <c>+01:00</c>. Rules of summer time are none of it: a machine's own may change.
/// </summary>
internal static class TimeZones
{
    private static readonly TimeSpan Most = TimeSpan.FromHours(14);

    public static string Show(TimeSpan zone) =>
        zone.ToString((zone < TimeSpan.Zero ? "\\-" : "\\+") + "hh\\:mm", CultureInfo.InvariantCulture);

    public static bool TryRead(string text, out TimeSpan zone)
    {
        zone = TimeSpan.Zero;
        if (text is "Z" or "UTC") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-')
            || !TimeSpan.TryParseExact(text.AsSpan(1), "hh\\:mm", CultureInfo.InvariantCulture, out zone) || zone > Most) return false;
        if (text[0] == '-') zone = -zone;
        return true;
    }
}
