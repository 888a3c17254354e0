using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Tests;

/// <summary>Keys and strings that are no text, wherever they stand, are a mistake of the client with its place.</summary>
[Collection(ServerCollection.Name)]
public sealed class BodyTextTests(ServerFixture fixture)
{
    private static readonly Limits Limits = new(2 << 20, 100, 1024, 16, TimeSpan.FromSeconds(10));

    [Theory]
    [InlineData("/v1/score", """{"\ud800": 1}""", "byte 3: found \\ud800")]
    [InlineData("/v1/score", """{"\udc00": 1}""", "byte 3: found \\udc00")]
    [InlineData("/v1/score", """{"rows": [{}, {"site": "a\ud800"}]}""", "rows[1].site, byte 26: found \\ud800")]
    [InlineData("/v1/score", """{"rows": [{"site": "\uD83D\u0041"}]}""", "rows[0].site, byte 21: found \\uD83D")]
    [InlineData("/v1/score", """{"rows": [{"\udbff": 1}]}""", "rows[0], byte 13")]
    [InlineData("/v1/score", """{"rows": [{"label": {"x": ["\udfff"]}}]}""", "rows[0].label.x[0], byte 29")]
    [InlineData("/v1/score", """{"fields": ["\ud800"], "rows": []}""", "fields[0], byte 14")]
    [InlineData("/v1/score", """{"context": {"\ud800": 1}, "candidates": [{}]}""", "context, byte 15")]
    [InlineData("/v1/score", """{"context": {}, "candidates": [{"site": "\ud800\ud800"}]}""", "candidates[0].site, byte 42")]
    [InlineData("/v1/score", """{"rows": [{"site": "\ud8""", "malformed JSON")]
    [InlineData("/v1/score", """{"rows": [{"site": "\ud800""", "rows[0].site")]
    [InlineData("/v1/score", """{"rows": [{"site": "\\ud800"}]}""", null)] // a backslash and letters
    [InlineData("/v1/score", """{"rows": [{"site": "\ud83d\ude00"}], "\u0072ows": []}""", "twice")]
    [InlineData("/v1/explain", """{"\ud800": 1}""", "byte 3")]
    [InlineData("/v1/explain", """{"row": {"\ud800": 1}}""", "row, byte 11")]
    [InlineData("/v2/models/clicks/infer", """{"\ud800": 1}""", "byte 3")]
    [InlineData("/v2/models/clicks/infer", """{"id": "\ud800", "inputs": []}""", "id, byte 9")]
    [InlineData("/v2/models/clicks/infer", """{"inputs": [{"\ud800": 1}]}""", "inputs[0], byte 15")]
    [InlineData("/v2/models/clicks/infer", """{"inputs": [{"name": "\ud800"}]}""", "inputs[0].name, byte 23")]
    [InlineData("/v2/models/clicks/infer", """{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "data": ["\ud800"]}]}""",
        "inputs[0].data[0], byte 75")]
    [InlineData("/v2/models/clicks/infer", """{"inputs": [], "outputs": [{"\ud800": 1}]}""", "outputs[0], byte 30")]
    [InlineData("/v2/models/clicks/infer", """{"inputs": [], "parameters": {"\ud800": 1}}""", "parameters, byte 32")]
    public async Task Post_HalvesOfSurrogatePairs_SayWhere(string path, string body, string? part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer) = await server.Post(path, body);
        Assert.Equal(part is null ? HttpStatusCode.OK : HttpStatusCode.BadRequest, status);
        if (part is not null)
            Assert.Contains(part, (string)answer["detail"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_HalvesOfSurrogatePairs_SayWhere()
    {
        var keys = fixture.NewFile("keys");
        await File.WriteAllTextAsync(keys, "admin-key-of-the-tests");
        await using var server = await TestServer.Start(fixture.First, o => o with { AdminKeyFile = keys });
        foreach (var (method, path) in new[] { (HttpMethod.Put, "/v1/models/clicks/labels/a"),
            (HttpMethod.Post, "/v1/models/clicks/versions") })
            foreach (var body in new[] { """{"\ud800": "1"}""", """{"version": "\ud800"}""", """{"version": null}""",
                """{"version": 1e400}""" })
            {
                var (status, answer) = await server.Send(method, path, body, "admin-key-of-the-tests");
                Assert.True(status == HttpStatusCode.BadRequest, $"{body}: {answer.ToJsonString()}");
            }

        Assert.DoesNotContain("internal error", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"rows\": null}", "rows: found null")]
    [InlineData("{\"rows\": [null]}", "rows[0]: found null")]
    [InlineData("{\"fields\": null, \"rows\": []}", "fields: found null")]
    [InlineData("{\"fields\": [null], \"rows\": []}", "fields[0]: found null")]
    [InlineData("{\"context\": null, \"candidates\": [{}]}", "context: found null")]
    [InlineData("{\"candidates\": null}", "candidates: found null")]
    [InlineData("{\"rows\": [{\"price\": 1e400}]}", "rows[0]: column price")]
    [InlineData("{\"rows\": [{\"price\": -1e400}]}", "rows[0]: column price")]
    public async Task Score_NullsAndNumbersBeyondAll_SayWhere(string body, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer) = await server.Post("/v1/score", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(part, (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"inputs\": null}", "inputs: found null")]
    [InlineData("{\"inputs\": [null]}", "inputs[0]: found null")]
    [InlineData("{\"inputs\": [{\"name\": null, \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\"]}]}", "name: found null")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": null, \"shape\": [1], \"data\": [\"a\"]}]}", "datatype: found null")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": null, \"data\": [\"a\"]}]}", "shape: found null")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [null], \"data\": [\"a\"]}]}", "shape")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1e400], \"data\": [\"a\"]}]}", "shape")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": null}]}", "data: found null")]
    [InlineData("{\"inputs\": [{\"name\": \"site\", \"name\": \"app\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\"a\"]}]}",
        "inputs[0]: found \"name\" twice")]
    [InlineData("{\"inputs\": [], \"inputs\": []}", "\"inputs\" twice")]
    [InlineData("{\"inputs\": [], \"outputs\": null}", "outputs: found null")]
    [InlineData("{\"inputs\": [], \"outputs\": [{}]}", "outputs[0]: found no name")]
    [InlineData("{\"inputs\": [], \"outputs\": [{\"name\": \"probability\", \"name\": \"probability\"}]}", "twice")]
    [InlineData("{\"inputs\": [], \"parameters\": []}", "parameters: found an array")]
    [InlineData("{\"id\": null, \"inputs\": []}", "id: found null")]
    public async Task Infer_NullsAndKeysGivenTwice_SayWhere(string body, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer) = await server.Post("/v2/models/clicks/infer", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(part, (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF }, "rows[0].site, byte 21: found the byte 0xFF")]
    [InlineData(new byte[] { 0x61, 0xC3 }, "byte 22: found the byte 0xC3")] // a letter's first half
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "byte 21: found the byte 0xED")] // half of a surrogate pair
    [InlineData(new byte[] { 0xC0, 0x80 }, "byte 21: found the byte 0xC0")] // too long a form
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, "byte 21: found the byte 0xF4")] // beyond Unicode
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98 }, "byte 21: found the byte 0xF0")]
    public async Task Score_BytesThatAreNoUtf8_SayWhere(byte[] value, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        using var content = new ByteArrayContent([.. "{\"rows\": [{\"site\": \""u8, .. value, .. "\"}]}"u8])
        {
            Headers =
            { ContentType = new MediaTypeHeaderValue("application/json") }
        };
        using var response = await server.Client.PostAsync("/v1/score", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(part, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_EveryPairOfUnits_IsTextWhereDotNetSaysSo()
    {
        char[] units = ['a', '\\', '\uD7FF', '\uD800', '\uDBFF', '\uDC00', '\uDFFF', '\uE000', '\uFFFF'];
        foreach (var first in units)
            foreach (var second in units)
                foreach (var third in units)
                {
                    string text = new([first, second, third]);
                    var json = Encoding.ASCII.GetBytes($"[\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\"]");
                    var isText = true;
                    try
                    {
                        _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text);
                    }
                    catch (EncoderFallbackException)
                    {
                        isText = false;
                    }

                    if (isText)
                        BodyText.Check(json, Limits);
                    else
                        Assert.Throws<RequestException>(() => BodyText.Check(json, Limits));
                }
    }
}
