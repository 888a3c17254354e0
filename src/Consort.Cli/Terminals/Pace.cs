using System.Diagnostics;
using System.Globalization;

namespace Consort.Cli.Terminals;

/// <summary>How fast something goes, and how long it will take; a few times a second it says that it is time to draw.</summary>
internal sealed class Pace
{
    private static readonly long DrawTicks = Stopwatch.Frequency / 8;
    private long _start = Stopwatch.GetTimestamp();
    private long _drawn;

    /// <summary>Units a second since the start.</summary>
    public double PerSecond(double done) => done / Math.Max(1e-9, Stopwatch.GetElapsedTime(_start).TotalSeconds);

    /// <summary>Seconds until all is done at this pace.</summary>
    public double SecondsLeft(double done, double total) => done <= 0 ? double.NaN : Math.Max(0, total - done) / PerSecond(done);

    /// <summary>Begins anew, as a new phase does.</summary>
    public void Restart() => (_start, _drawn) = (Stopwatch.GetTimestamp(), 0);

    /// <summary>Whether the line is due to be drawn again.</summary>
    public bool IsDue()
    {
        var now = Stopwatch.GetTimestamp();
        if (now - _drawn < DrawTicks)
            return false;
        _drawn = now;
        return true;
    }

    /// <summary>Seconds for people: <c>42 s</c>, <c>3:05 min</c>, <c>2:10 h</c>; a question mark where unknown.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds > 359_999)
            return "?";
        var whole = (long)Math.Ceiling(seconds);
        return whole switch
        {
            < 100 => string.Create(CultureInfo.InvariantCulture, $"{whole} s"),
            < 6000 => string.Create(CultureInfo.InvariantCulture, $"{whole / 60}:{whole % 60:00} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{whole / 3600}:{whole % 3600 / 60:00} h"),
        };
    }
}
