using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Consort.AspNetCore.Tests;

/// <summary>The binary tensor data extension over HTTP, as Triton's own client speaks it.</summary>
[Collection(ServerCollection.Name)]
public sealed class BinaryTensorTests(ServerFixture fixture)
{
    private const string Header = "Inference-Header-Content-Length", Path = "/v2/models/clicks/infer";

    [Fact]
    public async Task Infer_AllFieldsInBinary_GivesTheScorersProbabilitiesInBinary()
    {
        await using var server = await TestServer.Start(fixture.First);
        var rows = Enumerable.Range(0, fixture.Raw.Count).ToArray();
        var tensors = fixture.FirstScorer.Fields.Select(f => (Name: f, Bytes: Texts(rows.Select(r => fixture.Raw[r][f])))).ToArray();
        var json = JsonSerializer.Serialize(new
        {
            id = "7",
            inputs = tensors.Select(t => new
            {
                name = t.Name,
                datatype = "BYTES",
                shape = new[] { rows.Length, 1 },
                parameters = new { binary_data_size = t.Bytes.Length }
            }),
            parameters = new { binary_data_output = true },
        });
        var (status, answer, binary) = await Send(server, json, [.. tensors.SelectMany(t => t.Bytes)]);
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        var output = answer["outputs"]![0]!;
        Assert.Null(output["data"]);
        Assert.Equal(binary.Length, (int)output["parameters"]!["binary_data_size"]!);
        Assert.Equal($"[{rows.Length},1]", output["shape"]!.ToJsonString());
        Assert.Equal(rows.Length * 4, binary.Length);
        foreach (var row in rows)
            Assert.Equal(fixture.Score(row), BinaryPrimitives.ReadSingleLittleEndian(binary.AsSpan(4 * row)), 1e-6f);
    }

    [Theory]
    [InlineData("true", null, true)]
    [InlineData("false", "true", true)]
    [InlineData(null, "true", true)]
    [InlineData("true", "false", false)]
    [InlineData(null, null, false)]
    public async Task Infer_OutputAskedFor_IsAnsweredThatWay(string? ofRequest, string? ofOutput, bool isBinary)
    {
        await using var server = await TestServer.Start(fixture.First);
        var json = $$$"""
            {"inputs": [{"name": "site", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": 12}}, {"name": "price", "datatype": "FP32", "shape": [2], "data": [12.5, null]}],
             "outputs": [{"name": "probability", "parameters": {{{(ofOutput is null ? "null" : $"{{\"binary_data\": {ofOutput}}}")}}}}], "parameters": {{{(ofRequest is null ? "null" : $"{{\"binary_data_output\": {ofRequest}}}")}}}}
            """;
        var (status, answer, binary) = await Send(server, json, Texts(["s3", "s6"]));
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        var expected = TestServer.Probabilities(
            await server.Post("/v1/score", """{"rows": [{"site": "s3", "price": 12.5}, {"site": "s6"}]}"""));
        Assert.Equal(isBinary ? 8 : 0, binary.Length);
        for (var row = 0; row < 2; row++)
            Assert.Equal(expected[row], isBinary
                ? BinaryPrimitives.ReadSingleLittleEndian(binary.AsSpan(4 * row)) : (float)answer["outputs"]![0]!["data"]![row]!, 1e-6f);
    }

