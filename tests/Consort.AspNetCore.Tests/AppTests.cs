using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consort.AspNetCore.Tests;

/// <summary>Models within an app of the user's own.</summary>
[Collection(ServerCollection.Name)]
public sealed class AppTests(ServerFixture fixture)
{
    private const string Body = """{"rows": [{}]}""";

    [Fact]
    public async Task MapConsort_InAnApp_AnswersBesideItsOwnEndpoints()
    {
        await using var app = await Start((ConsortOptions o) => o.Model("ctr", fixture.First).Model("other", fixture.Second),
            a => a.MapGet("/mine", () => "mine"));
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Assert.Equal("mine", await client.GetStringAsync("/mine"));
        var rows = new { rows = new[] { fixture.Row(0) } };
        Assert.Equal(fixture.Score(0), await Probability("/v1/score"), 1e-6f);
        Assert.Equal(fixture.Score(0, fixture.SecondScorer), await Probability("/v1/models/other:score"), 1e-6f);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/health/ready")).StatusCode);
        Assert.Equal("Healthy", await client.GetStringAsync("/health"));
        // What is not there is the app's own affair.
        Assert.Empty(await (await client.GetAsync("/nowhere")).Content.ReadAsStringAsync());

        async Task<float> Probability(string path)
        {
            using var answer = await client.PostAsJsonAsync(path, rows);
            return (float)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["probabilities"]![0]!;
        }
    }

