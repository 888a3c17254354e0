using Consort.Foundation.Options;

namespace Consort.Models;

/// <summary>How the logits of a family's members become the one logit of the ensemble.</summary>
public enum Fusion
{
    /// <summary>z = (1/M) Σ_m z_m.</summary>
    Mean,

    /// <summary>z = Σ_m z_m.</summary>
    Sum,

    /// <summary>z = Σ_m z_m, where the members' output layers are slices of one layer over all their last hidden layers.</summary>
    Concat,

    /// <summary>z = z_0: the other is an auxiliary head of the one member, which is read while it learns and never served.</summary>
    First,
}

/// <summary>What a fusion is called, where an experiment says it, and what it makes of a member's logit.</summary>
public static class Fusions
{
    private static readonly Domain<Fusion> Words = Domain.Words(("mean", Fusion.Mean), ("sum", Fusion.Sum), ("concat", Fusion.Concat));

    /// <summary>d z / d z_m, what each member's logit counts for: 1/M for the mean, else 1.</summary>
    public static double Share(this Fusion fusion, int members) => fusion == Fusion.Mean ? 1.0 / members : 1.0;

    /// <summary>As an experiment names it.</summary>
    public static string Name(this Fusion fusion) => fusion.ToString().ToLowerInvariant();

    /// <summary>
    /// Reads the key <c>fusion</c> beside <c>members</c>. It once stood in each phase's <c>strategy</c>, where it is still read: there it
    /// must say the same in all phases.
    /// </summary>
    /// <param name="options">The experiment.</param>
    /// <param name="strategies">The sections <c>strategy</c> of its phases, in their order.</param>
    /// <param name="isFinished">Whether this is what a run keeps: it was fused as its last phase says, whatever others did.</param>
    /// <exception cref="ConsortException">There is no such fusion, or two places name different ones.</exception>
    public static Fusion Read(OptionMap options, IReadOnlyList<OptionMap> strategies, bool isFinished)
    {
        var named = isFinished ? strategies[^1] : strategies.FirstOrDefault(s => s.Has("fusion"));
        var fusion = Words.Read(options, "fusion", named is null ? Fusion.Mean : Words.Read(named, "fusion", Fusion.Mean));
        if (!isFinished && strategies.FirstOrDefault(s => Words.Read(s, "fusion", fusion) != fusion) is { } other)
            throw other.Error("fusion", $"found {other.Text("fusion")} where the family's is {fusion.Name()}, expected the same, or `fusion` beside `members` alone");
        foreach (var strategy in strategies)
            strategy.Drop("fusion");
        return fusion;
    }
}
