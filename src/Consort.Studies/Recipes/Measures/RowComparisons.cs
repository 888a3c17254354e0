using Consort.Experiments.Statistics;

namespace Consort.Studies.Recipes.Measures;

/// <summary>Two families on the same rows of the test split, first minus second.</summary>
/// <param name="Auc">By DeLong.</param>
/// <param name="LogLoss">By the bootstrap.</param>
internal sealed record RowComparison(Comparison Auc, Comparison LogLoss);

/// <summary>Comparisons on rows, each made once however often the table is written.</summary>
internal sealed class RowComparisons
{
    private readonly Dictionary<(string, string), RowComparison?> _known = [];

    /// <summary>Those of a recipe.</summary>
    public static RowComparisons Of(RecipeMemory memory) => memory.Of("", () => new RowComparisons());

    /// <summary>Compares two families; null where the labels are too few of one kind, or a logit is NaN.</summary>
    public RowComparison? Compare(Measured first, Measured second)
    {
        if (_known.TryGetValue((first.Key, second.Key), out var known))
            return known;
        var (a, b) = (first.Rows(), second.Rows());
        var clicks = a.Labels.Count(y => y == 1);
        var isComparable = clicks >= 2 && a.Labels.Length - clicks >= 2 && a.Labels.AsSpan().SequenceEqual(b.Labels)
            && !a.Logits.Any(float.IsNaN) && !b.Logits.Any(float.IsNaN);
        return _known[(first.Key, second.Key)] = isComparable
            ? new RowComparison(DeLong.Compare(a.Labels, a.Logits, b.Logits), Bootstrap.Compare(Losses(a), Losses(b), seed: 1))
            : null;
    }

    private static double[] Losses(Learning.Evaluation.RowLogits rows)
    {
        var losses = new double[rows.Labels.Length];
        for (var row = 0; row < losses.Length; row++)
        {
            double z = rows.Logits[row];
            losses[row] = Math.Max(z, 0) - (z * rows.Labels[row]) + Math.Log(1 + Math.Exp(-Math.Abs(z)));
        }

        return losses;
    }
}