    [Theory]
    [InlineData("FP16", "004A")] // 12
    [InlineData("FP32", "00004041")]
    [InlineData("FP64", "0000000000002840")]
    [InlineData("INT8", "0C")]
    [InlineData("INT16", "0C00")]
    [InlineData("INT32", "0C000000")]
    [InlineData("INT64", "0C00000000000000")]
    [InlineData("UINT8", "0C")]
    [InlineData("UINT16", "0C00")]
    [InlineData("UINT32", "0C000000")]
    [InlineData("UINT64", "0C00000000000000")]
    [InlineData("BYTES", "020000003132")]
    public async Task Infer_EachDatatype_MeansWhatItWouldInARow(string datatype, string hex)
    {
        await using var server = await TestServer.Start(fixture.First);
        var expected = TestServer.Probabilities(await server.Post("/v1/score", """{"rows": [{"price": 12}]}""")).Single();
        var bytes = Convert.FromHexString(hex);
        var json = Input("price", datatype, bytes.Length);
        var (status, answer, _) = await Send(server, json, bytes);
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        Assert.Equal(expected, (float)answer["outputs"]![0]!["data"]![0]!, 1e-6f);
        // One byte less, one more: neither is read as something else.
        Assert.Equal(HttpStatusCode.BadRequest, (await Send(server, Input("price", datatype, bytes.Length - 1), bytes[..^1])).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Send(server, Input("price", datatype, bytes.Length + 1), [.. bytes, 0])).Status);
    }

    [Theory]
    [InlineData("FP16", "007E")]
    [InlineData("FP32", "0000C07F")]
    [InlineData("FP64", "000000000000F87F")]
    public async Task Infer_NotANumber_IsMissing(string datatype, string hex)
    {
        await using var server = await TestServer.Start(fixture.First);
        var expected = TestServer.Probabilities(await server.Post("/v1/score", """{"rows": [{}]}""")).Single();
        var (_, answer, _) = await Send(server, Input("price", datatype, hex.Length / 2), Convert.FromHexString(hex));
        Assert.Equal(expected, (float)answer["outputs"]![0]!["data"]![0]!, 1e-6f);
    }

    [Theory]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 7}}]}""",
        "binary_data_size 7 and 6 bytes left")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 5}}]}""",
        "found 6 bytes after the JSON, expected 5")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "data": ["a"]}]}""",
        "found 6 bytes after the JSON, expected 0")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": -1}}]}""",
        "expected once a count of bytes")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 1e400}}]}""",
        "expected once a count of bytes")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 99999999999}}]}""",
        "expected once a count of bytes")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": "6"}}]}""",
        "expected once a count of bytes")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 6, "binary_data_size": 6}}]}""", "expected once a count of bytes")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 2147483647}}]}""",
        "6 bytes left")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "data": ["a"], "parameters": {"binary_data_size": 6}}]}""", "found data and binary_data_size")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": 6}}]}""",
        "input site: found 1 whole values in 6 raw bytes, expected 2")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "INT64", "shape": [2000000000], "parameters": {"binary_data_size": 6}}]}""",
        "input site: found 6 raw bytes")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 6}}]}""",
        "input site: found 6 raw bytes, expected 1 of datatype FP32")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BF16", "shape": [3], "parameters": {"binary_data_size": 6}}]}""",
        "datatype \"BF16\"")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"shared_memory_region": "r"}}]}""",
        "shared_memory_region")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 6}}], "parameters": {"binary_data_output": 1}}""", "expected once true or false")]
    [InlineData("""{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 6}}], "outputs": [{"name": "probability", "parameters": {"classification": 1}}]}""", "classification")]
    public async Task Infer_SizesThatDoNotAgree_SayWhatWasExpected(string json, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer, _) = await Send(server, json, Texts(["s3"]));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(part, (string)answer["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FFFFFFFF7331")] // a length beyond all
    [InlineData("030000007331")] // beyond the end
    [InlineData("010000007331")] // a byte left
    [InlineData("02000000FF31")] // no UTF-8
    public async Task Infer_LengthsOfTexts_AreChecked(string hex)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer, _) = await Send(server, Input("site", "BYTES", 6), Convert.FromHexString(hex));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("input site", (string)answer["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_LengthsOfTheJson_AreChecked()
    {
        await using var server = await TestServer.Start(fixture.First);
        var json = Input("site", "BYTES", 6);
        foreach (var length in new[] { "", "-1", "x", "1e3", "99999999999999999999", "100000", "0", "5",
            (json.Length + 1).ToString(System.Globalization.CultureInfo.InvariantCulture) })
        {
            var (status, answer, _) = await Send(server, json, Texts(["s3"]), length);
            Assert.True(status == HttpStatusCode.BadRequest, $"{length}: {answer.ToJsonString()}");
        }

        var many = """{"inputs": [{"name": "site", "datatype": "BYTES", "shape": [2000000000], "parameters": {"binary_data_size": 6}}]}""";
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Send(server, many, Texts(["s3"]))).Status);
        // Without the header such a body is refused by name; with it, other paths take no binary all the same.
        Assert.Contains(Header, (await Send(server, json, Texts(["s3"]), null)).Answer.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Send(server, json, [], null)).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Send(server, json, [], "5", "/v1/score")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Send(server, json, Texts(["s3"]))).Status);
    }

    [Fact]
    public async Task Infer_AnyBytes_NeverBreakTheServer()
    {
        await using var server = await TestServer.Start(fixture.First);
        var json = Encoding.UTF8.GetBytes(Input("site", "BYTES", 6));
        byte[] good = [.. json, .. Texts(["s3"])];
        var random = new Random(8);
        for (var i = 0; i < 300; i++)
        {
            var bytes = good.ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            using var content = new ByteArrayContent(i % 4 == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            content.Headers.Add(Header, (json.Length + (i % 3 == 0 ? random.Next(-3, 4) : 0)).ToString(
                System.Globalization.CultureInfo.InvariantCulture));
            using var response = await server.Client.PostAsync(Path, content);
            Assert.True((int)response.StatusCode is 200 or 400 or 413,
                $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }

        Assert.DoesNotContain("internal error", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_Metadata_NameTheExtension()
    {
        await using var server = await TestServer.Start(fixture.First);
        Assert.Contains("binary_tensor_data", (await server.Get("/v2")).Body["extensions"]!.AsArray().Select(e => (string)e!));
    }

    private static string Input(string name, string datatype, int size) =>
        $$$"""{"inputs": [{"name": "{{{name}}}", "datatype": "{{{datatype}}}", "shape": [1], "parameters": {"binary_data_size": {{{size}}}}}]}""";

    private static byte[] Texts(IEnumerable<string> texts) =>
        [.. texts.Select(Encoding.UTF8.GetBytes).SelectMany(t => BitConverter.GetBytes(t.Length).Concat(t))];

    private static Task<(HttpStatusCode Status, JsonNode Answer, byte[] Binary)> Send(TestServer server, string json, byte[] binary) =>
        Send(server, json, binary, Encoding.UTF8.GetByteCount(json).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static async Task<(HttpStatusCode Status, JsonNode Answer, byte[] Binary)> Send(TestServer server, string json, byte[] binary,
        string? length, string path = Path)
    {
        using var content = new ByteArrayContent([.. Encoding.UTF8.GetBytes(json), .. binary])
        {
            Headers =
            { ContentType = new MediaTypeHeaderValue("application/octet-stream") }
        };
        if (length is not null)
            content.Headers.TryAddWithoutValidation(Header, length);
        using var response = await server.Client.PostAsync(path, content);
        var body = await response.Content.ReadAsByteArrayAsync();
        var isBinary = response.Headers.TryGetValues(Header, out var lengths);
        Assert.Equal(isBinary ? "application/octet-stream" : response.IsSuccessStatusCode ? "application/json" : "application/problem+json",
            response.Content.Headers.ContentType!.MediaType);
        var end = isBinary ? int.Parse(lengths!.Single(), System.Globalization.CultureInfo.InvariantCulture) : body.Length;
        return (response.StatusCode, JsonNode.Parse(body.AsSpan(0, end))!, body[end..]);
    }
}
