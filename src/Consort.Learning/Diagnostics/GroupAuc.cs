using Consort.Learning.Evaluation;

namespace Consort.Learning.Diagnostics;

/// <summary>
/// AUC within groups, weighted by impressions: gAUC = Σ_g n_g · AUC_g / Σ_g n_g over the groups that have clicks and others. Source: Zhu et
/// al. 2017 (Optimized Cost per Click in Taobao), Zhou et al. 2018 (DIN), eq. 7, weighted by impressions.
/// </summary>
/// <param name="Field">The column whose values are the groups.</param>
/// <param name="Auc">gAUC, 0 to 1; NaN where no group has both classes.</param>
/// <param name="Groups">Groups with both classes: those that count.</param>
/// <param name="Rows">Rows of these.</param>
/// <param name="OneClassGroups">Groups left out because all their labels are alike.</param>
/// <param name="OneClassRows">Rows of these.</param>
/// <param name="UngroupedRows">Rows left out because the value is missing or was not in the training rows.</param>
public sealed record GroupAuc(string Field, double Auc, int Groups, long Rows, int OneClassGroups, long OneClassRows, long UngroupedRows)
{
    /// <summary>Measures one output.</summary>
    /// <param name="field">The column.</param>
    /// <param name="logits">[n].</param>
    /// <param name="labels">0 or 1, [n].</param>
    /// <param name="groups">A number of the group a row, or −1 for a row without, [n].</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public static GroupAuc Of(string field, ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<int> groups)
    {
        Labels.CheckLengths(logits.Length, labels.Length);
        Labels.CheckLengths(logits.Length, groups.Length);
        var (keys, clicks, count) = (new ulong[logits.Length], new bool[logits.Length], 0);
        var undefined = false;
        for (var i = 0; i < logits.Length; i++)
        {
            var click = Labels.IsClick(labels[i]);
            if (groups[i] < 0)
                continue;
            undefined |= float.IsNaN(logits[i]);
            // Rows of one group side by side, in the order of their logits.
            (keys[count], clicks[count]) = (((ulong)(uint)groups[i] << 32) | KeyList.Key(logits[i]), click);
            count++;
        }

        Array.Sort(keys, clicks, 0, count);
        double weighted = 0;
        int counted = 0, oneClass = 0;
        long rows = 0, oneClassRows = 0;
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start + 1; end < count && keys[end] >> 32 == keys[start] >> 32;)
                end++;
            if (AucOfSorted(keys.AsSpan(start, end - start), clicks.AsSpan(start, end - start)) is { } auc)
            {
                weighted += auc * (end - start);
                rows += end - start;
                counted++;
            }
            else
            {
                oneClassRows += end - start;
                oneClass++;
            }
        }

        return new GroupAuc(field, undefined ? double.NaN : weighted / rows, counted, rows, oneClass, oneClassRows, logits.Length - count);
    }

    // The share of (click, other) pairs in which the click stands above, ties counting half; null without such pairs.
    private static double? AucOfSorted(ReadOnlySpan<ulong> keys, ReadOnlySpan<bool> clicks)
    {
        double others = 0, hits = 0, wins = 0;
        for (int start = 0, end; start < keys.Length; start = end)
        {
            double tiedOthers = 0, tiedHits = 0;
            for (end = start; end < keys.Length && keys[end] == keys[start]; end++)
            {
                if (clicks[end])
                    tiedHits++;
                else
                    tiedOthers++;
            }

            wins += tiedHits * (others + (tiedOthers / 2));
            others += tiedOthers;
            hits += tiedHits;
        }

        return hits == 0 || others == 0 ? null : wins / (hits * others);
    }
}
