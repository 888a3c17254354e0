using Consort.Learning.Evaluation;

namespace Consort.Experiments.Statistics;

/// <summary>How much of a teacher's gain a student keeps, both against models by labels alone, on the same test rows.</summary>
/// <param name="Gain">Teacher minus the mean of these, AUC by DeLong.</param>
/// <param name="Share">(student − mean) / (teacher − mean), by Fieller over the AUCs' covariances; null where the gain may be none.</param>
internal sealed record GainShare(Comparison Gain, Share? Share)
{
    /// <summary>Measures it; null where rows cannot be compared.</summary>
    /// <param name="student">The student.</param>
    /// <param name="teacher">The teacher.</param>
    /// <param name="alone">One or several, whose AUCs' mean counts.</param>
    public static GainShare? Of(RowLogits student, RowLogits teacher, IReadOnlyList<RowLogits> alone)
    {
        RowLogits[] rows = [student, teacher, .. alone];
        var labels = rows[0].Labels;
        var clicks = labels.Count(y => y == 1);
        if (clicks < 2 || labels.Length - clicks < 2
            || rows.Any(r => !r.Labels.AsSpan().SequenceEqual(labels) || r.Logits.Any(float.IsNaN)))
            return null;
        var (auc, covariance) = DeLong.Measure(labels, [.. rows.Select(r => r.Logits)], rows[0].Weights);
        double[] kept = [1, 0, .. alone.Select(_ => -1.0 / alone.Count)], whole = [0, 1, .. alone.Select(_ => -1.0 / alone.Count)];
        var gain = Comparison.FromNormal(Value(whole), Math.Sqrt(Math.Max(0, Spread(whole, whole))));
        var share = Statistics.Share.Fieller(
            Value(kept), gain.Difference, Spread(kept, kept), Spread(whole, whole), Spread(kept, whole), double.PositiveInfinity);
        return new GainShare(gain, gain.Difference > 0 && share.IsBounded ? share : null);

        double Value(double[] weights) => weights.Select((w, i) => w * auc[i]).Sum();

        double Spread(double[] a, double[] b)
        {
            var sum = 0.0;
            for (var i = 0; i < a.Length; i++)
                for (var j = 0; j < b.Length; j++)
                    sum += a[i] * b[j] * covariance[i, j];
            return sum;
        }
    }
}
