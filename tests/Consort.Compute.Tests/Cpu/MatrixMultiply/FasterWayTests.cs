using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.Compute.Tests.Cpu.MatrixMultiply;

public sealed class FasterWayTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Begin_AfterTrials_TakesTheFasterWay(bool isSecondFaster)
    {
        var ways = new FasterWay();
        var taken = new List<bool>();
        for (var i = 0; i < 20; i++)
            taken.Add(Call(ways, size: 400, slow: !isSecondFaster));

        Assert.Equal(6, taken.Take(12).Count(second => second));
        Assert.All(taken.Skip(12), second => Assert.Equal(isSecondFaster, second));
    }

    [Fact]
    public void Begin_MoreSizesThanItKeeps_TakesTheFirstWay()
    {
        var ways = new FasterWay();
        for (var size = 1; size <= 64; size++)
            Call(ways, size, slow: false);

        for (var i = 0; i < 4; i++)
            Assert.False(Call(ways, size: 65, slow: false));
        Assert.True(Call(ways, size: 1, slow: false)); // its second trial
    }

    // A call of which the second way, or else the first, takes a millisecond longer.
    private static bool Call(FasterWay ways, int size, bool slow)
    {
        var (place, isSecond) = ways.Begin(size, size, size);
        if (isSecond == slow)
            Thread.Sleep(1);
        ways.End(place, isSecond);
        return isSecond;
    }
}
