using System.Globalization;
using Consort.Experiments.Statistics;

namespace Consort.Studies.Recipes.Measures;

/// <summary>Numbers as cells of a table; what is not known is empty.</summary>
internal static class Cells
{
    /// <summary>A number with decimals.</summary>
    public static string Number(double? value, int decimals = 5) =>
        value is { } v && double.IsFinite(v) ? v.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : "";

    /// <summary>A whole number with thousands.</summary>
    public static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with its sign.</summary>
    public static string Signed(double? value, int decimals = 5) =>
        value is { } v && double.IsFinite(v) ? (v >= 0 ? "+" : "−") + Number(Math.Abs(v), decimals) : "";

    /// <summary>The ends of an interval.</summary>
    public static string Interval(Comparison? of, int decimals = 5) => of is null ? "" : $"{Number(of.Low, decimals)} … {Number(of.High, decimals)}";

    /// <summary>The ends of the interval of a difference.</summary>
    public static string SignedInterval(Comparison? of, int decimals = 5) => of is null ? "" : $"{Signed(of.Low, decimals)} … {Signed(of.High, decimals)}";

    /// <summary>A p-value.</summary>
    public static string P(Comparison? of) => of switch
    {
        null => "",
        { PValue: < 0.001 } => "<0.001",
        _ => Number(of.PValue, 3),
    };

    /// <summary>Least and greatest.</summary>
    public static string Range(IEnumerable<double> values, int decimals = 5)
    {
        var all = values.ToArray();
        return all.Length == 0 ? "" : all.Length == 1 ? Number(all[0], decimals) : $"{Number(all.Min(), decimals)} – {Number(all.Max(), decimals)}";
    }
}
