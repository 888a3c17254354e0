using System.Globalization;
using Consort.Foundation.Options;

namespace Consort.Data.Datasets;

/// <summary>When which split begins, in the time field's own zone.</summary>
/// <param name="Column">A field of kind time, or one that derives from YYMMDDHH.</param>
/// <param name="ValidFrom">Rows from here on are for validation; null for none.</param>
/// <param name="TestFrom">Rows from here on are for the test; null for none.</param>
/// <param name="Gap">Days before either of them whose rows are left out, so that what was learned is not of the very hour before.</param>
/// <param name="LeaveOut">Days whose rows are left out.</param>
public sealed record TimeSplit(string Column, DateTime? ValidFrom, DateTime? TestFrom, double Gap, IReadOnlyList<DateOnly> LeaveOut)
{
    private const string None = "-";

    /// <summary>Reads <c>column</c>, <c>valid_from</c>, <c>test_from</c>, <c>gap</c> and <c>leave_out</c>.</summary>
    /// <exception cref="ConsortException">A mistake in the options.</exception>
    public static TimeSplit Load(OptionMap map)
    {
        DateTime? From(string key) => map.TextOrNull(key) is { } text ? ReadTime(text) ?? throw map.Error(key, Mistake(text)) : null;
        return Of(map.TextOrNull("column"), From("valid_from"), From("test_from"), map.Number("gap", 0, 0, 10_000),
            [.. map.Texts("leave_out", []).Select(d =>
                ReadDay(d) ?? throw map.Error("leave_out", $"found \"{d}\", expected a day as 2026-11-30"))]);
    }

    /// <summary>Checks that they fit together.</summary>
    /// <exception cref="ConsortException">They do not.</exception>
    public static TimeSplit Of(string? column, DateTime? validFrom, DateTime? testFrom, double gap, IReadOnlyList<DateOnly> leaveOut)
    {
        if (column is null) throw new ConsortException("split: found by: time without column, expected the field whose time decides");
        if (validFrom is null && testFrom is null)
            throw new ConsortException("split: found by: time without valid_from and test_from, expected at least one of them");
        if (validFrom >= testFrom)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"split: found valid_from {validFrom:s} and test_from {testFrom:s}, expected the test to begin later"))
            { Key = "valid_from" };
        return new TimeSplit(column, validFrom, testFrom, gap, leaveOut);
    }

    /// <summary>A time as ISO 8601, in whatever zone is meant; null for another text.</summary>
    public static DateTime? ReadTime(string text) => Encoders.IsoTime.TryRead(System.Text.Encoding.UTF8.GetBytes(text), out var ticks)
        ? new DateTime(ticks) : null;

    /// <summary>A day such as 2026-11-30; null for another text.</summary>
    public static DateOnly? ReadDay(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    /// <summary>What is wrong with a text that is no time.</summary>
    public static string Mistake(string text) => $"found \"{text}\", expected a time as ISO 8601, such as 2026-11-30 or 2026-11-30T12:00";

    internal string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"{Uri.EscapeDataString(Column)} valid {Show(ValidFrom)} test {Show(TestFrom)} gap {Gap:R} without {(LeaveOut.Count == 0 ? None : string.Join(',', LeaveOut.Select(d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))))}");

    internal static TimeSplit? Parse(ReadOnlySpan<string> words)
    {
        if (words is not [var column, "valid", var valid, "test", var test, "gap", var gap, "without", var days]
            || !double.TryParse(gap, CultureInfo.InvariantCulture, out var number)) return null;
        var leaveOut = days == None ? [] : days.Split(',').Select(ReadDay).ToArray();
        return leaveOut.Contains(null) ? null
            : new TimeSplit(Uri.UnescapeDataString(column), ReadTime(valid), ReadTime(test), number, [.. leaveOut.Select(d => d!.Value)]);
    }

    private static string Show(DateTime? time) => time?.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture) ?? None;
}
