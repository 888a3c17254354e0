using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;

namespace Consort.Studies.Recipes;

/// <summary>Judged claims as a table, how they were judged, and how many replicates would decide them.</summary>
internal static class ClaimLines
{
    /// <summary>A claim a row; its keys for machines stay as they are.</summary>
    public static ResultTable Table(IReadOnlyList<JudgedClaim> claims) => ResultTable.Of(
        claims,
        new("claim", c => c.Claim.Text, Key: "claim") { IsProse = true },
        new("difference", c => (c.Claim.Seeds ?? c.Claim.Rows)?.Difference, Cells.Signed, "difference"),
        new("95 % over seeds", c => Cells.Interval(c.Claim.Seeds, Cells.Signed), ResultColumn.Right) { IsWide = true },
        new(null, c => c.Claim.Seeds?.Low, Key: "seeds_low"),
        new(null, c => c.Claim.Seeds?.High, Key: "seeds_high"),
        new(null, c => c.Claim.Seeds?.PValue, Key: "seeds_p"),
        new("95 % over rows", c => Cells.Interval(c.Claim.Rows, Cells.Signed), ResultColumn.Right) { IsWide = true },
        new(null, c => c.Claim.Rows?.Low, Key: "rows_low"),
        new(null, c => c.Claim.Rows?.High, Key: "rows_high"),
        new(null, c => c.Claim.Rows?.PValue, Key: "rows_p"),
        new(null, c => c.Claim.Models?.Low, Key: "models_low"),
        new(null, c => c.Claim.Models?.High, Key: "models_high"),
        new("95 % of all", c => Cells.Interval(c.Claim.Joint, Cells.Signed), ResultColumn.Right),
        new(null, c => c.Claim.Joint?.Low, Key: "joint_low"),
        new(null, c => c.Claim.Joint?.High, Key: "joint_high"),
        new(null, c => c.Claim.Joint?.PValue, Key: "joint_p"),
        new("p (Holm)", c => Cells.P(c.P), ResultColumn.Right),
        new(null, c => c.P, Key: "p_holm"),
        new("p negligible", c => c.LeastGain > 0 ? Cells.P(c.EquivalenceP) : null, ResultColumn.Right) { IsWide = true },
        new(null, c => c.EquivalenceP, Key: "negligible_p_holm"),
        new(null, c => c.LeastGain, Key: "least_gain"),
        new("replicates to decide", Needed, ResultColumn.Right) { ShortHead = "needs" },
        new(null, c => c.LeastGain > 0 ? Power.Of(c.Claim)?.NeededToFind(c.LeastGain) : null, Key: "replicates_to_find"),
        new(null, c => c.LeastGain > 0 ? Power.Of(c.Claim)?.NeededToDismiss(c.LeastGain) : null, Key: "replicates_to_dismiss"),
        new("verdict", c => c.Word, ResultColumn.Right, "verdict")) with
    { Culture = Cells.Culture };

    /// <summary>Lines below the table.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<JudgedClaim> claims, double leastGain)
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"Verdicts: the least difference of AUC that counts is {leastGain:0.0####}. Confirmed: the difference is significant, positive and at least that; negligible: significantly smaller than that on both sides (two one-sided tests); refuted: significant and negative; else undecided, as with a single seed. Of spread and discrepancy every difference counts. Significant is p < 0.05 after Holm's correction for the {claims.Count} claims of this table. \"95 % of all\" is one interval for new seeds, new test rows and, where a claim is over several models, new models: SE² = SE_rows² + s²/n, Student's t with Satterthwaite's degrees of freedom; members' own numbers: of seeds alone.");
        if (Needs(claims, leastGain) is { } needs)
            yield return needs;
    }

    // The most that a claim of AUC needs, by itself and as the first in Holm's order.
    private static string? Needs(IReadOnlyList<JudgedClaim> claims, double leastGain)
    {
        var powers = claims.Where(c => c.LeastGain == leastGain && leastGain > 0).Select(c => Power.Of(c.Claim)).OfType<Power>().ToArray();
        if (powers.Length == 0)
            return null;
        var strict = JudgedClaim.Alpha / claims.Count;
        var needed = powers.Select(p => (Alone: p.NeededToFind(leastGain), All: p.NeededToFind(leastGain, strict))).ToArray();
        var replicates = claims.Max(c => c.Claim.Seeds?.Degrees) + 1;
        var never = needed.Count(n => n.Alone is null);
        var text = string.Create(CultureInfo.InvariantCulture,
            $"To decide {leastGain:0.0####} with 80 % power, by what {replicates} replicates showed (the standard deviation of few may be wrong by a factor of two):");
        if (never < needed.Length)
            text += string.Create(CultureInfo.InvariantCulture,
                $" {needed.Max(n => n.Alone)} replicates for any one claim by itself, {(needed.Any(n => n is { Alone: not null, All: null }) ? "more than can be run" : needed.Max(n => n.All))} for all {claims.Count} together.");
        if (never > 0)
            text += string.Create(CultureInfo.InvariantCulture,
                $" {never} of {needed.Length} no number of replicates up to {Power.Most:N0} decides, as test rows or models alone leave a standard error of up to {powers.Max(p => p.Error(Power.Most).StandardError):F5}: more test rows are needed.");
        return text;
    }

    private static string? Needed(JudgedClaim claim) => !(claim.LeastGain > 0) || Power.Of(claim.Claim) is not { } power ? null
        : power.NeededToFind(claim.LeastGain)?.ToString(CultureInfo.InvariantCulture) ?? "∞";
}
