using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Studies.Reports.Pages;

/// <summary>Numbers for people: as many digits as they are worth, a dash for what is not known.</summary>
internal static class Numbers
{
    public const string None = ShownNumbers.None;

    /// <summary>The format of a difference.</summary>
    public const string Difference = Comparison.Format;

    private static readonly CultureInfo Culture = Make();

    /// <summary>A table of a page.</summary>
    public static ResultTable Table<T>(IEnumerable<T> rows, params IEnumerable<ResultColumn<T>?> columns) =>
        ResultTable.Of(rows, columns) with { Culture = Culture, Missing = None };

    public static string Auc(double? value) => Fixed(value, 5);

    public static string LogLoss(double? value) => Fixed(value, 5);

    public static string Whole(double? value) => Fixed(value, 0, "N");

    public static string Fixed(double? value, int digits, string format = "F") => value is { } number && double.IsFinite(number)
        ? number.ToString(format + digits.ToString(CultureInfo.InvariantCulture), Culture)
        : None;

    /// <summary>The ends of an interval, or nothing.</summary>
    public static string? Interval(double? low, double? high) => low is { } l && high is { } h && double.IsFinite(l + h)
        ? $"{Auc(l)} to {Auc(h)}" : null;

    /// <summary>The ends of a difference's interval, or nothing.</summary>
    public static string? Ends(Comparison? of) => of is null ? null : $"{Signed(of.Low)} to {Signed(of.High)}";

    /// <summary>With its sign: a difference.</summary>
    public static string Signed(double? value, int digits = 5) => value is { } number && double.IsFinite(number)
        ? (number > 0 ? "+" : "") + Fixed(number, digits)
        : None;

    /// <summary>Mean and standard deviation; the mean alone where there is one measurement.</summary>
    public static string WithDeviation(double mean, double deviation, int digits = 5) =>
        double.IsNaN(deviation) ? Fixed(mean, digits) : $"{Fixed(mean, digits)} ± {Fixed(deviation, digits)}";

    public static string Percent(double? share, int digits = 1) =>
        share is { } value && double.IsFinite(value) ? Fixed(100 * value, digits) + " %" : None;

    public static string P(double? value) => value is { } p && double.IsFinite(p)
        ? p < 0.001 ? "< 0.001" : Fixed(p, 3)
        : None;

    /// <summary>A rate such as 1e-3.</summary>
    public static string Rate(double value) =>
        value.ToString("0.###e+0", CultureInfo.InvariantCulture).Replace("e+0", "", StringComparison.Ordinal).Replace('-', '−');

    public static string Time(double seconds) =>
        seconds < 100 ? Fixed(seconds, 1) + " s" : seconds < 6000 ? Fixed(seconds / 60, 1) + " min" : Fixed(seconds / 3600, 1) + " h";

    private static CultureInfo Make()
    {
        var culture = (CultureInfo)ShownNumbers.Culture.Clone();
        culture.NumberFormat.NegativeSign = "−";
        return CultureInfo.ReadOnly(culture);
    }

    /// <summary>"1 seed", "3 seeds".</summary>
    public static string Count(long number, string word) => $"{Whole(number)} {word}{(number == 1 ? "" : "s")}";
}
