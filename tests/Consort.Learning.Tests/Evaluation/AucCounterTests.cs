using Consort.Learning.Evaluation;

namespace Consort.Learning.Tests.Evaluation;

public sealed class AucCounterTests
{
    [Theory]
    [InlineData(new float[] { 0.1f, 0.4f, 0.35f, 0.8f }, new float[] { 0, 0, 1, 1 }, 0.75)] // the example of scikit-learn
    [InlineData(new float[] { 1, 1, 1, 1 }, new float[] { 0, 1, 0, 1 }, 0.5)]
    [InlineData(new float[] { 3, 2, 1 }, new float[] { 0, 0, 1 }, 0.0)]
    [InlineData(new float[] { -2, -1, 0 }, new float[] { 0, 1, 1 }, 1.0)]
    [InlineData(new float[] { 0f, -0f }, new float[] { 0, 1 }, 0.5)] // both zeros are one value
    [InlineData(new float[] { float.NegativeInfinity, float.PositiveInfinity, 0 }, new float[] { 1, 1, 0 }, 0.5)]
    public void Of_KnownValues_Match(float[] values, float[] labels, double expected) =>
        Assert.Equal(expected, AucCounter.Of(values, labels));

    [Theory]
    [InlineData(2, 1.0)]
    [InlineData(7, 0.5)]
    [InlineData(255, 0.25)]
    [InlineData(256, 1e-6)]
    [InlineData(257, 0.1)]
    [InlineData(1000, 0.01)]
    [InlineData(3001, 0.3)]
    [InlineData(3001, 1e-7)]
    public void Of_Random_MatchesPairCounting(int rows, double grain)
    {
        (var values, var labels) = Draw(rows, rows, grain);
        Assert.Equal(CountPairs(values, labels), AucCounter.Of(values, labels));
    }

    [Fact]
    public void Of_LargeRandom_MatchesRankSum()
    {
        (var values, var labels) = Draw(400_000, 5, 1e-4);
        Assert.Equal(RankSum(values, labels), AucCounter.Of(values, labels), 12);
    }

    [Fact]
    public void Result_TooManyKeysInOneBucket_StillSorts()
    {
        // All keys share their upper digits: the sort skips a pass, an odd number of copies remains.
        var values = Enumerable.Range(0, 5000).Select(i => BitConverter.Int32BitsToSingle(0x3f800000 + (i * 7919) % 1500)).ToArray();
        var labels = Enumerable.Range(0, 5000).Select(i => (float)(i % 3 == 0 ? 1 : 0)).ToArray();
        Assert.Equal(CountPairs(values, labels), AucCounter.Of(values, labels));
    }

    [Fact]
    public void Result_OneClass_IsNaN()
    {
        Assert.True(double.IsNaN(AucCounter.Of([1, 2], [1, 1])));
        Assert.True(double.IsNaN(AucCounter.Of([1, 2], [0, 0])));
        Assert.True(double.IsNaN(AucCounter.Of([], [])));
    }

    [Fact]
    public void Result_MoreRowsAfterwards_CountsAll()
    {
        (var values, var labels) = Draw(2000, 1, 0.01);
        using var counter = new AucCounter();
        counter.Add(values.AsSpan(0, 1200), labels.AsSpan(0, 1200));
        _ = counter.Result();
        counter.Add(values.AsSpan(1200), labels.AsSpan(1200));
        Assert.Equal(CountPairs(values, labels), counter.Result());
    }

    internal static (float[] Values, float[] Labels) Draw(int rows, int seed, double grain)
    {
        var random = new Random(seed);
        var values = new float[rows];
        var labels = new float[rows];
        for (var b = 0; b < rows; b++)
        {
            labels[b] = b == 0 ? 1 : b == 1 ? 0 : random.Next(4) == 0 ? 1 : 0;
            values[b] = (float)(Math.Round((2 * random.NextDouble() - 1 + 0.3 * labels[b]) / grain) * grain);
        }
        return (values, labels);
    }

    private static double CountPairs(float[] values, float[] labels)
    {
        long doubled = 0, pairs = 0;
        for (var i = 0; i < values.Length; i++)
        {
            for (var j = 0; j < values.Length; j++)
            {
                if (labels[i] == 1 && labels[j] == 0)
                {
                    pairs++;
                    doubled += values[i] > values[j] ? 2 : values[i] == values[j] ? 1 : 0;
                }
            }
        }
        return doubled / (2.0 * pairs);
    }

    private static double RankSum(float[] values, float[] labels)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(i => values[i]).ToArray();
        double sum = 0;
        for (var start = 0; start < order.Length;)
        {
            var end = start;
            while (end < order.Length && values[order[end]] == values[order[start]])
                end++;
            var rank = (start + 1 + end) / 2.0;
            for (var k = start; k < end; k++)
                sum += labels[order[k]] * rank;
            start = end;
        }
        double clicks = labels.Sum(l => (double)l), others = labels.Length - clicks;
        return (sum - clicks * (clicks + 1) / 2) / (clicks * others);
    }
}
