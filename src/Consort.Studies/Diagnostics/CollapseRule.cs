using System.Globalization;

namespace Consort.Studies.Diagnostics;

/// <summary>
/// What is called a collapse. Judged is the effective rank of the centred matrix, for a mean that all rows share says nothing about any of
/// them, beside the directions that there are, min(rows − 1, units).
/// </summary>
public static class CollapseRule
{
    /// <summary>Up to this effective rank a layer is collapsed, however few units it has more.</summary>
    public const double CollapsedRank = 1.5;

    /// <summary>Up to this share of the directions a layer is collapsed.</summary>
    public const double CollapsedShare = 0.05;

    /// <summary>Up to this share of the directions a layer is narrow.</summary>
    public const double NarrowShare = 0.25;

    /// <summary>Judges a layer.</summary>
    /// <param name="rows">Rows of its matrix.</param>
    /// <param name="units">Columns of its matrix.</param>
    /// <param name="centredRank">Effective rank of the centred matrix.</param>
    /// <returns>The verdict, and the sentence that gives its reason.</returns>
    public static (CollapseVerdict Verdict, string Explanation) Judge(long rows, int units, double centredRank)
    {
        var directions = (int)Math.Min(Math.Max(rows - 1, 1), units);
        var share = centredRank / directions;
        var verdict = directions > 1 && (centredRank <= CollapsedRank || share <= CollapsedShare) ? CollapseVerdict.Collapsed
            : share <= NarrowShare ? CollapseVerdict.Narrow : CollapseVerdict.Spread;
        var word = verdict switch
        {
            CollapseVerdict.Collapsed => "collapsed",
            CollapseVerdict.Narrow => "narrow",
            _ => "spread out",
        };
        return (verdict, string.Create(
            CultureInfo.InvariantCulture, $"{word}: rows differ in {centredRank:F1} effective directions of {directions} ({share:P0})"));
    }
}
