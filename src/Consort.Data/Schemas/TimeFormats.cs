namespace Consort.Data.Schemas;

/// <summary>What a <see cref="TimeFormat"/> means.</summary>
public static class TimeFormats
{
    /// <summary>A second in units of a format of Unix times; 1 of other formats.</summary>
    public static long UnitsPerSecond(this TimeFormat format) => format switch
    {
        TimeFormat.UnixMs => 1_000,
        TimeFormat.UnixUs => 1_000_000,
        TimeFormat.UnixNs => 1_000_000_000,
        _ => 1,
    };
}
