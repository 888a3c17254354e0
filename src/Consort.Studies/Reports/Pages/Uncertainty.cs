using Consort.Experiments.Statistics;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>How far numbers of a report can be trusted.</summary>
internal static class Uncertainty
{
    /// <summary>
    /// Standard error of an AUC that comes from the rows it was measured on: A(1−A) + (n₁−1)(Q₁−A²) + (n₀−1)(Q₂−A²) over n₁n₀, Q₁ =
    /// A/(2−A), Q₂ = 2A²/(1+A). Source: Hanley and McNeil 1982.
    /// </summary>
    public static double OfAuc(double auc, long clicks, long others)
    {
        if (clicks < 1 || others < 1)
            return double.NaN;
        var (first, second, square) = (auc / (2 - auc), 2 * auc * auc / (1 + auc), auc * auc);
        return Math.Sqrt(((auc * (1 - auc)) + ((clicks - 1) * (first - square))
            + ((others - 1) * (second - square))) / ((double)clicks * others));
    }

    /// <summary>"+0.00120 (95 % interval +0.00080 to +0.00160)".</summary>
    public static string Words(Comparison comparison) =>
        $"{Numbers.Signed(comparison.Difference)} (95 % interval {Numbers.Ends(comparison)})";

    /// <summary>The test split, or the validation split of runs without one.</summary>
    public static string SplitName(Setting setting) => setting.First.Test is null ? "validation" : "test";
}
