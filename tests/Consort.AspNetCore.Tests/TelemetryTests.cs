using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Net.Http.Json;
using System.Text;
using Consort.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Consort.AspNetCore.Tests;

/// <summary>What OpenTelemetry, as an app would have it, comes to know of scoring.</summary>
[Collection(ServerCollection.Name)]
public sealed class TelemetryTests(ServerFixture fixture)
{
    [Fact]
    public async Task OpenTelemetry_InAnApp_SeesDurationsBatchesProbabilitiesAndVersions()
    {
        var (metrics, activities) = (new List<MetricSnapshot>(), new List<Activity>());
        await using var app = await AppTests.Start(s => s.AddConsort(o => o.Model("ctr", fixture.First)).AddOpenTelemetry()
            .WithMetrics(m => m.AddMeter("Consort").AddInMemoryExporter(metrics))
            .WithTracing(t => t.AddSource("Consort", "Microsoft.AspNetCore").AddInMemoryExporter(activities)));
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var rows = Enumerable.Range(0, 3).Select(fixture.Row).ToArray();
        (await client.PostAsJsonAsync("/v1/score", new { rows })).EnsureSuccessStatusCode();
        using var refused = await client.PostAsJsonAsync("/v1/score", new { rows = new[] { new { prize = 1 } } });
        app.Services.GetRequiredService<IScorer<Offer>>().Score(new Offer("never seen"));
        // A request is counted once its answer has been sent, which its client may see before.
        for (var tries = 0; tries < 1000 && (activities.Count < 5 || metrics.All(m => m.Name != "consort.requests.refused")); tries++)
        {
            await Task.Delay(20);
            Assert.True(app.Services.GetRequiredService<MeterProvider>().ForceFlush());
        }

        Assert.True(app.Services.GetRequiredService<TracerProvider>().ForceFlush());

        var batches = Points("consort.batch.rows");
        Assert.Equal((2, 4), (batches.Sum(p => p.GetHistogramCount()), batches.Sum(p => p.GetHistogramSum())));
        Assert.Equal(4, Points("consort.probability").Sum(p => p.GetHistogramCount()));
        Assert.Equal(Enumerable.Range(0, 3).Sum(r => fixture.Score(r)) + fixture.FirstScorer.For<Offer>().Score(new Offer("never seen")),
            Points("consort.probability").Sum(p => p.GetHistogramSum()), 1e-5);
        Assert.All(batches.Concat(Points("consort.probability")).Concat(Points("consort.oov.rate")),
            p => Assert.Equal("model=ctr version=1", Tags(p)));
        Assert.Equal(["model=ctr protocol=code version=1", "model=ctr protocol=http version=1"],
            Points("consort.score.duration").Select(Tags).Order());
        Assert.Equal(["code=200 endpoint=score protocol=http", "code=400 endpoint=score protocol=http"],
            Points("consort.request.duration").Select(Tags).Order());
        var one = Assert.Single(Points("consort.requests.refused"));
        Assert.Equal((1, "code=400 endpoint=score protocol=http"), (one.GetSumLong(), Tags(one)));
        Assert.Equal([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, double.PositiveInfinity],
            Bounds(Points("consort.probability")[0]));
        Assert.Equal(0, Bounds(Points("consort.oov.rate")[0])[0]);
        var unseen = fixture.FirstScorer.NewImpression();
        unseen.Set("site", "never seen");
        Assert.True(unseen.CountUnseen() > 0);
        Assert.Equal(unseen.CountUnseen() / (double)fixture.FirstScorer.Encoder.Space.Categorical.Count,
            Points("consort.oov.rate").Sum(p => p.GetHistogramSum()) - Unseen(rows), 1e-9);

        // Within the activity of a request, where there is one.
        Assert.Equal([true, true, false], activities.Where(a => a.Source.Name == "Consort").Select(a =>
            activities.Any(p => p.Source.Name == "Microsoft.AspNetCore" && p.SpanId == a.ParentSpanId)));
        activities.RemoveAll(a => a.Source.Name != "Consort");
        Assert.All(activities, a => Assert.Equal(("consort.score", "ctr", "1"),
            (a.OperationName, a.GetTagItem("consort.model"), a.GetTagItem("consort.version"))));
        Assert.Equal([3, null, 1], activities.Select(a => (int?)a.GetTagItem("consort.rows")));
        Assert.Equal(["http", "http", "code"], activities.Select(a => a.GetTagItem("consort.protocol")));
        Assert.Equal(ActivityStatusCode.Error, activities[1].Status);
        Assert.Contains("prize", activities[1].StatusDescription, StringComparison.Ordinal);

        List<MetricPoint> Points(string name)
        {
            var snapshot = metrics.Last(m => m.Name == name);
            return [.. snapshot.MetricPoints];
        }

        double Unseen(Dictionary<string, string>[] given)
        {
            var batch = fixture.FirstScorer.NewBatch(given.Length);
            foreach (var row in given)
            {
                var impression = batch.Add();
                foreach (var (name, value) in row)
                    impression.Set(name, value);
            }

            return Scoring.ScoreRun.CountUnseen(batch) / (double)(given.Length * fixture.FirstScorer.Encoder.Space.Categorical.Count);
        }
    }

