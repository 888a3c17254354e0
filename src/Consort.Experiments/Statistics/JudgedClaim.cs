namespace Consort.Experiments.Statistics;

/// <summary>A claim with its verdict among the others of its table.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="LeastGain">Differences below it do not count.</param>
/// <param name="P">Of no difference, by the joint error, adjusted by Holm over the table's claims; null where that is not known.</param>
/// <param name="EquivalenceP">Of a difference that counts, by two one-sided tests, adjusted likewise.</param>
internal sealed record JudgedClaim(Claim Claim, double LeastGain, double? P, double? EquivalenceP)
{
    /// <summary>How rare a mistake must be.</summary>
    public const double Alpha = 1 - Comparison.Confidence;

    /// <summary>
    /// Negligible where the equivalence is significant; else, where the difference is: confirmed if it is positive and counts, refuted if
    /// it is negative; else undecided.
    /// </summary>
    public Verdict Verdict => Claim.Joint is not { } joint ? Verdict.Undecided
        : EquivalenceP < Alpha ? Verdict.Negligible
        : !(P < Alpha) ? Verdict.Undecided
        : joint.Difference < 0 ? Verdict.Refuted
        : joint.Difference >= LeastGain ? Verdict.Confirmed
        : Verdict.Undecided;

    /// <summary>The verdict for people.</summary>
    public string Word => Verdict.ToString().ToLowerInvariant();

    /// <summary>
    /// Judges the claims of a table together: each of the two questions, is there a difference and is it negligible, is asked so that even
    /// one wrong answer in the table has at most the probability <see cref="Alpha"/>.
    /// </summary>
    /// <param name="claims">All of the table.</param>
    /// <param name="leastGain">Of those claims that have no other.</param>
    public static IReadOnlyList<JudgedClaim> Of(IReadOnlyList<Claim> claims, double leastGain)
    {
        var p = ManyTests.Holm([.. claims.Select(c => c.Joint?.PValue)]);
        var equivalence = ManyTests.Holm([.. claims.Select(c => c.Joint?.EquivalenceP(c.LeastGain ?? leastGain))]);
        return [.. claims.Select((c, i) => new JudgedClaim(c, c.LeastGain ?? leastGain, p[i], equivalence[i]))];
    }
}
