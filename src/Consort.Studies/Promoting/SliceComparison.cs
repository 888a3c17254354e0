using Consort.Experiments.Statistics;
using Consort.Learning.Losses;

namespace Consort.Studies.Promoting;

/// <summary>Two models on the rows that have one value of a field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Value">Its value, as the rows have it; empty for none.</param>
/// <param name="Rows">How many.</param>
/// <param name="Clicks">Those with label 1.</param>
/// <param name="NewLogLoss">Of the new model.</param>
/// <param name="OldLogLoss">Of the old one.</param>
/// <param name="Difference">Log-loss of the new one minus that of the old one.</param>
/// <param name="P">Of no difference, by Holm over all slices.</param>
public sealed record SliceComparison(
    string Field, string Value, int Rows, long Clicks, double NewLogLoss, double OldLogLoss, Comparison Difference, double P)
{
    private const int MostValues = 50;

    /// <summary>Whether the new model is surely worse by more than a margin.</summary>
    public bool IsWorse(double margin) => P < JudgedClaim.Alpha && Difference.Difference > margin;

    /// <summary>
    /// Compares slice by slice: of each field its most frequent values, 50 at the most, the worst for the new model first.
    /// </summary>
    internal static IReadOnlyList<SliceComparison> Of(Holdout holdout, float[] labels, float[] first, float[] second, double[] weights,
        int leastRows)
    {
        var losses = Losses(labels, first);
        var others = Losses(labels, second);
        var slices = new List<SliceComparison>();
        foreach (var field in holdout.Fields)
        {
            var rows = new List<int>[field.Values.Count];
            for (var row = 0; row < field.Rows.Count; row++)
                if (field.Rows[row] is >= 0 and var value)
                    (rows[value] ??= []).Add(row);
            foreach (var (value, of) in rows.Index().Where(r => r.Item.Count >= leastRows && r.Item.Count < labels.Length)
                         .OrderByDescending(r => r.Item.Count).Take(MostValues))
            {
                double[] counts = weights.Length == 0 ? [] : [.. of.Select(row => weights[row])];
                if (counts.Length > 0 && counts.Sum() <= 0)
                    continue;
                var (mine, theirs) = (of.Select(row => losses[row]).ToArray(), of.Select(row => others[row]).ToArray());
                slices.Add(new SliceComparison(
                    field.Name, field.Values[value], of.Count, of.Count(row => labels[row] == 1), Spread.Mean(mine, counts),
                    Spread.Mean(theirs, counts), PairedMean.Of([.. mine.Zip(theirs, (a, b) => a - b)],
                        holdout.Clusters is { } clusters ? [.. of.Select(row => clusters[row])] : null, counts), 1));
            }
        }

        var p = ManyTests.Holm([.. slices.Select(s => (double?)s.Difference.PValue)]);
        return [.. slices.Select((s, i) => s with { P = p[i]!.Value }).OrderByDescending(s => s.Difference.Difference)];
    }

    private static double[] Losses(float[] labels, float[] logits) =>
        [.. labels.Zip(logits, (y, z) => BinaryCrossEntropy.Value(y, z))];
}
