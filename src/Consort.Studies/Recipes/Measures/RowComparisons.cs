using Consort.Experiments.Statistics;
using Consort.Learning.Evaluation;
using MathNet.Numerics;

namespace Consort.Studies.Recipes.Measures;

/// <summary>Two families on the same rows of the test split, first minus second.</summary>
/// <param name="Auc">By DeLong.</param>
/// <param name="LogLoss">By the bootstrap, or of clusters by their sums.</param>
internal sealed record RowComparison(Comparison Auc, Comparison LogLoss);

/// <summary>Comparisons on rows, each made once however often the table is written.</summary>
/// <param name="clusters">What each row of the test split belongs to; null where rows stand for themselves.</param>
internal sealed class RowComparisons(IReadOnlyList<int>? clusters = null)
{
    private readonly Dictionary<string, RowComparison?> _known = [];

    /// <summary>Those of a recipe.</summary>
    public static RowComparisons Of(RecipeMemory memory) => memory.Of("", () => new RowComparisons(memory.Clusters));

    /// <summary>Compares two families; null where the labels are too few of one kind, or a logit is NaN.</summary>
    public RowComparison? Compare(Measured first, Measured second) => Compare([(first, second)]);

    /// <summary>
    /// Compares two families over seeds, which are averaged row by row; null likewise, and of the mean of members whose rows are not kept.
    /// </summary>
    public RowComparison? Compare(IReadOnlyList<(Measured First, Measured Second)> seeds)
    {
        var key = string.Join('\n', seeds.Select(s => $"{s.First.Key}\t{s.Second.Key}"));
        return _known.TryGetValue(key, out var known) ? known : _known[key] = Measure(seeds);
    }

    // A mean over models by themselves is compared model by model, each as often as any other: what rows say is averaged over them, too.
    private static IEnumerable<(RowLogits First, RowLogits Second)> Pairs(Measured first, Measured second)
    {
        var (a, b) = (first.Apart ?? [first.Rows], second.Apart ?? [second.Rows]);
        var pairs = a.Count == 0 || b.Count == 0 ? 0 : (int)Euclid.LeastCommonMultiple(a.Count, b.Count);
        for (var i = 0; i < pairs; i++)
            yield return (a[i % a.Count](), b[i % b.Count]());
    }

    private RowComparison? Measure(IReadOnlyList<(Measured First, Measured Second)> seeds)
    {
        (RowDifferences Sum, float[] Labels)? all = null;
        foreach (var (a, b) in seeds.SelectMany(s => Pairs(s.First, s.Second)))
        {
            var clicks = a.Labels.Count(y => y == 1);
            all ??= (new RowDifferences(a.Labels, Clusters(a.Labels.Length), a.Weights), a.Labels);
            if (clicks < 2 || a.Labels.Length - clicks < 2 || !a.Labels.AsSpan().SequenceEqual(b.Labels)
                || !a.Labels.AsSpan().SequenceEqual(all.Value.Labels) || a.Logits.Any(float.IsNaN) || b.Logits.Any(float.IsNaN))
                return null;
            all.Value.Sum.Add(a.Logits, b.Logits);
        }

        return all is { Sum: var sum } ? new RowComparison(sum.Auc(), sum.LogLoss(seed: 1)) : null;
    }

    private IReadOnlyList<int>? Clusters(int rows) => clusters is { } found && found.Count != rows
        ? throw new ConsortException($"--cluster: found {found.Count} test rows, expected the {rows} that runs were measured on")
        : clusters;
}
