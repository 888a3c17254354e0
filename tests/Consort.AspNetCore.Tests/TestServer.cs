using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Options;

namespace Consort.AspNetCore.Tests;

/// <summary>A server on free ports, and a client of it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private TestServer(InferenceServer server, StringWriter log)
    {
        (Server, Log) = (server, log);
        Client = new HttpClient { BaseAddress = Http, Timeout = TimeSpan.FromMinutes(2) };
    }

    public InferenceServer Server { get; }

    public StringWriter Log { get; }

    public HttpClient Client { get; }

    public Uri Http => Server.Addresses.First(a => a.Scheme == "http");

    public Uri Grpc => Server.Addresses.First(a => a.Scheme == "grpc");

    public static async Task<TestServer> Start(string path, Func<ServerOptions, ServerOptions>? with = null)
    {
        var options = new ServerOptions
        {
            Models = [new ModelSource("clicks", path)],
            Urls = ["http://127.0.0.1:0", "grpc://127.0.0.1:0"],
            Timeout = TimeSpan.FromMinutes(1), // tests run beside others
        };
        var log = new StringWriter();
        return new TestServer(await InferenceServer.StartAsync(with?.Invoke(options) ?? options, log), log);
    }

    public async Task<(HttpStatusCode Status, JsonNode Body)> Post(string path, string json) => await Send(HttpMethod.Post, path, json);

    public async Task<(HttpStatusCode Status, JsonNode Body)> Get(string path) => await Send(HttpMethod.Get, path, null);

    public async Task<(HttpStatusCode Status, JsonNode Body)> Send(HttpMethod method, string path, string? json, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await Client.SendAsync(request);
        var type = response.Content.Headers.ContentType?.MediaType;
        Assert.Equal(response.IsSuccessStatusCode || (int)response.StatusCode == 503
            && path.Contains("/health/", StringComparison.Ordinal) ? "application/json" : "application/problem+json", type);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        if (type == "application/problem+json")
            Assert.Equal((int)response.StatusCode, (int)body["status"]!);
        return (response.StatusCode, body);
    }

    /// <summary>The probabilities of an answer, or a failure with what was answered instead.</summary>
    public static float[] Probabilities((HttpStatusCode Status, JsonNode Body) answer)
    {
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body.ToJsonString());
        return [.. answer.Body["probabilities"]!.AsArray().Select(p => (float)p!)];
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
