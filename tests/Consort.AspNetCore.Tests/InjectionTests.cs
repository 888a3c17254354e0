using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Consort.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Tests;

/// <summary>Scorers that an app's own code is given, and models that its configuration changes while it runs.</summary>
[Collection(ServerCollection.Name)]
public sealed class InjectionTests(ServerFixture fixture)
{
    [Fact]
    public async Task Scorer_ByInjection_ScoresByTheModelThatIsAskedFor()
    {
        await using var app = await AppTests.Start(s => s.AddConsort(o => o.Model("ctr", fixture.First).Model("other", fixture.Second))
            .AddScorer<Pinned>("other").AddTransient<Shop>(), a =>
            {
                a.MapPost("/offers", (Offer offer, IScorer<Offer> clicks) => clicks.Score(offer));
                a.MapPost("/others", (Offer offer, [FromKeyedServices("other")] IScorer<Offer> clicks) => clicks.Score(offer));
            });
        var site = fixture.Raw[0]["site"];
        var (first, second) = (Expected(fixture.FirstScorer, site), Expected(fixture.SecondScorer, site));
        Assert.NotEqual(first, second);
        Assert.Equal((first, second), app.Services.GetRequiredService<Shop>().Both(site));
        Assert.Equal(second, app.Services.GetRequiredService<IScorer<Pinned>>().Score(new Pinned(site)));
        Assert.Equal(first, app.Services.GetRequiredKeyedService<IScorer<Pinned>>("ctr").Score(new Pinned(site)));
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        foreach (var (path, expected) in new[] { ("/offers", first), ("/others", second) })
        {
            using var answer = await client.PostAsJsonAsync(path, new Offer(site));
            Assert.Equal(expected, await answer.Content.ReadFromJsonAsync<float>());
        }

        Assert.Contains("did you mean ctr?", Assert.Throws<ConsortException>(() =>
            app.Services.GetRequiredKeyedService<IScorer<Offer>>("ctx").Score(new Offer(site))).Message, StringComparison.Ordinal);
        using var lease = app.Services.GetRequiredService<ModelRegistry>().Lease("ctr");
        Assert.Equal((3, 3), (lease.Version.Metrics.Rows.Count, lease.Version.Metrics.Probabilities.Count));
    }

    [Fact]
    public async Task Scorer_OfManyRows_AnswersAllOrNone()
    {
        await using var app = await AppTests.Start(s => s.AddConsort(o => o.Model("ctr", fixture.First)));
        var scorer = app.Services.GetRequiredService<IScorer<Priced>>();
        var rows = Enumerable.Range(0, 700).Select(i => new Priced($"s{i % 9}", i % 100)).ToArray();
        var probabilities = new float[rows.Length];
        scorer.Score(rows, probabilities);
        var single = fixture.FirstScorer.For<Priced>();
        for (var row = 0; row < rows.Length; row += 50)
            Assert.Equal(single.Score(rows[row]), probabilities[row], 1e-6f);
        rows[600] = rows[600] with { Price = 1e30 };
        var mistake = Assert.Throws<ConsortException>(() => scorer.Score(rows, probabilities));
        Assert.Equal(600, mistake.Row);
        Assert.StartsWith("row 600: column price", mistake.Message, StringComparison.Ordinal);
        Assert.All(probabilities, p => Assert.Equal(0, p));
        Assert.Throws<ArgumentException>(() => scorer.Score(rows, new float[3]));
    }

    [Fact]
    public async Task ScoreCandidates_OfOneContext_ScoresEachAsAlone()
    {
        await using var app = await AppTests.Start(s => s.AddConsort(o => o.Model("ctr", fixture.First)));
        var (scorer, context) = (app.Services.GetRequiredService<IScorer<Shown>>(), new Shown("d2", ["s1", "s3"], "no site of a context"));
        var items = Enumerable.Range(0, 700).Select(i => new Priced($"s{i % 9}", i % 100)).ToArray();
        var probabilities = new float[items.Length];
        scorer.ScoreCandidates(context, items, probabilities);
        var single = fixture.FirstScorer.For<Whole>();
        for (var i = 0; i < items.Length; i += 50)
            Assert.Equal(single.Score(new(context.Device, context.Seen, items[i].Site, items[i].Price)), probabilities[i], 1e-6f);
        using (var lease = app.Services.GetRequiredService<ModelRegistry>().Lease("ctr"))
            Assert.Equal((1, 700), (lease.Version.Metrics.Rows.Count, lease.Version.Metrics.Probabilities.Count));

        items[600] = items[600] with { Price = 1e30 };
        var mistake = Assert.Throws<ConsortException>(() => scorer.ScoreCandidates(context, items, probabilities));
        Assert.Equal(600, mistake.Row);
        Assert.StartsWith("row 600: column price", mistake.Message, StringComparison.Ordinal);
        Assert.All(probabilities, p => Assert.Equal(0, p));
        Assert.Throws<ArgumentException>(() => scorer.ScoreCandidates(context, items, new float[3]));
        Assert.Throws<NotSupportedException>(() => ((IScorer<Shown>)new RowsAlone()).ScoreCandidates(context, items, probabilities));
    }

