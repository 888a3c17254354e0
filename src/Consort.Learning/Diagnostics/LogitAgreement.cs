using Consort.Foundation.Numbers;
using Consort.Learning.Evaluation;
using Consort.Learning.Losses;

namespace Consort.Learning.Diagnostics;

/// <summary>How alike two outputs are on the same rows. Every measure is the same whichever of the two is named first.</summary>
public static class LogitAgreement
{
    /// <summary>Pairs of rows that <see cref="RankAgreement"/> looks at.</summary>
    public const int Pairs = 200_000;

    /// <summary>Pearson's correlation of the logits, −1 to 1; NaN where one is constant.</summary>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static double Correlation(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        Labels.CheckLengths(first.Length, second.Length);
        double n = first.Length, firstSum = 0, secondSum = 0;
        for (var i = 0; i < first.Length; i++)
        {
            firstSum += first[i];
            secondSum += second[i];
        }

        double variance = 0, otherVariance = 0, covariance = 0;
        for (var i = 0; i < first.Length; i++)
        {
            var (x, y) = (first[i] - (firstSum / n), second[i] - (secondSum / n));
            variance += x * x;
            otherVariance += y * y;
            covariance += x * y;
        }

        return covariance / Math.Sqrt(variance * otherVariance);
    }

    /// <summary>Mean and greatest |p_first − p_second|, both 0 to 1.</summary>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static (double Mean, double Max) Difference(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        Labels.CheckLengths(first.Length, second.Length);
        double sum = 0, max = 0;
        for (var i = 0; i < first.Length; i++)
        {
            var difference = Math.Abs(Logistic.Sigmoid(first[i]) - Logistic.Sigmoid(second[i]));
            sum += difference;
            max = Math.Max(max, difference);
        }

        return (sum / first.Length, max);
    }

    /// <summary>
    /// The share of pairs of rows that both put in the same order, over <see cref="Pairs"/> pairs drawn at random: (τ + 1)/2 with Kendall's
    /// τ where nothing ties. A pair that both tie counts one, one that only one of them ties counts a half.
    /// </summary>
    /// <param name="first">Logits, [n].</param>
    /// <param name="second">Logits, [n].</param>
    /// <returns>0 to 1; NaN for fewer than two rows.</returns>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static double RankAgreement(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        Labels.CheckLengths(first.Length, second.Length);
        if (first.Length < 2)
            return double.NaN;
        var random = new CounterRandom(0, "rank agreement");
        long halves = 0;
        for (var pair = 0; pair < Pairs; pair++)
        {
            var i = (int)(random.Uniform((ulong)pair * 2) * first.Length);
            var j = (int)(random.Uniform(((ulong)pair * 2) + 1) * (first.Length - 1));
            j += j >= i ? 1 : 0; // another row
            var (x, y) = (first[i].CompareTo(first[j]), second[i].CompareTo(second[j]));
            halves += x == y ? 2 : x == 0 || y == 0 ? 1 : 0;
        }

        return halves / (2.0 * Pairs);
    }
}
