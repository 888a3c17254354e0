using System.Net;
using System.Net.Sockets;
using System.Text;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Requests;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Tests;

[Collection(ServerCollection.Name)]
public sealed class LimitTests(ServerFixture fixture)
{
    private const string ScoreKey = "score-key-of-the-tests", AdminKey = "admin-key-of-the-tests";

    [Fact]
    public async Task InFlight_BeyondTheMost_IsTurnedAwayAtOnceAndServedLater()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxInFlight = 2 });
        var others = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("192.0.2.1") } };
        using (server.Server.Gate.Enter(others))
        using (server.Server.Gate.Enter(others))
        {
            Assert.Contains("consort_requests_scored 2\n", await server.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
            using var request = new StringContent("""{"rows": [{}]}""", Encoding.UTF8, "application/json");
            using var response = await server.Client.PostAsync("/v1/score", request);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter!.Delta);
            using var grpc = new GrpcCall(server.Grpc);
            Assert.Equal(StatusCode.Unavailable,
                (await grpc.Send("/inference.GRPCInferenceService/ServerMetadata", GrpcCall.Frame([]))).Status);
            // Whoever looks after the server still sees it alive.
            Assert.Equal(HttpStatusCode.OK, (await server.Get("/v2/health/live")).Status);
            Assert.Equal(HttpStatusCode.OK, (await server.Get("/v2/health/ready")).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.Post("/v1/score", """{"rows": [{}]}""")).Status);
    }

    [Fact]
    public async Task PerClient_BeyondTheMost_TurnsAwayThatClientAlone()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxInFlight = 4, MaxPerClient = 2 });
        var gate = server.Server.Gate;
        var other = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("192.0.2.1") } };
        var same = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Loopback } };
        using (gate.Enter(other))
        using (gate.Enter(other))
        {
            Assert.Equal(429, Assert.Throws<RequestException>(() => gate.Enter(other)).Status);
            Assert.Equal(HttpStatusCode.OK, (await server.Post("/v1/score", """{"rows": [{}]}""")).Status);
        }

        using (gate.Enter(same))
        using (gate.Enter(same))
        {
            var (status, body) = await server.Post("/v1/score", """{"rows": [{}]}""");
            Assert.Equal(HttpStatusCode.TooManyRequests, status);
            Assert.Contains("2 requests of this client", (string)body["detail"]!, StringComparison.Ordinal);
            using var grpc = new GrpcCall(server.Grpc);
            Assert.Equal(StatusCode.ResourceExhausted,
                (await grpc.Send("/inference.GRPCInferenceService/ServerMetadata", GrpcCall.Frame([]))).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.Post("/v1/score", """{"rows": [{}]}""")).Status);
    }

    [Fact]
    public async Task Timeout_OfABodyThatDoesNotCome_EndsTheRequest()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { Timeout = TimeSpan.FromSeconds(1) });
        using var slow = await SlowBody(server);
        using var reader = new StreamReader(slow.GetStream());
        Assert.Equal("HTTP/1.1 408 Request Timeout", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task ApiKeys_OfFiles_GuardAllButHealthAndThePage()
    {
        var (scoreFile, adminFile) = (fixture.NewFile("keys"), fixture.NewFile("admins"));
        File.WriteAllText(scoreFile, $"# of the tests\nanother-key-of-the-tests\n\n{ScoreKey}\n");
        File.WriteAllText(adminFile, AdminKey + "\n");
        await using var server = await TestServer.Start(fixture.First, o => o with { ApiKeyFile = scoreFile, AdminKeyFile = adminFile });
        const string Body = """{"rows": [{}]}""";
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Post("/v1/score", Body)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Send(HttpMethod.Post, "/v1/score", Body, ScoreKey + "x")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Send(HttpMethod.Post, "/v1/score", Body, ScoreKey)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Send(HttpMethod.Post, "/v1/score", Body, AdminKey)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Get("/v2/models/clicks")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Get("/v1/models")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Get("/v2/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Get("/openapi.json")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized,
            (await server.Send(HttpMethod.Post, "/v1/models/clicks/versions", "{}", ScoreKey)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Send(HttpMethod.Post, "/v1/models/clicks/versions", "{}", AdminKey)).Status);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "X-Api-Key", ScoreKey } } };
        Assert.Equal(HttpStatusCode.OK, (await server.Client.SendAsync(request)).StatusCode);

        using var grpc = new GrpcCall(server.Grpc);
        var call = "/inference.GRPCInferenceService/ServerMetadata";
        Assert.Equal(StatusCode.Unauthenticated, (await grpc.Send(call, GrpcCall.Frame([]))).Status);
        Assert.Equal(StatusCode.OK, (await grpc.Send(call, GrpcCall.Frame([]), ("authorization", $"Bearer {ScoreKey}"))).Status);
        Assert.Equal(StatusCode.OK, (await grpc.Send("/inference.GRPCInferenceService/ServerReady", GrpcCall.Frame([]))).Status);
    }

    [Fact]
    public async Task Changes_WithoutAnAdminKey_AreForbidden()
    {
        await using var server = await TestServer.Start(fixture.First);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.Post("/v1/models/clicks/versions", "{}")).Status);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await server.Send(HttpMethod.Put, "/v1/models/clicks/labels/stable", """{"version": "1"}""")).Status);
    }

    [Fact]
    public async Task Start_WithMistakes_SaysWhatWasExpected()
    {
        var key = fixture.NewFile("keys");
        File.WriteAllText(key, "short\n");
        await Expect("expected at least 16", o => o with { ApiKeyFile = key });
        await Expect("cannot be read", o => o with { ApiKeyFile = key + "-absent" });
        await File.WriteAllBytesAsync(key, [.. "# keys\n"u8, .. Enumerable.Range(128, 40).Select(b => (byte)b)]);
        await Expect(":2: found bytes that are no text, expected a key of text a line", o => o with { ApiKeyFile = key });
        await Expect("found an empty path", o => o with { Models = [new ModelSource("a", "")] });
        var large = fixture.NewFile("large-keys");
        await File.WriteAllBytesAsync(large, new byte[(1 << 20) + 1]);
        await Expect("found more than 1048576 bytes", o => o with { AdminKeyFile = large });
        if (!OperatingSystem.IsWindows())
        {
            // Whoever waited for its writer would wait for ever.
            var pipe = fixture.NewFile("key-pipe");
            using (var made = System.Diagnostics.Process.Start("mkfifo", pipe)!)
                await made.WaitForExitAsync();
            await Expect("is a pipe without a writer", o => o with { AdminKeyFile = pipe });
        }

        await Expect("found no file, expected a package", o => o with { Models = [new ModelSource("a", key + "-absent")] });
        await Expect("expected", o => o with { Models = [new ModelSource("a", key)] });
        await Expect("found no package", o => o with { Models = [new ModelSource("a", fixture.NewFolder())] });
        await Expect("model \"a/b\"", o => o with { Models = [new ModelSource("a/b", fixture.First)] });
        await Expect("found one name twice", o => o
            with
        { Models = [new ModelSource("a", fixture.First), new ModelSource("a", fixture.Second)] });
        await Expect("label stable: found version \"7\"", o => o
            with
        { Models = [new ModelSource("a", fixture.First) { Labels = new Dictionary<string, string> { ["stable"] = "7" } }] });
        await Expect("url \"ftp://a:1\"", o => o with { Urls = ["ftp://a:1"] });
        await Expect("found host \"somewhere.example\"", o => o with { Urls = ["http://somewhere.example:1"] });
        await Expect("rows: found 0, expected 1 to 1000000", o => o with { MaxRows = 0 });
        await using var server = await TestServer.Start(fixture.First);
        await Expect("cannot listen", o => o with { Urls = [$"http://127.0.0.1:{server.Http.Port}"] });

        async Task Expect(string part, Func<ServerOptions, ServerOptions> with)
        {
            var mistake = await Assert.ThrowsAsync<ConsortException>(() => TestServer.Start(fixture.First, with));
            Assert.Contains(part, mistake.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Stop_WithARequestUnderWay_LetsItFinish()
    {
        var server = await TestServer.Start(fixture.First, o => o with { Drain = TimeSpan.FromMilliseconds(300) });
        using var slow = await SlowBody(server);
        await Until(async () => (await server.Client.GetStringAsync("/metrics")).Contains("consort_requests_in_flight 1\n",
            StringComparison.Ordinal));
        var stopping = server.Server.StopAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await server.Get("/v2/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Get("/v2/health/live")).Status);
        await Task.Delay(600);
        await slow.GetStream().WriteAsync("\": [{}]}"u8.ToArray());
        using var reader = new StreamReader(slow.GetStream());
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync());
        await stopping;
        await server.DisposeAsync();
    }

    // A request whose body never ends; it has to be "\": [{}]}" still.
    private static async Task<TcpClient> SlowBody(TestServer server)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Http.Port);
        await socket.GetStream().WriteAsync(
            "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"rows"u8.ToArray());
        return socket;
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }

        Assert.Fail("it did not happen");
    }
}
