using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Reads a cell as a whole number, whose text is the token.</summary>
internal interface ICellCode
{
    /// <summary>What was expected in place of a cell that is none.</summary>
    string ExpectedFor(ReadOnlySpan<byte> cell);

    bool TryRead(ReadOnlySpan<byte> data, Cell cell, out long code);

    /// <summary>Whether <see cref="Of"/> gives for a whole number of at most 18 digits what its text does.</summary>
    bool TakesNumbers => false;

    /// <summary>The code of such a number.</summary>
    long Of(long number) => number;
}

/// <summary>Whole numbers by their buckets: x > 2 becomes floor(ln(x)²), others stay as they are (Criteo).</summary>
internal readonly struct BucketCode : ICellCode
{
    private const int Lowest = -64;
    private static readonly int[] Common = [.. Enumerable.Range(Lowest, 4096 - Lowest).Select(x => (int)Bucket(x))];

    public string ExpectedFor(ReadOnlySpan<byte> cell) =>
        NumberParser.TryDecimal(cell, out var x) && x == Math.Floor(x) ? "a whole number of at most 18 digits" : "an integer or empty";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(ReadOnlySpan<byte> data, Cell cell, out long code)
    {
        code = NumberParser.FewDigits(data, cell);
        if (code < 0)
        {
            // Apart from the loop over plain numbers, where this one stays in a register.
            if (!TryOther(cell.Of(data), out var other)) return false;
            code = other;
        }
        code = Of(code);
        return true;
    }

    public bool TakesNumbers => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Of(long number) =>
        (ulong)(number - Lowest) < (ulong)Common.Length ? Common[number - Lowest] : Bucket(number);

    private static bool TryOther(ReadOnlySpan<byte> cell, out long number) =>
        NumberParser.TryInteger(cell, out number) || NumberParser.TryWholeCell(cell, out number);

    private static long Bucket(long x)
    {
        if (x <= 2) return x;
        var ln = Math.Log(x);
        return (long)Math.Floor(ln * ln);
    }
}

/// <summary>A part of a time.</summary>
/// <param name="part">Which, but for <see cref="TimePart.Age"/>.</param>
/// <param name="format">How the time is written; <see cref="TimeFormat.Auto"/> takes each text by itself.</param>
/// <param name="zone">What is added to it.</param>
internal readonly struct TimeCode(TimePart part, TimeFormat format, TimeSpan zone) : ICellCode
{
    /// <summary>Above the greatest value of a part.</summary>
    public const int Values = 32;

    public string ExpectedFor(ReadOnlySpan<byte> cell) => TimeText.Say(format, cell);

    public bool TryRead(ReadOnlySpan<byte> data, Cell cell, out long code)
    {
        code = 0;
        if (!TimeText.TryRead(cell.Of(data), format, out var time)) return false;
        time += zone.Ticks;
        var day = (int)Math.DivRem(time, TimeSpan.TicksPerDay, out var rest); // from the year 1, which began with a Monday
        code = part switch
        {
            TimePart.Hour => rest / TimeSpan.TicksPerHour,
            TimePart.Weekday => day % 7,
            TimePart.Weekend => day % 7 >= 5 ? 1 : 0,
            TimePart.Day => new DateTime(time).Day,
            _ => new DateTime(time).Month,
        };
        return true;
    }
}
