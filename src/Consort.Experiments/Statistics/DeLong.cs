namespace Consort.Experiments.Statistics;

/// <summary>
/// Compares the AUCs of two models on the same rows. An AUC is a mean over pairs of a click and a no-click, so its error comes from both
/// samples: with V10 of a click = share of no-clicks below it, V01 of a no-click = share of clicks above it (ties count half), Var(A − B) =
/// Var(V10ᴬ − V10ᴮ)/clicks + Var(V01ᴬ − V01ᴮ)/others. Source: DeLong, DeLong and Clarke-Pearson 1988; by midranks in O(n log n) as Sun and
/// Xu 2014 do it. Weights count as repetitions: shares, means, variances and numbers of rows are those of rows written out as often as
/// their weight says.
/// </summary>
internal static class DeLong
{
    /// <summary>First minus second.</summary>
    /// <param name="labels">0 or 1, [n]; at least two of each.</param>
    /// <param name="first">Logits or probabilities of one model, [n].</param>
    /// <param name="second">Of the other, [n].</param>
    /// <param name="weights">How often each row counts, [n]; none where all count once.</param>
    /// <exception cref="ArgumentException">Lengths differ, a label is neither 0 nor 1, or there are too few of one kind.</exception>
    public static Comparison Compare(ReadOnlySpan<float> labels, ReadOnlySpan<float> first, ReadOnlySpan<float> second,
        ReadOnlySpan<float> weights = default)
    {
        Check(labels, first, second, weights);
        var (a, b) = (Parts.Of(labels, first, weights), Parts.Of(labels, second, weights));
        var variance = Spread.OfMean(Differences(a.Clicks, b.Clicks), a.ClickWeights)
            + Spread.OfMean(Differences(a.Others, b.Others), a.OtherWeights);
        return Comparison.FromNormal(a.Auc - b.Auc, Math.Sqrt(variance));
    }

    /// <summary>The AUC of one model and its standard error.</summary>
    /// <param name="labels">0 or 1, [n]; at least two of each.</param>
    /// <param name="values">Logits or probabilities, [n].</param>
    /// <param name="weights">How often each row counts, [n]; none where all count once.</param>
    /// <exception cref="ArgumentException">As for two models.</exception>
    public static (double Auc, double StandardError) Measure(ReadOnlySpan<float> labels, ReadOnlySpan<float> values,
        ReadOnlySpan<float> weights = default)
    {
        Check(labels, values, values, weights);
        var parts = Parts.Of(labels, values, weights);
        return (parts.Auc, Math.Sqrt(Spread.OfMean(parts.Clicks, parts.ClickWeights) + Spread.OfMean(parts.Others, parts.OtherWeights)));
    }

    /// <summary>The AUCs of several models on the same rows, with their covariances.</summary>
    /// <param name="labels">0 or 1, [n]; at least two of each.</param>
    /// <param name="models">Logits or probabilities, one [n] a model.</param>
    /// <param name="weights">How often each row counts, [n]; null where all count once.</param>
    /// <exception cref="ArgumentException">As for two models.</exception>
    public static (double[] Auc, double[,] Covariance) Measure(ReadOnlySpan<float> labels, IReadOnlyList<float[]> models,
        float[]? weights = null)
    {
        var parts = new Parts[models.Count];
        for (var m = 0; m < parts.Length; m++)
        {
            Check(labels, models[m], models[m], weights);
            parts[m] = Parts.Of(labels, models[m], weights);
        }

        var covariance = new double[parts.Length, parts.Length];
        for (var a = 0; a < parts.Length; a++)
            for (var b = 0; b <= a; b++)
                covariance[a, b] = covariance[b, a] = Spread.OfMeans(parts[a].Clicks, parts[b].Clicks, parts[a].ClickWeights)
                    + Spread.OfMeans(parts[a].Others, parts[b].Others, parts[a].OtherWeights);
        return ([.. parts.Select(p => p.Auc)], covariance);
    }