    [Fact]
    public async Task MapConsort_BesideTheAppsTls_AnswersOverIt()
    {
        using var pair = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=shop", pair, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var app = await Start(s => s.AddConsort(o => o.Model("ctr", fixture.First)).Configure<KestrelServerOptions>(
            k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate))));
        var url = app.Urls.Single();
        Assert.StartsWith("https:", url, StringComparison.Ordinal);
        using var client = new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, c, _, _) => c!.Subject == "CN=shop",
        })
        { BaseAddress = new Uri(url) };
        using var answer = await client.PostAsJsonAsync("/v1/score", new { rows = new[] { fixture.Row(0) } });
        Assert.Equal(fixture.Score(0), (float)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["probabilities"]![0]!, 1e-6f);
    }

    [Fact]
    public async Task AddConsort_FromTheConfiguration_TakesModelsLabelsAndLimits()
    {
        await using var app = await Start((ConsortOptions o) =>
        {
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Consort:Models:0:Name"] = "ctr",
                ["Consort:Models:0:Path"] = fixture.First,
                ["Consort:Models:0:Labels:stable"] = "1",
                ["Consort:MaxRows"] = "2",
                ["Consort:Timeout"] = "00:00:20",
            }).Build().GetSection(ConsortOptions.Section).Bind(o);
        });
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var score = await client.PostAsync("/v1/models/ctr/labels/stable:score", Json(Body));
        Assert.Equal(HttpStatusCode.OK, score.StatusCode);
        using var tooMany = await client.PostAsync("/v1/score", Json("""{"rows": [{}, {}, {}]}"""));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooMany.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(20), app.Services.GetRequiredService<ConsortOptions>().Timeout);
    }

    [Fact]
    public async Task Registry_OfTheServices_LeasesScorersByName()
    {
        await using var app = await Start((ConsortOptions o) => o.Model("ctr", fixture.First));
        var models = app.Services.GetRequiredService<ModelRegistry>();
        using (var lease = models.Lease("ctr", "latest"))
        {
            Assert.Equal("1", lease.Name);
            Assert.Equal(fixture.FirstScorer.Fields, lease.Scorer.Fields);
        }

        Assert.Contains("did you mean ctr?", Assert.Throws<ConsortException>(() => models.Lease("ctx")).Message, StringComparison.Ordinal);
        Assert.Empty(models.Reload().Single().Loaded);
    }

    [Fact]
    public async Task MapConsort_Conventions_AreForAllItsEndpoints()
    {
        var seen = 0;
        await using var app = await Start((ConsortOptions o) => o.Model("ctr", fixture.First), conventions: endpoint =>
        {
            var inner = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context =>
            {
                seen++;
                return inner(context);
            };
        });
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        (await client.PostAsync("/v1/score", Json(Body))).EnsureSuccessStatusCode();
        (await client.GetAsync("/v2/health/live")).EnsureSuccessStatusCode();
        Assert.Equal(2, seen);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("any method")]
    [InlineData("pattern")]
    [InlineData("fallback")]
    public async Task MapConsort_InAnAppWithAPageOfItsOwn_LeavesItThePath(string how)
    {
        await using var app = await Start((ConsortOptions o) => o.Model("ctr", fixture.First), a =>
        {
            if (how == "get")
                a.MapGet("/", () => "mine");
            else if (how == "any method")
                a.Map("/", () => "mine");
            else if (how == "pattern")
                a.MapGet("/{**path}", () => "mine");
            else
                a.MapFallback(() => "mine");
            a.MapGet("metrics", () => "my metrics");
        });
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Assert.Equal("mine", await client.GetStringAsync("/"));
        Assert.Equal("my metrics", await client.GetStringAsync("/metrics"));
        Assert.Contains("\"openapi\"", await client.GetStringAsync("/openapi.json"), StringComparison.Ordinal);
        (await client.PostAsync("/v1/score", Json(Body))).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task MapConsort_BesideTheAppsAuthenticationAndRateLimits_KeepsToThem()
    {
        await using var app = await Start(s =>
        {
            s.AddConsort(o => o.Model("ctr", fixture.First));
            s.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, KnownUsers>("test", null);
            s.AddAuthorization();
            s.AddRateLimiter(o => o.AddFixedWindowLimiter("two", l => (l.PermitLimit, l.Window) = (2, TimeSpan.FromHours(1))));
        }, a => a.UseAuthentication().UseAuthorization().UseRateLimiter(), e =>
        {
            e.Metadata.Add(new AuthorizeAttribute());
            e.Metadata.Add(new EnableRateLimitingAttribute("two"));
        });
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/v1/score", Json(Body))).StatusCode);
        Assert.Equal("Healthy", await client.GetStringAsync("/health")); // the app's own are as they were
        client.DefaultRequestHeaders.Authorization = new("Bearer", "user");
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/v1/score", Json(Body))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/models/ctr")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.PostAsync("/v1/score", Json(Body))).StatusCode);
    }

    [Fact]
    public async Task MapConsort_WithMistakes_SaysThemBeforeTheAppStarts()
    {
        var mistake = await Assert.ThrowsAsync<ConsortException>(() => Start((ConsortOptions o) => o.Model("ctr", fixture.First + "-absent")));
        Assert.Contains("found no file, expected a package", mistake.Message, StringComparison.Ordinal);
        mistake = await Assert.ThrowsAsync<ConsortException>(() => Start((ConsortOptions _) => { }));
        Assert.Contains("models: found none", mistake.Message, StringComparison.Ordinal);
    }

    private static Task<WebApplication> Start(Action<ConsortOptions> configure, Action<WebApplication>? map = null,
        Action<EndpointBuilder>? conventions = null) => Start(s => s.AddConsort(configure), map, conventions);

    /// <summary>Starts an app with models on a free port.</summary>
    internal static async Task<WebApplication> Start(Action<IServiceCollection> add, Action<WebApplication>? map = null,
        Action<EndpointBuilder>? conventions = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        add(builder.Services);
        var app = builder.Build();
        try
        {
            map?.Invoke(app);
            app.MapHealthChecks("/health");
            var mapped = app.MapConsort();
            if (conventions is not null)
                mapped.Add(conventions);
            app.Urls.Add("http://127.0.0.1:0");
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private sealed class KnownUsers(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var ticket = new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity("test")), "test");
            return Task.FromResult(Request.Headers.Authorization == "Bearer user" ? AuthenticateResult.Success(ticket)
                : AuthenticateResult.NoResult());
        }
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
}
