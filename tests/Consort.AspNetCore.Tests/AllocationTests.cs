using System.Text.Json;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Scoring;
using Consort.AspNetCore.Watching;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Consort.AspNetCore.Tests;

[Collection(ServerCollection.Name)]
public sealed class AllocationTests(ServerFixture fixture)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_FromTheBodyToTheProbabilities_AllocatesNothing(bool candidates)
    {
        await using var services = new ServiceCollection().AddMetrics().AddSingleton<ScoringMeter>().BuildServiceProvider();
        using var model = new ServedModel(new ModelSource("clicks", fixture.First), 0, meter: services.GetRequiredService<ScoringMeter>());
        using var buffers = new RequestBuffers(new BodyMemory(1 << 20));
        var request = new DefaultHttpContext().Request;
        var rows = Enumerable.Range(0, 12).Select(fixture.Row).ToArray();
        request.Body = new MemoryStream(candidates
            ? JsonSerializer.SerializeToUtf8Bytes(
                new { context = rows[0], candidates = rows.Select(r => new { site = r["site"], app = r["app"] }) })
            : JsonSerializer.SerializeToUtf8Bytes(new { rows }));
        await buffers.ReadBody(request, 100_000);
        using var lease = model.Lease(null);
        var limits = new Limits(new ServerOptions { Models = [] });
        var kept = new AnsweredRows(0);
        Assert.Equal(0, Measure());

        long Measure()
        {
            var least = long.MaxValue;
            for (var round = 0; round < 5; round++) // the first ones make what later ones use again
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < 100; i++)
                {
                    using var scoring = lease.Version.Metrics.Begin("http"); // with a meter that nobody listens to
                    new ScoreRun(lease, buffers, limits, kept).Run();
                }

                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            return least;
        }
    }
}
