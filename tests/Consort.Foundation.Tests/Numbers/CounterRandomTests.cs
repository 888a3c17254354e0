using Consort.Foundation.Numbers;

namespace Consort.Foundation.Tests.Numbers;

public sealed class CounterRandomTests
{
    private const int Draws = 200_000;

    [Fact]
    public void Normal_ManyDraws_HasTheMomentsOfANormal()
    {
        var random = new CounterRandom(1, "weights");
        var draws = Enumerable.Range(0, Draws).Select(i => random.Normal((ulong)i)).ToArray();
        Assert.Equal(0, draws.Average(), 0.01);
        Assert.Equal(1, draws.Average(x => x * x), 0.02);
        Assert.Equal(0, draws.Average(x => x * x * x), 0.05);
        Assert.Equal(3, draws.Average(x => x * x * x * x), 0.1);
        Assert.All(draws, x => Assert.True(double.IsFinite(x)));
        Assert.Equal(0, draws.Zip(draws.Skip(1), (a, b) => a * b).Average(), 0.01);
    }

    [Fact]
    public void Uniform_ManyDraws_FillsTheUnitInterval()
    {
        var random = new CounterRandom(1, 7);
        var bins = new int[100];
        for (ulong i = 0; i < Draws; i++)
            bins[(int)(100 * random.Uniform(i))]++;
        Assert.All(bins, count => Assert.InRange(count, Draws / 100 * 0.85, Draws / 100 * 1.15));
    }

    [Fact]
    public void Bits_SameSeedAndStream_AreTheSameOnEveryMachine()
    {
        Assert.Equal(new CounterRandom(3, "a").Bits(5), new CounterRandom(3, "a").Bits(5));
        Assert.NotEqual(new CounterRandom(3, "a").Bits(5), new CounterRandom(3, "b").Bits(5));
        Assert.NotEqual(new CounterRandom(3, "a").Bits(5), new CounterRandom(4, "a").Bits(5));
        Assert.NotEqual(new CounterRandom(3, "a").Bits(5), new CounterRandom(3, "a").Bits(6));
    }
}
