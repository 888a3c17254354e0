using System.Globalization;
using Consort.Experiments.Statistics;

namespace Consort.Studies.Recipes;

/// <summary>What stands in cells beside plain numbers; what is not known is empty.</summary>
internal static class Cells
{
    /// <summary>The format of a difference.</summary>
    public const string Signed = Comparison.Format;

    /// <summary>How tables of recipes write numbers: one that is not finite is an empty cell.</summary>
    public static CultureInfo Culture { get; } = Blank();

    /// <summary>The ends of an interval.</summary>
    public static string? Interval(Comparison? of, string format = "F5") =>
        of is null ? null : $"{of.Low.ToString(format, Culture)} … {of.High.ToString(format, Culture)}";

    /// <summary>The ends of the interval of a share, in per cent; of one without ends the word for it.</summary>
    public static string? Interval(Share? of, string format) => of is null ? null : !of.IsBounded ? "open"
        : $"{(100 * of.Low).ToString(format, Culture)} … {(100 * of.High).ToString(format, Culture)}";

    /// <summary>A p-value.</summary>
    public static string? P(Comparison? of) => P(of?.PValue);

    /// <summary>A p-value or a q-value.</summary>
    public static string? P(double? of) => of is < 0.001 ? "<0.001" : of?.ToString("F3", Culture);

    /// <summary>Least and greatest.</summary>
    public static string Range(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return string.Join(" – ", new[] { all.Min(), all.Max() }.Take(all.Length).Select(v => v.ToString("F5", Culture)));
    }

    private static CultureInfo Blank()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var numbers = culture.NumberFormat;
        (numbers.NaNSymbol, numbers.PositiveInfinitySymbol, numbers.NegativeInfinitySymbol) = ("", "", "");
        return CultureInfo.ReadOnly(culture);
    }
}
