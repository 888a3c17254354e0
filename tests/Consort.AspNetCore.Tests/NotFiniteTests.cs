using System.Net;
using System.Text.Json;
using Consort.AspNetCore.Grpc.Protocol;
using Google.Protobuf;
using Grpc.Core;
using InputTensor = Consort.AspNetCore.Grpc.Protocol.ModelInferRequest.Types.InferInputTensor;

namespace Consort.AspNetCore.Tests;

/// <summary>A row whose logit is not finite: 400 with its place, no other row is answered, and nothing of the request is counted.</summary>
[Collection(ServerCollection.Name)]
public sealed class NotFiniteTests(ServerFixture fixture)
{
    private const string Column = "column price: found about 1E+30, by which the model's logit is not finite";

    [Theory]
    [InlineData("/v1/score", """{"rows": [{"price": 3}, {"price": 1e30}, {"price": 4}]}""", "rows[1]: " + Column)]
    [InlineData("/v1/score", """{"fields": ["price"], "rows": [[3], [4], [1e30]]}""", "rows[2]: " + Column)]
    [InlineData("/v1/score", """{"context": {"site": "s3"}, "candidates": [{"price": 3}, {"price": 1e30}]}""", "candidates[1]: " + Column)]
    [InlineData("/v1/score", """{"context": {"price": 1e30}, "candidates": [{"site": "s3"}, {"site": "s6"}]}""",
        "candidates[0]: " + Column)]
    [InlineData("/v1/explain", """{"row": {"site": "s3", "price": 1e30}}""", "row: " + Column)]
    [InlineData("/v2/models/clicks/infer", """{"inputs": [{"name": "price", "datatype": "FP64", "shape": [3], "data": [3, 4, 1e30]}]}""",
        "row 2: " + Column)]
    public async Task Post_ValueThatOverflows_IsA400WithItsPlace(string path, string json, string expected)
    {
        await using var server = await TestServer.Start(fixture.First);
        var (status, body) = await server.Post(path, json);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith(expected, (string)body["detail"]!, StringComparison.Ordinal);
        Assert.Contains("consort_probability_count{model=\"clicks\",version=\"1\"} 0\n", await server.Client.GetStringAsync("/metrics"),
            StringComparison.Ordinal);
        Assert.Single(TestServer.Probabilities(await server.Post("/v1/score", """{"rows": [{"price": 3}]}""")));
    }

    [Fact]
    public async Task Post_ValueThatOverflowsInALaterPiece_CountsFromTheFirstRow()
    {
        await using var server = await TestServer.Start(fixture.First);
        var rows = Enumerable.Range(0, 600).Select(r => new { price = r == 517 ? 1e30 : r });
        var (status, body) = await server.Post("/v1/score", JsonSerializer.Serialize(new { rows }));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith("rows[517]: " + Column, (string)body["detail"]!, StringComparison.Ordinal);
        (_, body) = await server.Post("/v1/score", JsonSerializer.Serialize(new { context = new { site = "s3" }, candidates = rows }));
        Assert.StartsWith("candidates[517]: " + Column, (string)body["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_ValueThatOverflows_IsAnInvalidArgument()
    {
        await using var server = await TestServer.Start(fixture.First);
        using var client = new GrpcCall(server.Grpc);
        var request = new ModelInferRequest { ModelName = "clicks" };
        request.Inputs.Add(new InputTensor
        {
            Name = "price",
            Datatype = "FP32",
            Shape = { 2 },
            Contents = new() { Fp32Contents = { 3, 1e30f } }
        });
        var (status, message, _) = await client.Send(GrpcCall.Service + "ModelInfer", GrpcCall.Frame(request.ToByteArray()));
        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.StartsWith("row 1: " + Column, message, StringComparison.Ordinal);
    }
}
