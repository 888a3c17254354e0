using Consort.Foundation.Numbers;
using MathNet.Numerics.Statistics;

namespace Consort.Experiments.Statistics;

/// <summary>
/// Compares the log-losses of two models on the same rows by drawing rows with replacement: the differences row by row are drawn, so that
/// hard rows, which are hard for both, cancel. The interval is the percentile interval; the p-value is twice the smaller share of draws on
/// one side of zero, at least 1/draws. Source: Efron and Tibshirani 1993, chapters 13 and 16.
/// </summary>
internal static class Bootstrap
{
    /// <summary>Draws unless told otherwise.</summary>
    public const int DefaultDraws = 2000;

    // Rows in groups of equal size: drawing whole groups costs a draw a group, and many rows a group change the error of a mean by nothing.
    private const int MostGroups = 4096;

    /// <summary>First minus second, of the mean over rows.</summary>
    /// <param name="first">Loss of each row under one model, [n].</param>
    /// <param name="second">Under the other, [n].</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="draws">At least 100.</param>
    /// <exception cref="ArgumentException">Lengths differ, or fewer than two rows.</exception>
    public static Comparison Compare(ReadOnlySpan<double> first, ReadOnlySpan<double> second, ulong seed, int draws = DefaultDraws)
    {
        if (first.Length != second.Length || first.Length < 2)
            throw new ArgumentException($"found {first.Length} and {second.Length} rows, expected as many, at least two");
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 100);
        var groups = Groups(first, second, seed, out var difference);
        var random = new CounterRandom(seed, "bootstrap");
        var means = new double[draws];
        ulong number = 0;
        for (var draw = 0; draw < draws; draw++)
        {
            var sum = 0.0;
            for (var i = 0; i < groups.Length; i++)
                sum += groups[(int)(random.Uniform(number++) * groups.Length)];
            means[draw] = sum / groups.Length;
        }

        Array.Sort(means);
        var error = new Replicates(means).Deviation;
        var tail = (1 - Comparison.Confidence) / 2;
        var below = (means.Count(m => m < 0) + means.Count(m => m <= 0)) / 2.0 / draws;
        var p = error == 0 ? (difference == 0 ? 1 : 0) : Math.Clamp(2 * Math.Min(below, 1 - below), 1.0 / draws, 1);
        return new Comparison(difference, error, Quantile(tail), Quantile(1 - tail), p);

        double Quantile(double share) => SortedArrayStatistics.QuantileCustom(means, share, QuantileDefinition.R7);
    }

    // Mean differences of groups of rows drawn without order. Rows that do not fill a last group are dealt out one a group.
    private static double[] Groups(ReadOnlySpan<double> first, ReadOnlySpan<double> second, ulong seed, out double difference)
    {
        var order = new int[first.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var random = new CounterRandom(seed, "bootstrap groups");
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = (int)(random.Uniform((ulong)i) * (i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        var count = Math.Min(order.Length, MostGroups);
        var (sums, rows) = (new double[count], new int[count]);
        var total = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            var d = first[order[i]] - second[order[i]];
            sums[i % count] += d;
            rows[i % count]++;
            total += d;
        }

        difference = total / order.Length;
        for (var i = 0; i < count; i++)
            sums[i] = sums[i] / rows[i];
        return sums;
    }
}
