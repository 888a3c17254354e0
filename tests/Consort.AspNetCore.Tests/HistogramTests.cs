using Consort.AspNetCore.Metrics;

namespace Consort.AspNetCore.Tests;

/// <summary>Sums of metrics are those of what was counted.</summary>
[Collection(ServerCollection.Name)]
public sealed class HistogramTests(ServerFixture fixture)
{
    [Theory]
    [InlineData(1)]
    [InlineData(1e9)]
    public void Sum_WholeNumbers_IsExact(double perOne)
    {
        var histogram = new Histogram([1, 10], perOne);
        long expected = 0;
        for (var i = 0; i < 1000; i++)
        {
            histogram.Add(i % 7);
            expected += i % 7;
            Assert.Equal(expected, histogram.Sum);
        }
    }

    [Fact]
    public void Sum_Fractions_IsWithinANanopartOfEach()
    {
        var histogram = new Histogram([1]);
        for (var i = 0; i < 1000; i++)
            histogram.Add(0.1);
        Assert.Equal(100, histogram.Sum);
    }

    [Fact]
    public async Task Metrics_RequestsOfFewRows_CountImpressionsExactly()
    {
        await using var server = await TestServer.Start(fixture.First);
        for (var i = 0; i < 3; i++)
            await server.Post("/v1/score", """{"rows": [{"price": 3}]}""");
        Assert.Contains("consort_batch_rows_sum{model=\"clicks\",version=\"1\"} 3\n", await server.Client.GetStringAsync("/metrics"),
            StringComparison.Ordinal);
    }
}