    [Fact]
    public async Task Configuration_ThatChanges_IsServedAndABadOneIsRefused()
    {
        var (log, source) = (new Lines(), new Changing(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.First)));
        await using var app = await AppTests.Start(s => s.AddConsort(source.Section).AddLogging(l => l.AddProvider(log)));
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var scorer = app.Services.GetRequiredService<IScorer<Offer>>();
        var (first, second) = (Expected(fixture.FirstScorer, "s3"), Expected(fixture.SecondScorer, "s3"));
        Assert.Equal(first, scorer.Score(new Offer("s3")));

        source.Change(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.First), ("Models:1:Name", "new"), ("Models:1:Path", fixture.Second));
        Assert.Equal(second, app.Services.GetRequiredKeyedService<IScorer<Offer>>("new").Score(new Offer("s3")));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/models/new/ready")).StatusCode);
        source.Change(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.Second)); // lies elsewhere, and the other is gone
        Assert.Equal(second, scorer.Score(new Offer("s3")));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v2/models/new/ready")).StatusCode);

        Refused("changed options refused", "found no file", ("Models:0:Path", fixture.First + "-absent"));
        Refused("changed options refused", "expected a name", ("Models:0:Name", "c t r"));
        Refused("changed options refused", "label stable: found version \"7\"", ("Models:0:Labels:stable", "7"));
        Refused("changed options refused", "rows: found 0", ("MaxRows", "0"));
        Refused("changed options cannot be read", "", ("MaxRows", "many"));
        Assert.Equal(HttpStatusCode.NotFound, await Labelled());
        source.Change(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.Second), ("Models:0:Labels:stable", "1"));
        Assert.Equal(HttpStatusCode.OK, await Labelled());
        source.Change(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.Second));
        Assert.Equal(HttpStatusCode.NotFound, await Labelled());

        void Refused(string how, string why, (string, string) bad)
        {
            source.Change(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.Second), bad);
            Assert.Contains(log.All, l => l.Contains(how, StringComparison.Ordinal) && l.Contains(why, StringComparison.Ordinal));
            Assert.Equal(second, scorer.Score(new Offer("s3")));
        }

        async Task<HttpStatusCode> Labelled() => (await client.PostAsync("/v1/models/ctr/labels/stable:score",
            new StringContent("""{"rows": [{}]}""", System.Text.Encoding.UTF8, "application/json"))).StatusCode;
    }

    [Fact]
    public async Task Configuration_ThatChangesUnderLoad_FailsNoCall()
    {
        var source = new Changing(("Models:0:Name", "ctr"), ("Models:0:Path", fixture.First));
        await using var app = await AppTests.Start(s => s.AddConsort(source.Section));
        var scorer = app.Services.GetRequiredService<IScorer<Offer>>();
        float[] known = [Expected(fixture.FirstScorer, "s3"), Expected(fixture.SecondScorer, "s3")];
        using var stop = new CancellationTokenSource();
        var calls = Task.Run(() =>
        {
            var count = 0;
            for (; !stop.IsCancellationRequested; count++)
                Assert.Contains(scorer.Score(new Offer("s3")), known);
            return count;
        });
        for (var change = 0; change < 20; change++)
            source.Change(("Models:0:Name", "ctr"), ("Models:0:Path", change % 2 == 0 ? fixture.Second : fixture.First));

        await stop.CancelAsync();
        Assert.True(await calls > 0);
    }

    private static float Expected(Scorer scorer, string site) => scorer.For<Offer>().Score(new Offer(site));

    private sealed class Shop(IScorer<Offer> first, [FromKeyedServices("other")] IScorer<Offer> other)
    {
        public (float First, float Other) Both(string site) => (first.Score(new Offer(site)), other.Score(new Offer(site)));
    }

    // As users have them in their tests, from before there were candidates.
    private sealed class RowsAlone : IScorer<Shown>
    {
        public float Score(Shown row) => 0;

        public void Score(ReadOnlySpan<Shown> rows, Span<float> probabilities) => probabilities.Clear();
    }

    /// <summary>A configuration that is exchanged while the app runs, as a file is.</summary>
    private sealed class Changing : ConfigurationProvider, IConfigurationSource
    {
        public Changing(params (string Key, string Value)[] values)
        {
            Change(values);
            Section = new ConfigurationBuilder().Add(this).Build().GetSection(ConsortOptions.Section);
        }

        public IConfiguration Section { get; }

        public void Change(params (string Key, string Value)[] values)
        {
            Data = values.GroupBy(v => v.Key).ToDictionary(g => $"{ConsortOptions.Section}:{g.Key}", g => (string?)g.Last().Value, StringComparer.OrdinalIgnoreCase);
            OnReload();
        }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => All.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}

[ImpressionRow]
internal sealed record Offer(string Site);

[ImpressionRow]
internal sealed record Pinned(string Site);

[ImpressionRow]
internal sealed record Priced(string Site, double Price);

[ImpressionRow]
internal sealed record Shown(string Device, string[] Seen, string Site);

[ImpressionRow]
internal sealed record Whole(string Device, string[] Seen, string Site, double Price);
