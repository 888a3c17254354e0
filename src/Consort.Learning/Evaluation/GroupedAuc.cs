namespace Consort.Learning.Evaluation;

/// <summary>
/// AUC within groups: Σ_g n_g · AUC_g / Σ_g n_g over the groups that have clicks and others, n_g the impressions of a group, each as often
/// as it counts.
/// </summary>
/// <param name="Auc">0 to 1; NaN where no group has both classes, or a logit was NaN.</param>
/// <param name="Groups">Groups with both classes.</param>
/// <param name="Rows">Rows of these.</param>
/// <param name="OneClassGroups">Groups whose labels are all alike.</param>
/// <param name="OneClassRows">Rows of these.</param>
internal readonly record struct GroupedAuc(double Auc, int Groups, long Rows, int OneClassGroups, long OneClassRows)
{
    /// <summary>Its 95 % interval for other groups; null where it was not asked for, or there are none.</summary>
    public (double Low, double High)? Interval { get; init; }

    /// <summary>Measures one output.</summary>
    /// <param name="logits">[n].</param>
    /// <param name="labels">0 or 1, [n].</param>
    /// <param name="groups">A number of the group a row, or −1 for a row without, [n].</param>
    /// <param name="weights">How much each row counts, [n]; none where all count alike.</param>
    /// <param name="withInterval">Whether to draw the interval, too.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public static GroupedAuc Of(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<int> groups,
        ReadOnlySpan<float> weights, bool withInterval)
    {
        Labels.CheckLengths(logits.Length, labels.Length);
        Labels.CheckLengths(logits.Length, groups.Length);
        if (!weights.IsEmpty)
            Labels.CheckLengths(logits.Length, weights.Length);
        var (keys, rows, count) = (new ulong[logits.Length], new Row[logits.Length], 0);
        var undefined = false;
        for (var i = 0; i < logits.Length; i++)
        {
            var click = Labels.IsClick(labels[i]);
            if (groups[i] < 0)
                continue;
            undefined |= float.IsNaN(logits[i]);
            // Rows of one group side by side, in the order of their logits.
            (keys[count], rows[count]) = (((ulong)(uint)groups[i] << 32) | KeyList.Key(logits[i]),
                new Row(click, weights.IsEmpty ? 1 : weights[i]));
            count++;
        }

        Array.Sort(keys, rows, 0, count);
        var bootstrap = withInterval ? new GroupBootstrap() : null;
        double weighted = 0, sum = 0;
        int counted = 0, oneClass = 0;
        long rowsCounted = 0, oneClassRows = 0;
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start + 1; end < count && keys[end] >> 32 == keys[start] >> 32;)
                end++;
            if (AucOfSorted(keys.AsSpan(start, end - start), rows.AsSpan(start, end - start), out var weight) is { } auc)
            {
                bootstrap?.Add(auc, weight);
                weighted += auc * weight;
                sum += weight;
                rowsCounted += end - start;
                counted++;
            }
            else
            {
                oneClassRows += end - start;
                oneClass++;
            }
        }

        return new GroupedAuc(undefined ? double.NaN : weighted / sum, counted, rowsCounted, oneClass, oneClassRows)
        {
            Interval = undefined ? null : bootstrap?.Interval(),
        };
    }

    // The share of (click, other) pairs in which the click stands above, ties counting half; null without such pairs.
    private static double? AucOfSorted(ReadOnlySpan<ulong> keys, ReadOnlySpan<Row> rows, out double weight)
    {
        double others = 0, hits = 0, wins = 0;
        for (int start = 0, end; start < keys.Length; start = end)
        {
            double tiedOthers = 0, tiedHits = 0;
            for (end = start; end < keys.Length && keys[end] == keys[start]; end++)
            {
                if (rows[end].Click)
                    tiedHits += rows[end].Weight;
                else
                    tiedOthers += rows[end].Weight;
            }

            wins += tiedHits * (others + (tiedOthers / 2));
            others += tiedOthers;
            hits += tiedHits;
        }

        weight = others + hits;
        return hits == 0 || others == 0 ? null : wins / (hits * others);
    }

    private readonly record struct Row(bool Click, float Weight);
}
