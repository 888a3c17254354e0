using Consort.Foundation.Options;
using Consort.Learning.Diagnostics;

namespace Consort.Studies.Diagnostics;

/// <summary>What a diagnosed run gave on each row, for comparisons with other runs.</summary>
/// <param name="Setting">Its options without seeds and folders.</param>
/// <param name="Labels">[n].</param>
/// <param name="Logits">Of the ensemble, [n].</param>
internal sealed record RunOutputs(OptionTree Setting, float[] Labels, float[] Logits)
{
    /// <summary>Options without seeds, and without folders, which differ from seed to seed.</summary>
    public static OptionTree Without(OptionTree options) => options.Without(
        "training.seed", "data.seed", "data.folder", "training.from", "training.teachers", "phases[*].from", "phases[*].teachers");
}

/// <summary>
/// How far apart two runs are on the same rows: what users of a retrained model see change. Source of the word: Cormier et al. 2016; for
/// clicks Anil et al. 2018 (codistillation), which measures it as the mean |p − p'|.
/// </summary>
/// <param name="First">A run.</param>
/// <param name="Second">Another.</param>
/// <param name="SeedsAlone">Whether they differ in their seed only.</param>
/// <param name="MeanProbabilityDifference">Mean |p − p'| of the ensembles, 0 to 1.</param>
/// <param name="MaxProbabilityDifference">The greatest.</param>
/// <param name="RankAgreement">Share of sampled pairs of rows that both put in the same order.</param>
public sealed record Churn(
    string First, string Second, bool SeedsAlone, double MeanProbabilityDifference, double MaxProbabilityDifference, double RankAgreement)
{
    /// <summary>All pairs of runs that were measured on the same rows.</summary>
    internal static IReadOnlyList<Churn> Of(IReadOnlyList<Diagnosis> runs) =>
        [.. from i in Enumerable.Range(0, runs.Count)
            from j in Enumerable.Range(i + 1, runs.Count - i - 1)
            where runs[i].Outputs is { } a && runs[j].Outputs is { } b && a.Labels.AsSpan().SequenceEqual(b.Labels)
            select Between(runs[i], runs[j])];

    private static Churn Between(Diagnosis first, Diagnosis second)
    {
        var (a, b) = (first.Outputs!, second.Outputs!);
        var (mean, max) = LogitAgreement.Difference(a.Logits, b.Logits);
        return new Churn(
            first.Run, second.Run, first.Seed != second.Seed && Equals(a.Setting, b.Setting), mean, max,
            LogitAgreement.RankAgreement(a.Logits, b.Logits));
    }
}
