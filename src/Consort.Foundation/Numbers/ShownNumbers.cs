using System.Globalization;

namespace Consort.Foundation.Numbers;

/// <summary>How numbers stand in tables and pages for people: invariant, and a dash for one that is not finite.</summary>
public static class ShownNumbers
{
    /// <summary>What stands for a number that is not known.</summary>
    public const string None = "–";

    /// <summary>The culture to format with.</summary>
    public static CultureInfo Culture { get; } = Make();

    private static CultureInfo Make()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var numbers = culture.NumberFormat;
        (numbers.NaNSymbol, numbers.PositiveInfinitySymbol, numbers.NegativeInfinitySymbol) = (None, None, None);
        return CultureInfo.ReadOnly(culture);
    }
}
