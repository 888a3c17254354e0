using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Reads a cell as a whole number, whose text is the token.</summary>
internal interface ICellCode
{
    /// <summary>What was expected in place of a cell that is none.</summary>
    static abstract string ExpectedFor(ReadOnlySpan<byte> cell);

    bool TryRead(ReadOnlySpan<byte> data, Cell cell, out long code);
}

/// <summary>Whole numbers by their buckets: x > 2 becomes floor(ln(x)²), others stay as they are (Criteo).</summary>
internal readonly struct BucketCode : ICellCode
{
    private const int Lowest = -64;
    private static readonly int[] Common = [.. Enumerable.Range(Lowest, 4096 - Lowest).Select(x => (int)Bucket(x))];

    public static string ExpectedFor(ReadOnlySpan<byte> cell) =>
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
        code = (ulong)(code - Lowest) < (ulong)Common.Length ? Common[code - Lowest] : Bucket(code);
        return true;
    }

    private static bool TryOther(ReadOnlySpan<byte> cell, out long number) =>
        NumberParser.TryInteger(cell, out number) || NumberParser.TryWholeCell(cell, out number);

    private static long Bucket(long x)
    {
        if (x <= 2) return x;
        var ln = Math.Log(x);
        return (long)Math.Floor(ln * ln);
    }
}

/// <summary>Hour, weekday or weekend of a time written YYMMDDHH; the year is of this century.</summary>
internal readonly struct TimeCode(TimePart part) : ICellCode
{
    /// <summary>The most values a part has.</summary>
    public const int Values = 24;

    public static string ExpectedFor(ReadOnlySpan<byte> cell) => "a time as YYMMDDHH or empty";

    public bool TryRead(ReadOnlySpan<byte> data, Cell place, out long code)
    {
        code = 0;
        var cell = NumberParser.WithoutZeros(place.Of(data));
        if (cell.Length != 8 || !NumberParser.TryInteger(cell, out var number) || number < 0) return false;
        int hour = (int)(number % 100), day = (int)(number / 100 % 100), month = (int)(number / 10_000 % 100),
            year = 2000 + (int)(number / 1_000_000);
        if (hour > 23 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        code = hour;
        if (part == TimePart.Hour) return true;
        var weekday = ((int)new DateTime(year, month, day).DayOfWeek + 6) % 7;
        code = part == TimePart.Weekday ? weekday : weekday >= 5 ? 1 : 0;
        return true;
    }
}
