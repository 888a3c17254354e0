using System.Net;
using System.Net.Sockets;
using System.Text;
using Consort.AspNetCore.Listening;
using Grpc.Core;

namespace Consort.AspNetCore.Tests;

/// <summary>Clients that would take all there is, and one who asks beside them.</summary>
[Collection(ServerCollection.Name)]
public sealed class ExhaustionTests(ServerFixture fixture)
{
    private const string Body = """{"rows": [{}]}""";

    [Fact]
    public async Task Score_BesideSlowBodies_IsServed()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxInFlight = 2 });
        var slow = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 50; i++)
                slow.Add(await Begin(server, "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"rows"));
            await Until(async () => (await server.Client.GetStringAsync("/metrics")).Contains("consort_requests_in_flight 50\n",
                StringComparison.Ordinal));
            for (var i = 0; i < 20; i++)
                TestServer.Probabilities(await server.Post("/v1/score", Body));
            using var grpc = new GrpcCall(server.Grpc);
            Assert.Equal(StatusCode.OK, (await grpc.Send("/inference.GRPCInferenceService/ServerMetadata", GrpcCall.Frame([]))).Status);
        }
        finally
        {
            slow.ForEach(s => s.Dispose());
        }

        // Clients that went away leave nothing held.
        await Until(() => Task.FromResult(server.Server.Gate is { UnderWay: 0, Memory.Held: 0 }));
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFF")]
    [InlineData("-1")]
    [InlineData("zz")]
    public async Task Body_OfChunksWithoutASize_IsAMistakeOfTheClient(string size)
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = await Begin(
            server, $"POST /v1/score HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{{}}\r\n");
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync());
        Assert.DoesNotContain("internal error", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_SlowerThanTheLeastRate_AreCut()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MinBytesPerSecond = 1000 });
        using var slow = await Begin(server,
            "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n");
        using var stop = new CancellationTokenSource();
        var dripping = Task.Run(async () =>
        {
            try
            {
                // A byte at a time, so that it is not silence that ends it; the request may take a minute.
                while (!stop.IsCancellationRequested)
                {
                    await slow.GetStream().WriteAsync(" "u8.ToArray());
                    await Task.Delay(200, stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
            }
        });
        using var reader = new StreamReader(slow.GetStream());
        Assert.Equal("HTTP/1.1 408 Request Timeout", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(40)));
        await stop.CancelAsync();
        await dripping;
    }

    [Fact]
    public async Task Connections_BeyondTheMost_CloseTheLongestIdle()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxConnections = 5 });
        using var first = await Begin(server, "");
        var idle = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 20; i++)
                idle.Add(await Begin(server, ""));
            // A new client is let in however many lie idle, and the first has gone for it.
            // It would hide a connection that was closed by taking another.
            var opened = 0;
            using var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (context, token) =>
                {
                    opened++;
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(context.DnsEndPoint, token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            };
            using var client = new HttpClient(handler) { BaseAddress = server.Http };
            using var content = new StringContent(Body, Encoding.UTF8, "application/json");
            Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/v1/score", content)).StatusCode);
            Assert.True(await IsClosed(first));
            // One that has asked something stays, however many come after it that have not.
            for (var i = 0; i < 5; i++)
            {
                for (var other = 0; other < 10; other++)
                    idle.Add(await Begin(server, ""));
                using var again = new StringContent(Body, Encoding.UTF8, "application/json");
                using var response = await client.PostAsync("/v1/score", again);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }

            Assert.Equal(1, opened);
        }
        finally
        {
            idle.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Connections_OfOneClient_CloseItsOwn()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxConnections = 100, MaxConnectionsPerClient = 2 });
        using var first = await Begin(server, "");
        using var second = await Begin(server, "");
        using var third = await Begin(server, "");
        Assert.True(await IsClosed(first));
        TestServer.Probabilities(await server.Post("/v1/score", Body));
    }

    [Theory]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    public void Client_OfAnAddress_IsTheAddressOrItsNetwork(string address, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), Connections.ClientOf(IPAddress.Parse(address)));

    [Fact]
    public async Task Memory_HeldBySlowBodies_IsGivenToOthers()
    {
        // Four bodies fit; eight slow ones hold all there is.
        await using var server = await TestServer.Start(fixture.First, o => o with { MaxBodyBytes = 1 << 20, MaxBufferedBytes = 1 << 20 });
        var slow = new List<TcpClient>();
        try
        {
            var part = new string(' ', 600_000);
            for (var i = 0; i < 8; i++)
                slow.Add(await Begin(server, $"POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{part}"));
            await Until(() => Task.FromResult(server.Server.Gate.Memory.Held >= 3_000_000));
            await Until(async () => (await server.Post("/v1/score", Body + part)).Status == HttpStatusCode.OK);
            Assert.True(server.Server.Gate.Memory.Held <= 4 << 20);
            var told = await Task.WhenAll(slow.Select(async s =>
            {
                using var reader = new StreamReader(s.GetStream());
                return s.Available > 0 ? await reader.ReadLineAsync() : "";
            }));
            Assert.Contains("HTTP/1.1 503 Service Unavailable", told);
        }
        finally
        {
            slow.ForEach(s => s.Dispose());
        }

        await Until(() => Task.FromResult(server.Server.Gate.Memory.Held == 0));
        TestServer.Probabilities(await server.Post("/v1/score", Body));
    }

    [Fact]
    public async Task Heads_TooLong_AreRefused()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2") { Headers = { { "X-Long", new string('x', 20_000) } } };
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await server.Client.SendAsync(request)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestUriTooLong, (await server.Client.GetAsync("/v2/models/" + new string('x', 20_000))).StatusCode);
        TestServer.Probabilities(await server.Post("/v1/score", Body));
    }

    private static async Task<TcpClient> Begin(TestServer server, string text)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Http.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        return socket;
    }

    private static async Task<bool> IsClosed(TcpClient socket)
    {
        try
        {
            return await socket.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) == 0;
        }
        catch (IOException)
        {
            return true;
        }
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
