using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Consort.AspNetCore.Tests;

/// <summary>What nobody should send: each is answered with what is wrong, and the server goes on.</summary>
[Collection(ServerCollection.Name)]
public sealed class HostileTests(ServerFixture fixture)
{
    [Theory]
    [InlineData("", "found an empty body, expected a JSON object")]
    [InlineData(" \n ", "found an empty body, expected a JSON object")]
    [InlineData("{\"rows\":[{\"site\":\"a\"},]}",
        "line 1, byte 23: found a comma before ], expected a value after it; leave the comma out")]
    [InlineData("{\"rows\":[\n{\"site\":\"a\",}]}",
        "line 2, byte 13: found a comma before }, expected a key after it; leave the comma out")]
    [InlineData("{", "line 1, byte 2: found the end, expected")]
    [InlineData("{\"rows\": [{}]", "found the end, expected")]
    [InlineData("{\"rows\": [{}]} x", "line 1, byte 16: found \"x\" after the end, expected one JSON value")]
    [InlineData("{rows: []}", "line 1, byte 2: found \"r\", expected a key in double quotes")]
    [InlineData("{\"rows\" []}", "found \"[\" after a key, expected a colon")]
    [InlineData("{\"rows\": [{} {}]}", "found \"{\" after a value, expected a comma, ] or }")]
    [InlineData("{\"rows\": [}", "found ")]
    [InlineData("{\"rows\": 01}", "found a number that begins with 0")]
    [InlineData("{\"rows\": 1.x}", "in a number")]
    [InlineData("{\"rows\": -}", "in a number")]
    [InlineData("{\"rows\": 1ex}", "in a number")]
    [InlineData("{\"rows\": True}", "found \"T\", expected a value")]
    [InlineData("{\"rows\": trie}", "expected true, false, null")]
    [InlineData("{\"rows\": \"\\x\"}", "after a backslash")]
    [InlineData("{\"rows\": \"\\u00g0\"}", "after \\u, expected four digits")]
    [InlineData("{\"rows\": \"a\nb\"}", "found the byte 0x0A in a text")]
    [InlineData("{\"rows\": \"abc", "found the end within a text")]
    [InlineData("{\"rows\": 1.", "found the end, expected more")]
    [InlineData("{\"rows\"", "found the end, expected more")]
    [InlineData("{\"rows\": 1x}", "found \"x\" in a number")]
    [InlineData("{\"rows\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "found arrays and objects too deep within each other")]
    public async Task Post_NoJson_SaysInOurWordsWhatAndWhere(string body, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        foreach (var path in new[] { "/v1/score", "/v1/explain" })
        {
            var (status, answer) = await server.Post(path, body);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            var detail = (string)answer["detail"]!;
            Assert.Contains(part, detail, StringComparison.Ordinal);
            foreach (var foreign in new[] { "reader", "isFinalBlock", "LineNumber", "BytePosition", "line 0", "something else", "payload",
                "nothing more" })
                Assert.DoesNotContain(foreign, detail, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("", "malformed JSON")]
    [InlineData("{", "malformed JSON")]
    [InlineData("{\"rows\": [{}]} x", "malformed JSON")]
    [InlineData("{\"rows\": [{}]}{}", "malformed JSON")]
    [InlineData("{\"rows\": [{\"price\": 01}]}", "malformed JSON")]
    [InlineData("{\"rows\": [{\"price\": NaN}]}", "malformed JSON")]
    [InlineData("{\"rows\": [{\"price\": 1,}]}", "malformed JSON")]
    [InlineData("[]", "found an array, expected an object")]
    [InlineData("null", "found null, expected an object")]
    [InlineData("{}", "expected rows")]
    [InlineData("{\"rows\": []", "malformed JSON")]
    [InlineData("{\"rows\": {}}", "rows: found an object, expected an array")]
    [InlineData("{\"rows\": [1]}", "rows[0]: found a number, expected an object or an array")]
    [InlineData("{\"rows\": [{}, [\"1\"]]}", "rows[1]: found 1 values, expected 15")]
    [InlineData("{\"rows\": [{}], \"candidates\": []}", "expected rows")]
    [InlineData("{\"rows\": [{}], \"context\": {}}", "expected rows")]
    [InlineData("{\"rows\": [{}], \"rows\": [{}]}", "twice")]
    [InlineData("{\"rowz\": [{}]}", "did you mean rows?")]
    [InlineData("{\"rows\": [{}, {\"prize\": 1}]}", "rows[1]: field \"prize\" is not one that the model reads; did you mean price?")]
    [InlineData("{\"rows\": [{\"price\": 1, \"price\": 2}]}", "rows[0]: field price: found it twice")]
    [InlineData("{\"rows\": [{\"price\": \"abc\"}]}", "rows[0]: column price: found \"abc\", expected a number or empty")]
    [InlineData("{\"rows\": [{\"price\": 1e999}]}", "rows[0]: column price")]
    [InlineData("{\"rows\": [{\"price\": true}]}", "rows[0]: field price: found true, expected a string, a number or null")]
    [InlineData("{\"rows\": [{\"site\": {\"a\": 1}}]}", "rows[0]: field site: found an object")]
    [InlineData("{\"rows\": [{\"site\": [\"a\"]}]}", "rows[0]: field site: found an array")]
    [InlineData("{\"rows\": [{\"site\": \"\\ud800\"}]}", "surrogate")]
    [InlineData("{\"rows\": [{\"\\ud800\": 1}]}", "surrogate")]
    [InlineData("{\"fields\": [\"site\", \"site\"], \"rows\": []}", "fields[1]: found site twice")]
    [InlineData("{\"fields\": [\"sites\"], \"rows\": []}", "did you mean site?")]
    [InlineData("{\"fields\": [1], \"rows\": []}", "fields[0]: found a number")]
    [InlineData("{\"candidates\": [1]}", "candidates[0]: found a number")]
    [InlineData("{\"candidates\": [{}], \"context\": []}", "context: found an array")]
    [InlineData("{\"candidates\": [{}], \"context\": {\"price\": \"x\"}}", "context: column price")]
    [InlineData("{\"candidates\": [{}], \"context\": {\"priced\": \"x\"}}", "context: field \"priced\" is not one")]
    [InlineData("{\"row\": {}}", "expected rows")]
    public async Task Score_AMistake_SaysWhereAndWhat(string body, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer) = await server.Post("/v1/score", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(part, (string)answer["detail"]!, StringComparison.Ordinal);
        await StillAnswers(server);
    }

    [Theory]
    [InlineData("{\"inputs\": []}", "no inputs")]
    [InlineData("{}", "no inputs")]
    [InlineData("{\"inputs\": {}}", "inputs: found an object")]
    [InlineData("{\"input\": []}", "did you mean inputs?")]
    [InlineData("{\"inputs\": [{}]}", "inputs[0]: expected name, shape, datatype and data")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [2], \"data\": [\"a\"]}]}",
        "input site: found 1 values, expected 2")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\", \"b\"]}]}",
        "input site: found more values, expected 1")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [1]}]}",
        "input site[0]: found a number, expected a string or null")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": \"a\"}]}",
        "data: found a string, expected an array")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"INT64\", \"shape\": [1], \"data\": [1.5]}]}", "expected an integer")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"UINT8\", \"shape\": [1], \"data\": [-1]}]}", "expected an integer")]
    [InlineData("{\"inputs\": [{\"name\": \"visits\", \"datatype\": \"INT8\", \"shape\": [1], \"data\": [128]}]}",
        "input visits[0]: found 128, expected -128 to 127, as datatype INT8 says")]
    [InlineData("{\"inputs\": [{\"name\": \"visits\", \"datatype\": \"UINT64\", \"shape\": [1], \"data\": [18446744073709551616]}]}",
        "expected 0 to 18446744073709551615")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BOOL\", \"shape\": [1], \"data\": [true]}]}", "datatype \"BOOL\"")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1, 2], \"data\": [\"a\", \"b\"]}]}",
        "shape [1, 2]")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [-1], \"data\": []}]}", "shape [-1]")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1e3], \"data\": []}]}", "shape")]
    [InlineData("{\"inputs\": [{\"name\": \"sites\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\"]}]}", "did you mean site?")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\"]}], \"outputs\": [{\"name\": \"logit\"}]}", "output \"logit\", expected probability")]
    [InlineData("{\"inputs\": [{\"name\": \"price\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\"]}]}",
        "input price[0]: column price")]
    public async Task Infer_AMistake_SaysWhereAndWhat(string body, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer) = await server.Post("/v2/models/clicks/infer", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(part, (string)answer["error"]!, StringComparison.Ordinal);
        await StillAnswers(server);
    }

    [Fact]
    public async Task Put_ALabelWhoseVersionIsANumber_SaysThatItIsAText()
    {
        var keys = fixture.NewFile("admin-keys");
        File.WriteAllText(keys, "admin-key-of-this-test");
        await using var server = await TestServer.Start(fixture.First, o => o with { AdminKeyFile = keys });
        var (status, answer) = await server.Send(HttpMethod.Put, "/v1/models/clicks/labels/canary", "{\"version\": 3}",
            "admin-key-of-this-test");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("version: found a number, expected a string: \"3\" in quotes", (string)answer["detail"]!);
    }

    [Fact]
    public async Task Score_DeepHugeAndLongBodies_AreRefused()
    {
        await using var server = await TestServer.Start(fixture.First,
            o => o with { MaxBodyBytes = 100_000, MaxRows = 300, MaxValueBytes = 100 });
        await Expect(HttpStatusCode.BadRequest, "malformed JSON", "{\"rows\": " + new string('[', 50_000));
        await Expect(HttpStatusCode.BadRequest, "malformed JSON", string.Concat(Enumerable.Repeat("{\"rows\": ", 5_000)));
        await Expect(HttpStatusCode.BadRequest, "malformed JSON", "{\"rows\": " + new string('[', 20) + new string(']', 20) + "}");
        await Expect(HttpStatusCode.BadRequest, "value of 101 bytes, expected at most 100",
            $"{{\"rows\": [{{\"site\": \"{new string('x', 101)}\"}}]}}");
        await Expect(HttpStatusCode.BadRequest, "value of 101 bytes", $"{{\"rows\": [{{\"price\": {new string('1', 101)}}}]}}");
        await Expect(HttpStatusCode.BadRequest, "is not one that the model reads", $"{{\"rows\": [{{\"{new string('x', 60_000)}\": 1}}]}}");
        await Expect(HttpStatusCode.RequestEntityTooLarge, "300 impressions",
            $"{{\"rows\": [{string.Join(',', Enumerable.Repeat("{}", 301))}]}}");
        await Expect(HttpStatusCode.RequestEntityTooLarge, "300 impressions",
            $"{{\"candidates\": [{string.Join(',', Enumerable.Repeat("{}", 301))}]}}");
        await Expect(HttpStatusCode.RequestEntityTooLarge, "100000 bytes", new string(' ', 100_001));
        Assert.Equal(300, TestServer.Probabilities(
            await server.Post("/v1/score", $"{{\"rows\": [{string.Join(',', Enumerable.Repeat("{}", 300))}]}}")).Length);
        var (status, _) = await server.Post("/v2/models/clicks/infer",
            "{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [2000000000], \"data\": []}]}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);

        async Task Expect(HttpStatusCode expected, string part, string body)
        {
            var (found, answer) = await server.Post("/v1/score", body);
            Assert.True(expected == found, answer.ToJsonString());
            Assert.Contains(part, (string)answer["detail"]!, StringComparison.Ordinal);
            Assert.True(answer.ToJsonString().Length < 1000, "a message repeats the request");
            await StillAnswers(server);
        }
    }

    [Fact]
    public async Task Score_BytesThatAreNoText_AreRefused()
    {
        await using var server = await TestServer.Start(fixture.First);
        foreach (var bytes in new[] { new byte[] { 0xFF }, [.. "{\"rows\": [{\"site\": \""u8, 0xC3, .. "\"}]}"u8],
            [0xEF, 0xBB, 0xBF, .. "{\"rows\": []}"u8] })
        {
            using var content = new ByteArrayContent(bytes);
            using var response = await server.Client.PostAsync("/v1/score", content);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }

        await StillAnswers(server);
    }

    [Fact]
    public async Task Score_RandomDamage_NeverBreaksTheServer()
    {
        await using var server = await TestServer.Start(fixture.First);
        var good = Encoding.UTF8.GetBytes(
            """{"context": {"price": "12.5", "app": "äpp\u0031"}, "candidates": [{"site": "s3", "time": "14102107"}, {"age": 5e0, "site": null}]}""");
        var random = new Random(3);
        for (var i = 0; i < 400; i++)
        {
            var bytes = good.ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            using var content = new ByteArrayContent(i % 4 == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            using var response = await server.Client.PostAsync("/v1/score", content);
            Assert.True((int)response.StatusCode is 200 or 400, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }

        await StillAnswers(server);
        Assert.DoesNotContain("internal error", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_WrongPathsMethodsAndTypes_AreExplained()
    {
        await using var server = await TestServer.Start(fixture.First);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Get("/v3")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Get("/v2/models/../../etc/passwd")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Post("/v1/models/clicks/versions/..%2F..%2Fsecret:score", "{}")).Status);
        var (status, body) = await server.Get("/v1/score");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, status);
        Assert.Contains("expected POST", (string)body["detail"]!, StringComparison.Ordinal);
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("a", "b")]);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await server.Client.PostAsync("/v1/score", form)).StatusCode);
        using var packed = new ByteArrayContent([1, 2, 3]) { Headers = { ContentEncoding = { "gzip" } } };
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await server.Client.PostAsync("/v1/score", packed)).StatusCode);
        using var call = await server.Client.PostAsync("/inference.GRPCInferenceService/ServerLive", new ByteArrayContent([]));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, call.StatusCode);
        using var head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v2/health/live"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task Http_BytesThatAreNoRequest_DoNotStopTheServer()
    {
        await using var server = await TestServer.Start(fixture.First);
        foreach (var address in new[] { server.Http, server.Grpc })
            foreach (var text in new[] { "\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + new string('x', 5000) })
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, address.Port);
                var stream = socket.GetStream();
                try
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
                    socket.Client.Shutdown(SocketShutdown.Send);
                    await stream.CopyToAsync(Stream.Null);
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    // Reset is an answer too.
                }
            }

        await StillAnswers(server);
    }

    [Fact]
    public async Task Score_ManyLargeRequests_LeaveMemoryBounded()
    {
        await using var server = await TestServer.Start(fixture.First,
            o => o with { MaxBodyBytes = 1 << 20, MaxInFlight = 8, MaxRows = 100_000 });
        var large = $"{{\"rows\": [{string.Join(',', Enumerable.Repeat("{\"site\": \"s3\", \"price\": 12.5}", 30_000))}]}}";
        for (var i = 0; i < 2; i++)
            await Round(16);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        const int Rounds = 12;
        for (var i = 0; i < Rounds; i++)
            await Round(16);
        // 16 requests a round; buffers that client and server keep for the next are all that may stay.
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < (long)Rounds * 16 * large.Length / 3, $"memory grew by {grown} bytes");
        await StillAnswers(server);

        async Task Round(int requests) => await Task.WhenAll(Enumerable.Range(0, requests).Select(async _ =>
        {
            var (status, _) = await server.Post("/v1/score", large);
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, status.ToString());
        }));
    }

    private async Task StillAnswers(TestServer server)
    {
        var found = TestServer.Probabilities(
            await server.Post("/v1/score", System.Text.Json.JsonSerializer.Serialize(new { rows = new[] { fixture.Row(0) } })));
        Assert.Equal(fixture.Score(0), found.Single(), 1e-6f);
    }
}
