using System.Globalization;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>What zone times are of, where they are written in UTC: people everywhere sleep at night.</summary>
internal static class ZoneGuess
{
    private const int Night = 5; // hours, around four o'clock
    private const int FourOClock = 4;
    private const int FewestRows = 1_000;
    private const double Quiet = 0.5;
    private static readonly TimeSpan FewestDays = TimeSpan.FromDays(3);

    /// <summary>The zone and why; null where nothing tells, or where it is UTC.</summary>
    public static (TimeSpan Zone, string Why)? Of(IReadOnlyList<TextCount> values, IReadOnlyDictionary<string, DateTime> times,
        TimeFormat format)
    {
        if (format == TimeFormat.Yymmddhh || values.Count == 0) return null;
        if (format == TimeFormat.Iso && Written(values[0].Text) is not { Length: > 0 }) return null; // without a zone, most likely local
        if (format == TimeFormat.Iso && OfAll(values.Select(v => v.Text)) is { } zone)
            return zone != TimeSpan.Zero
                ? (zone, $"written as of {TimeZones.Show(zone)}, by whose clock hours and weekdays are read") : null;
        var (hours, rows) = (new long[24], 0L);
        foreach (var value in values)
        {
            hours[times[value.Text].Hour] += value.Count;
            rows += value.Count;
        }
        if (rows < FewestRows || times.Values.Max() - times.Values.Min() < FewestDays) return null;
        long AtNight(int first) => Enumerable.Range(first, Night).Sum(h => hours[h % 24]);
        var begin = Enumerable.Range(0, 24).MinBy(AtNight);
        if (AtNight(begin) > Quiet * rows * Night / 24) return null;
        var offset = FourOClock - begin - (Night / 2);
        offset += offset < -11 ? 24 : 0;
        if (offset == 0) return null;
        var shown = TimeZones.Show(TimeSpan.FromHours(offset));
        return (TimeSpan.FromHours(offset), string.Create(CultureInfo.InvariantCulture,
            $"rows are fewest from {begin}:00 to {(begin + Night) % 24}:00 UTC, which is most likely night: about {shown}, by whose clock hours and weekdays are read"));
    }

    /// <summary>The offset that all texts are written with; null where they have none, or several, or Z.</summary>
    public static TimeSpan? OfAll(IEnumerable<string> texts)
    {
        var written = texts.Select(Written).Distinct().Take(2).ToArray();
        return written is [not ("Z" or "")] ? TimeZones.TryRead(written[0], out var zone) ? zone : TimeSpan.Zero : null;
    }

    // What an ISO 8601 time says of its zone, nothing where it says none.
    private static string Written(string text) =>
        text.EndsWith('Z') ? "Z" : text.Length > 16 && (text[^6] is '+' or '-') && text[^3] == ':' ? text[^6..] : "";
}