    /// <summary>
    /// First minus second of what each row says of an AUC, in the order of the rows: V10 of a click, V01 of a no-click, [n].
    /// </summary>
    internal static double[] Differences(ReadOnlySpan<float> labels, ReadOnlySpan<float> first, ReadOnlySpan<float> second,
        ReadOnlySpan<float> weights)
    {
        Check(labels, first, second, weights);
        var (a, b) = (Parts.Of(labels, first, weights), Parts.Of(labels, second, weights));
        var differences = new double[labels.Length];
        int c = 0, o = 0;
        for (var i = 0; i < differences.Length; i++)
            differences[i] = labels[i] == 1 ? a.Clicks[c] - b.Clicks[c++] : a.Others[o] - b.Others[o++];
        return differences;
    }

    private static double[] Differences(double[] first, double[] second) => [.. first.Zip(second, (a, b) => a - b)];

    private static void Check(
        ReadOnlySpan<float> labels, ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> weights)
    {
        if (labels.Length != first.Length || labels.Length != second.Length || (!weights.IsEmpty && weights.Length != labels.Length))
            throw new ArgumentException($"found {labels.Length} labels for {first.Length} and {second.Length} values, expected as many");
        double clicks = 0, others = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            if (labels[i] == 1)
                clicks += weight;
            else if (labels[i] == 0)
                others += weight;
            else
                throw new ArgumentException($"found label {labels[i]}, expected 0 or 1");
            if (float.IsNaN(first[i]) || float.IsNaN(second[i]))
                throw new ArgumentException("found NaN among the values, expected numbers");
        }

        if (clicks < 2 || others < 2)
            throw new ArgumentException(FormattableString.Invariant(
                $"found {clicks} clicks and {others} others, each as often as it counts, expected at least two of each label"));
    }

    // V10 of each click and V01 of each no-click, in the order of the rows; no weights where all count once.
    private sealed record Parts(double[] Clicks, double[] Others, double[] ClickWeights, double[] OtherWeights, double Auc)
    {
        public static Parts Of(ReadOnlySpan<float> labels, ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
        {
            var (clicks, others) = (new List<float>(), new List<float>());
            var (ofClicks, ofOthers) = (new List<double>(), new List<double>());
            for (var i = 0; i < values.Length; i++)
            {
                (labels[i] == 1 ? clicks : others).Add(values[i]);
                if (!weights.IsEmpty)
                    (labels[i] == 1 ? ofClicks : ofOthers).Add(weights[i]);
            }

            var below = ShareBelow([.. clicks], [.. others], [.. ofOthers]);
            double[] above = [.. ShareBelow([.. others], [.. clicks], [.. ofClicks]).Select(share => 1 - share)];
            return new Parts(below, above, [.. ofClicks], [.. ofOthers], Spread.Mean(below, [.. ofClicks]));
        }
    }

    // For each value the share of the others below it; equal ones count half.
    private static double[] ShareBelow(float[] values, float[] others, double[] weights)
    {
        var sorted = (float[])others.Clone();
        var upTo = UpTo(sorted, weights);
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort((float[])values.Clone(), order);
        var shares = new double[values.Length];
        int below = 0, end = 0; // others < value, others ≤ value
        foreach (var i in order)
        {
            while (below < sorted.Length && sorted[below] < values[i])
                below++;
            end = Math.Max(end, below);
            while (end < sorted.Length && sorted[end] <= values[i])
                end++;
            shares[i] = (upTo[below] + (0.5 * (upTo[end] - upTo[below]))) / upTo[^1];
        }

        return shares;
    }

    // Sorts the values, and says how often those before each place count together.
    private static double[] UpTo(float[] values, double[] weights)
    {
        if (weights.Length == 0)
            Array.Sort(values);
        else
            Array.Sort(values, weights);
        var sums = new double[values.Length + 1];
        for (var i = 0; i < values.Length; i++)
            sums[i + 1] = sums[i] + (weights.Length == 0 ? 1 : weights[i]);
        return sums;
    }
}
