using MathNet.Numerics.Statistics;

namespace Consort.Experiments.Statistics;

/// <summary>
/// Compares the AUCs of two models on the same rows. An AUC is a mean over pairs of a click and a no-click, so its error comes from both
/// samples: with V10 of a click = share of no-clicks below it, V01 of a no-click = share of clicks above it (ties count half), Var(A − B) =
/// Var(V10ᴬ − V10ᴮ)/clicks + Var(V01ᴬ − V01ᴮ)/others. Source: DeLong, DeLong and Clarke-Pearson 1988; by midranks in O(n log n) as Sun and
/// Xu 2014 do it.
/// </summary>
public static class DeLong
{
    /// <summary>First minus second.</summary>
    /// <param name="labels">0 or 1, [n]; at least two of each.</param>
    /// <param name="first">Logits or probabilities of one model, [n].</param>
    /// <param name="second">Of the other, [n].</param>
    /// <exception cref="ArgumentException">Lengths differ, a label is neither 0 nor 1, or there are too few of one kind.</exception>
    public static Comparison Compare(ReadOnlySpan<float> labels, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var rows = Rows.Check(labels, first, second);
        var (firstClicks, firstOthers, firstAuc) = Components(labels, first, rows);
        var (secondClicks, secondOthers, secondAuc) = Components(labels, second, rows);
        var variance = (Differences(firstClicks, secondClicks).Variance() / rows.Clicks)
            + (Differences(firstOthers, secondOthers).Variance() / rows.Others);
        return Comparison.FromNormal(firstAuc - secondAuc, Math.Sqrt(variance));
    }

    /// <summary>The AUC of one model and its standard error.</summary>
    /// <param name="labels">0 or 1, [n]; at least two of each.</param>
    /// <param name="values">Logits or probabilities, [n].</param>
    /// <exception cref="ArgumentException">As for two models.</exception>
    public static (double Auc, double StandardError) Measure(ReadOnlySpan<float> labels, ReadOnlySpan<float> values)
    {
        var rows = Rows.Check(labels, values, values);
        var (clicks, others, auc) = Components(labels, values, rows);
        return (auc, Math.Sqrt((clicks.Variance() / rows.Clicks) + (others.Variance() / rows.Others)));
    }

    /// <summary>The AUCs of several models on the same rows, with their covariances.</summary>
    /// <param name="labels">0 or 1, [n]; at least two of each.</param>
    /// <param name="models">Logits or probabilities, one [n] a model.</param>
    /// <exception cref="ArgumentException">As for two models.</exception>
    public static (double[] Auc, double[,] Covariance) Measure(ReadOnlySpan<float> labels, IReadOnlyList<float[]> models)
    {
        var parts = new (double[] Clicks, double[] Others, double Auc)[models.Count];
        for (var m = 0; m < parts.Length; m++)
            parts[m] = Components(labels, models[m], Rows.Check(labels, models[m], models[m]));
        var covariance = new double[parts.Length, parts.Length];
        for (var a = 0; a < parts.Length; a++)
            for (var b = 0; b <= a; b++)
                covariance[a, b] = covariance[b, a] = (parts[a].Clicks.Covariance(parts[b].Clicks) / parts[a].Clicks.Length)
                    + (parts[a].Others.Covariance(parts[b].Others) / parts[a].Others.Length);
        return ([.. parts.Select(p => p.Auc)], covariance);
    }

    // V10 of each click and V01 of each no-click, in the order of the rows.
    private static (double[] Clicks, double[] Others, double Auc) Components(ReadOnlySpan<float> labels,
        ReadOnlySpan<float> values, Rows rows)
    {
        var (clickValues, otherValues) = (new float[rows.Clicks], new float[rows.Others]);
        int c = 0, o = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (labels[i] == 1)
                clickValues[c++] = values[i];
            else
                otherValues[o++] = values[i];
        }

        var (clicks, others) = (ShareBelow(clickValues, otherValues), ShareBelow(otherValues, clickValues));
        for (var i = 0; i < others.Length; i++)
            others[i] = 1 - others[i];
        return (clicks, others, clicks.Average());
    }

    /// <summary>
    /// First minus second of what each row says of an AUC, in the order of the rows: V10 of a click, V01 of a no-click, [n].
    /// </summary>
    internal static double[] Differences(ReadOnlySpan<float> labels, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var rows = Rows.Check(labels, first, second);
        var (a, b) = (Components(labels, first, rows), Components(labels, second, rows));
        var differences = new double[labels.Length];
        int c = 0, o = 0;
        for (var i = 0; i < differences.Length; i++)
            differences[i] = labels[i] == 1 ? a.Clicks[c] - b.Clicks[c++] : a.Others[o] - b.Others[o++];
        return differences;
    }

    // For each value the share of the others below it; equal ones count half.
    private static double[] ShareBelow(float[] values, float[] others)
    {
        var sorted = (float[])others.Clone();
        Array.Sort(sorted);
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort((float[])values.Clone(), order);
        var shares = new double[values.Length];
        int below = 0, upTo = 0; // others < value, others ≤ value
        foreach (var i in order)
        {
            while (below < sorted.Length && sorted[below] < values[i])
                below++;
            upTo = Math.Max(upTo, below);
            while (upTo < sorted.Length && sorted[upTo] <= values[i])
                upTo++;
            shares[i] = (below + (0.5 * (upTo - below))) / sorted.Length;
        }

        return shares;
    }

    private static IEnumerable<double> Differences(double[] first, double[] second) => first.Zip(second, (a, b) => a - b);

    private readonly record struct Rows(int Clicks, int Others)
    {
        public static Rows Check(ReadOnlySpan<float> labels, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
        {
            if (labels.Length != first.Length || labels.Length != second.Length)
                throw new ArgumentException($"found {labels.Length} labels for {first.Length} and {second.Length} values, expected as many");
            var clicks = 0;
            foreach (var label in labels)
                clicks += label == 1 ? 1 : label == 0 ? 0 : throw new ArgumentException($"found label {label}, expected 0 or 1");
            if (first.ContainsAnyNaN() || second.ContainsAnyNaN())
                throw new ArgumentException("found NaN among the values, expected numbers");
            return clicks >= 2 && labels.Length - clicks >= 2
                ? new Rows(clicks, labels.Length - clicks)
                : throw new ArgumentException($"found {clicks} clicks in {labels.Length} rows, expected at least two of each label");
        }
    }

    private static bool ContainsAnyNaN(this ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            if (float.IsNaN(value))
                return true;
        return false;
    }
}
