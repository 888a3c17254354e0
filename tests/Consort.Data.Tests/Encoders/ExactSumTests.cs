using Consort.Data.Encoders;

namespace Consort.Data.Tests.Encoders;

public sealed class ExactSumTests
{
    [Fact]
    public void Mean_GreatNumbersThatCancel_IsExact()
    {
        var sum = new ExactSum();
        foreach (var x in new[] { 1e100, 1, -1e100, 3, double.Epsilon }) sum.Add(x);
        Assert.Equal(0.8, sum.Mean(5));
    }

    [Fact]
    public void Mean_AnyOrderAndParts_IsTheSame()
    {
        var random = new Random(5);
        double[] values = [.. Enumerable.Range(0, 5000).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-9, 9)))];
        ExactSum all = new(), half = new(), rest = new();
        foreach (var x in values) all.Add(x);
        random.Shuffle(values);
        for (var i = 0; i < values.Length; i++) (i % 2 == 0 ? half : rest).Add(values[i]);
        half.Add(rest);
        Assert.Equal(all.Mean(values.Length), half.Mean(values.Length));
        Assert.Equal(values.Sum(x => (decimal)x) / values.Length, (decimal)all.Mean(values.Length), 4);
    }

    [Fact]
    public void Mean_Nothing_IsZero() => Assert.Equal(0, new ExactSum().Mean(0));
}
