using System.Net;
using System.Text.Json;
using Consort.AspNetCore.Grpc.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Consort.AspNetCore.Tests;

/// <summary>Lists and sequences as JSON arrays, objects of weights, and tensors of tokens.</summary>
[Collection(ServerCollection.Name)]
public sealed class ListValueTests(ServerFixture fixture)
{
    private const int Rows = 40;

    [Fact]
    public async Task Score_ListsAsArrays_GivesWhatTextsGive()
    {
        await using var server = await TestServer.Start(fixture.First);
        var rows = Enumerable.Range(0, Rows).Select(r => fixture.Raw[r].Where(p => p.Key is not ("label" or "id")).ToDictionary(p => p.Key, p => p.Key switch
        {
            "seen" or "tags" => (object)Tokens(p.Value),
            // As numbers, and null where a step has no time.
            "seen_times" => p.Value.Length == 0 ? Array.Empty<long?>() : p.Value.Split(';').Select(t => t.Length == 0 ? (long?)null
                : long.Parse(t, System.Globalization.CultureInfo.InvariantCulture)).ToArray(),
            "likes" when Tokens(p.Value).Distinct().Count() == Tokens(p.Value).Length && Keys(p.Value).Distinct().Count() == Keys(p.Value).Length
                => Tokens(p.Value).ToDictionary(t => t.Split(':')[0], t => float.Parse(t.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)),
            _ => p.Value,
        }));
        var found = TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { rows })));
        for (var row = 0; row < Rows; row++)
            Assert.Equal(fixture.Score(row), found[row], 1e-6f);
    }

    [Fact]
    public async Task Infer_ListsAsTokens_GivesWhatTextsGive()
    {
        await using var server = await TestServer.Start(fixture.First);
        var most = Enumerable.Range(0, Rows).Max(r => Tokens(fixture.Raw[r]["seen"]).Length);
        var inputs = fixture.FirstScorer.Fields.Select(f => f == "seen"
            ? (object)new
            {
                name = f,
                datatype = "BYTES",
                shape = new[] { Rows, most },
                data = Enumerable.Range(0, Rows).Select(r => Tokens(fixture.Raw[r][f]) is var t ? t.Concat(Enumerable.Repeat("", most - t.Length)) : []),
            }
            : new { name = f, datatype = "BYTES", shape = new[] { Rows }, data = Enumerable.Range(0, Rows).Select(r => fixture.Raw[r][f]) });
        var (status, answer) = await server.Post("/v2/models/clicks/infer", JsonSerializer.Serialize(new { inputs }));
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        var found = answer["outputs"]![0]!["data"]!.AsArray();
        for (var row = 0; row < Rows; row++)
            Assert.Equal(fixture.Score(row), (float)found[row]!, 1e-6f);
    }

    // A missing token keeps its place in a sequence; what is empty behind the last one is padding.
    [Theory]
    [InlineData("BYTES")]
    [InlineData("gRPC")]
    [InlineData("gRPC, raw")]
    public async Task Infer_SequenceWithAGap_KeepsItsPlace(string way)
    {
        await using var server = await TestServer.Start(fixture.First);
        var expected = TestServer.Probabilities(await server.Post("/v1/score",
            """{"rows": [{"seen": "s3;;s6"}, {"seen": ["s3"]}, {"seen": ["s3", null, "s6"]}, {"seen": ["s3", "s6"]}]}"""));
        Assert.Equal(expected[0], expected[2]);
        Assert.NotEqual(expected[0], expected[3]);
        string[] tokens = ["s3", "", "s6", "", "s3", "", "", ""];
        Assert.Equal(expected[..2], way == "BYTES" ? await Json() : await Grpc(way == "gRPC, raw"));

        async Task<float[]> Json()
        {
            var data = JsonSerializer.Serialize(tokens.Select(t => t.Length == 0 ? null : t));
            var (_, answer) = await server.Post("/v2/models/clicks/infer",
                $$"""{"inputs": [{"name": "seen", "datatype": "BYTES", "shape": [2, 4], "data": {{data}}}]}""");
            return [.. answer["outputs"]![0]!["data"]!.AsArray().Select(p => (float)p!)];
        }

        async Task<float[]> Grpc(bool isRaw)
        {
            using var client = new GrpcCall(server.Grpc);
            var request = new ModelInferRequest { ModelName = "clicks" };
            var texts = tokens.Select(ByteString.CopyFromUtf8).ToArray();
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor
            {
                Name = "seen",
                Datatype = "BYTES",
                Shape = { 2, 4 },
                Contents = isRaw ? null : new() { BytesContents = { texts } },
            });
            if (isRaw)
                request.RawInputContents.Add(ByteString.CopyFrom([.. texts.SelectMany(t => BitConverter.GetBytes(t.Length).Concat(t))]));
            var answer = await client.Call("ModelInfer", request, ModelInferResponse.Parser);
            return isRaw ? [.. Enumerable.Range(0, 2).Select(i => BitConverter.ToSingle(answer.RawOutputContents[0].Span[(4 * i)..]))]
                : [.. answer.Outputs[0].Contents.Fp32Contents];
        }
    }

    [Fact]
    public async Task Infer_NumbersAsTokens_AreCountedAsItsShapeSays()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var expected = TestServer.Probabilities(await server.Post("/v1/score", """{"rows": [{"tags": [7, 8]}, {"tags": [9]}]}"""));
        var request = new ModelInferRequest { ModelName = "clicks" };
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "tags", Datatype = "FP32", Shape = { 2, 3 } });
        float[] numbers = [7, 8, float.NaN, 9, float.NaN, float.NaN];
        request.RawInputContents.Add(ByteString.CopyFrom([.. numbers.SelectMany(BitConverter.GetBytes)]));
        var answer = await client.Call("ModelInfer", request, ModelInferResponse.Parser);
        Assert.Equal(expected, Enumerable.Range(0, 2).Select(i => BitConverter.ToSingle(answer.RawOutputContents[0].Span[(4 * i)..])));
        request.RawInputContents[0] = ByteString.CopyFrom([.. numbers[..5].SelectMany(BitConverter.GetBytes)]);
        var (status, message, _) = await client.Send(GrpcCall.Service + "ModelInfer", GrpcCall.Frame(request.ToByteArray()));
        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Contains("found 20 raw bytes, expected 6 of datatype FP32", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"site": ["s3"]}""", "field site: found an array, expected a string, a number or null")]
    [InlineData("""{"seen": [["s3"]]}""", "field seen: found an array in its array, expected strings or numbers")]
    [InlineData("""{"seen": true}""", "expected an array, an object of tokens and weights, a string, a number or null")]
    [InlineData("""{"likes": {"l1": "x"}}""", "field likes: found a string, expected the token's weight, a number")]
    [InlineData("""{"likes": {"l1": -1}}""", "column likes: found weight -1, expected a number of at least 0")]
    [InlineData("""{"likes": "l1:x"}""", "column likes: found \"l1:x\", expected a token with a weight")]
    public async Task Score_AListThatIsNone_SaysWhereAndWhat(string row, string part)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, answer) = await server.Post("/v1/score", $$"""{"rows": [{{row}}]}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(part, (string)answer["error"]!, StringComparison.Ordinal);
    }

    private static string[] Tokens(string cell) => cell.Split(';', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Keys(string cell) => [.. Tokens(cell).Select(t => t.Split(':')[0])];
}