    [Fact]
    public async Task Otlp_OfAnApp_CarriesMetersAndActivities()
    {
        var received = new List<string>();
        var collector = WebApplication.CreateSlimBuilder().Build();
        collector.MapPost("/{**path}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            lock (received)
                received.Add($"{context.Request.Path} {Encoding.Latin1.GetString(body.ToArray())}");
        });
        collector.Urls.Add("http://127.0.0.1:0");
        await collector.StartAsync();
        await using (collector)
        await using (var app = await AppTests.Start(s => s.AddConsort(o => o.Model("ctr", fixture.First)).AddOpenTelemetry()
            .WithMetrics(m => m.AddMeter("Consort").AddOtlpExporter(o => To(o, "metrics")))
            .WithTracing(t => t.AddSource("Consort").AddOtlpExporter(o => To(o, "traces")))))
        {
            app.Services.GetRequiredService<IScorer<Offer>>().Score(new Offer("s3"));
            Assert.True(app.Services.GetRequiredService<MeterProvider>().ForceFlush());
            Assert.True(app.Services.GetRequiredService<TracerProvider>().ForceFlush());
        }

        // Sent when it was asked for, and once more when the app ended.
        var metrics = received.First(r => r.StartsWith("/v1/metrics", StringComparison.Ordinal) && r.Contains("consort.probability", StringComparison.Ordinal));
        foreach (var name in new[] { "consort.batch.rows", "consort.oov.rate", "consort.score.duration", "consort.categorical.values" })
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        Assert.Contains("consort.version", received.First(r => r.StartsWith("/v1/traces", StringComparison.Ordinal)), StringComparison.Ordinal);

        void To(OtlpExporterOptions options, string what) =>
            (options.Protocol, options.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri($"{collector.Urls.Single()}/v1/{what}"));
    }

    // dotnet-counters asks a process for the events of this source.
    [Fact]
    public async Task Counters_ThatAreWatched_AreTold()
    {
        await using var app = await AppTests.Start(s => s.AddConsort(o => o.Model("ctr", fixture.First)));
        using var counters = new Counters();
        var scorer = app.Services.GetRequiredService<IScorer<Offer>>();
        for (var tries = 0; tries < 500 && !counters.IsComplete; tries++)
        {
            scorer.Score(new Offer("s3"));
            await Task.Delay(20);
        }

        Assert.True(counters.IsComplete, string.Join(", ", counters.Told));
    }

    private sealed class Counters : EventListener
    {
        public ConcurrentDictionary<string, bool> Told { get; } = new(StringComparer.Ordinal);

        private static readonly string[] Names =
            ["consort.batch.rows", "consort.probability", "consort.oov.rate", "consort.score.duration", "consort.categorical.values"];

        public bool IsComplete => Names.All(Told.ContainsKey);

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Diagnostics.Metrics")
                EnableEvents(eventSource, EventLevel.Informational, (EventKeywords)2, new Dictionary<string, string?>
                {
                    ["SessionId"] = "counters",
                    ["Metrics"] = "Consort",
                    ["RefreshInterval"] = "1",
                    ["MaxTimeSeries"] = "100",
                    ["MaxHistograms"] = "100",
                });
        }

        // Session, meter, its version, instrument, …
        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName?.EndsWith("Published", StringComparison.Ordinal) == true
                && eventData.Payload is [_, "Consort", _, string name, ..])
                Told[name] = true;
        }
    }

    private static string Tags(MetricPoint point)
    {
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in point.Tags)
            tags.Add($"{name}={value}");
        return string.Join(' ', tags);
    }

    private static double[] Bounds(MetricPoint point)
    {
        var bounds = new List<double>();
        foreach (var bucket in point.GetHistogramBuckets())
            bounds.Add(bucket.ExplicitBound);
        return [.. bounds];
    }
}
