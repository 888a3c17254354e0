using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Consort.AspNetCore.Tests;

/// <summary>Metrics, the OpenAPI document and the page.</summary>
[Collection(ServerCollection.Name)]
public sealed partial class ReportTests(ServerFixture fixture)
{
    [Fact]
    public async Task Metrics_AfterRequests_CountThem()
    {
        await using var server = await TestServer.Start(fixture.First);
        var rows = Enumerable.Range(0, 300).ToArray();
        var found = TestServer.Probabilities(
            await server.Post("/v1/score", JsonSerializer.Serialize(new { rows = rows.Select(fixture.Row) })));
        await server.Post("/v1/score", "{");
        await server.Get("/nowhere");
        using (var response = await server.Client.GetAsync("/metrics"))
        {
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            var text = await response.Content.ReadAsStringAsync();
            var values = new Dictionary<string, double>();
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#'))
            {
                Assert.Matches(Sample(), line);
                var blank = line.LastIndexOf(' ');
                Assert.True(values.TryAdd(line[..blank], double.Parse(line.AsSpan(blank), CultureInfo.InvariantCulture)), line);
            }

            const string Version = "model=\"clicks\",version=\"1\"";
            Assert.Equal(1, values["consort_requests_total{protocol=\"http\",endpoint=\"score\",code=\"200\"}"]);
            Assert.Equal(1, values["consort_requests_total{protocol=\"http\",endpoint=\"score\",code=\"400\"}"]);
            Assert.Equal(1, values["consort_requests_total{protocol=\"http\",endpoint=\"unknown\",code=\"404\"}"]);
            Assert.Equal(2, values["consort_request_duration_seconds_count{protocol=\"http\",endpoint=\"score\"}"]);
            Assert.Equal(300, values[$"consort_batch_rows_sum{{{Version}}}"]);
            Assert.Equal(0, values[$"consort_batch_rows_bucket{{{Version},le=\"200\"}}"]);
            Assert.Equal(1, values[$"consort_batch_rows_bucket{{{Version},le=\"500\"}}"]);
            Assert.Equal(found.Average(p => (double)p), values[$"consort_probability_mean{{{Version}}}"], 1e-6);
            Assert.Equal(300, values[$"consort_probability_count{{{Version}}}"]);
            var unseen = rows.Sum(r =>
            {
                var impression = fixture.FirstScorer.NewImpression();
                foreach (var (field, value) in fixture.Row(r))
                    impression.Set(field, value);
                return impression.CountUnseen();
            });
            Assert.True(unseen > 0);
            Assert.Equal(unseen, values[$"consort_unseen_values_total{{{Version}}}"]);
            Assert.Equal(unseen / (300.0 * fixture.FirstScorer.Encoder.Space.Categorical.Count),
                values[$"consort_oov_rate{{{Version}}}"], 1e-9);
        }
    }

    [Fact]
    public async Task Meter_OfTheApp_MeasuresRequestsAndVersions()
    {
        await using var server = await TestServer.Start(fixture.First);
        var found = new System.Collections.Concurrent.ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Consort")
                l.EnableMeasurementEvents(instrument);
        }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            found[$"{instrument.Name} {string.Join(' ', tags.ToArray().Select(t => t.Value))}"] = value);
        listener.Start();
        await server.Post("/v1/score", """{"rows": [{"site": "nobody"}]}""");
        // The answer has been sent before it is counted.
        for (var i = 0; i < 100 && !found.ContainsKey("consort.request.duration http score 200"); i++)
            await Task.Delay(20);
        listener.RecordObservableInstruments();
        Assert.True(found["consort.request.duration http score 200"] > 0);
        Assert.True(found["consort.unseen.values clicks 1"] > 0);
        Assert.True(found["consort.probability.mean clicks 1"] is > 0 and < 1);
    }

    [Fact]
    public async Task OpenApi_Document_DescribesEveryPathAndNoOther()
    {
        await using var server = await TestServer.Start(fixture.First);
        var (_, document) = await server.Get("/openapi.json");
        Assert.StartsWith("3.", (string)document["openapi"]!, StringComparison.Ordinal);
        var described = document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Where(m => m.Key != "parameters")
            .Select(m => $"{m.Key.ToUpperInvariant()} {p.Key}")).Order();
        var mapped = server.Server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
            .Where(e => !e.DisplayName!.StartsWith("gRPC", StringComparison.Ordinal))
            .Select(e => $"{e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0]} {e.RoutePattern.RawText}");
        Assert.Equal(mapped.Order(), described);
        // Every reference points to something, and every variable part of a path is described.
        foreach (Match reference in Reference().Matches(document.ToJsonString()))
            Assert.NotNull(reference.Groups[1].Value.Split('/').Aggregate((JsonNode?)document, (node, key) => node?[key]));
        foreach (var (path, item) in document["paths"]!.AsObject())
            foreach (Match part in Variable().Matches(path))
                Assert.Contains($"#/components/parameters/{part.Groups[1].Value}", item!["parameters"]!.ToJsonString(),
                    StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_AtTheRoot_IsWholeInItself()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var response = await server.Client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var page = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("innerHTML", page, StringComparison.Ordinal); // values of others are shown as text, never as markup
        Assert.Contains("/v1/models", page, StringComparison.Ordinal);
        Assert.Contains(":explain", page, StringComparison.Ordinal);
    }

    [GeneratedRegex("""^[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.eE+-]+$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""
        "\$ref":"#/([^"]+)"
        """)]
    private static partial Regex Reference();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Variable();
}
