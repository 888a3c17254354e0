using System.Globalization;

namespace Consort.Foundation.Options;

/// <summary>Numbers of options, read from text within a range; what is wrong is said as "found …, expected …".</summary>
internal static class NumberText
{
    /// <summary>A whole number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="min">The least.</param>
    /// <param name="max">The greatest.</param>
    /// <param name="mistake">What is wrong, or null.</param>
    public static long Whole(string text, long min, long max, out string? mistake)
    {
        mistake = !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? $"found \"{text}\", expected a whole number"
            : value >= min && value <= max ? null
            : string.Create(CultureInfo.InvariantCulture, $"found {value}, expected {Range(min, max, long.MinValue, long.MaxValue)}");
        return value;
    }

    /// <summary>A finite number.</summary>
    /// <inheritdoc cref="Whole"/>
    public static double Finite(string text, double min, double max, out string? mistake)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
        mistake = isNumber && double.IsFinite(value)
            ? value >= min && value <= max ? null : $"found {text}, expected {RangeOf(min, max)}"
            : $"found \"{text}\", expected {(IsNotFinite(text, value) ? $"a finite number: {RangeOf(min, max)}" : "a number")}";
        return value;
    }

    /// <summary>A number as it stands in a file.</summary>
    public static string Of(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    // YAML's own words for what is not finite, .NET's, and numbers too large for a double.
    private static bool IsNotFinite(string text, double parsed) =>
        !double.IsFinite(parsed) || text.TrimStart('+', '-', '.').ToUpperInvariant() is "NAN" or "INF" or "INFINITY";

    private static string RangeOf(double min, double max) => Range(min, max, double.MinValue, double.MaxValue);

    private static string Range<T>(T min, T max, T lowest, T highest) where T : IComparable<T>, IFormattable
    {
        var (isOpenBelow, isOpenAbove) = (min.CompareTo(lowest) <= 0, max.CompareTo(highest) >= 0);
        return isOpenBelow && isOpenAbove ? "a number"
            : isOpenAbove ? $"at least {Of(min)}" : isOpenBelow ? $"at most {Of(max)}" : $"{Of(min)} to {Of(max)}";
    }
}
