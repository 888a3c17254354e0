using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.EndToEnd.Tests;

namespace Consort.AspNetCore.Tests;

/// <summary>The official client for Node.js, where <c>tests/peers/grpc/install</c> has put it.</summary>
[Collection(ServerCollection.Name)]
public sealed class GrpcPeerTests(ServerFixture fixture)
{
    [Fact]
    public async Task OfficialClient_AllMethods_AreAnswered()
    {
        var peer = Environment.GetEnvironmentVariable("CONSORT_GRPC_PEER");
        Assert.SkipWhen(string.IsNullOrEmpty(peer), "CONSORT_GRPC_PEER names no folder; tests/peers/grpc/install makes one");

        await using var server = await TestServer.Start(fixture.First);
        const int Rows = 20;
        var columns = fixture.FirstScorer.Fields.ToDictionary(f => f, f => Enumerable.Range(0, Rows).Select(r => fixture.Raw[r][f]));
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in new[] { Path.Combine(peer!, "client.mjs"), server.Grpc.Authority,
            Repository.At("src/Consort.AspNetCore/Grpc/Protocol/inference.proto"), "clicks", JsonSerializer.Serialize(columns) })
            start.ArgumentList.Add(word);
        using var node = Process.Start(start)!;
        var (printed, mistakes) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await mistakes);
        var found = JsonNode.Parse(await printed)!;

        Assert.True((bool)found["live"]!["live"]!);
        Assert.True((bool)found["ready"]!["ready"]!);
        Assert.True((bool)found["model_ready"]!["ready"]!);
        Assert.Equal("consort", (string)found["server"]!["name"]!);
        Assert.Equal(fixture.FirstScorer.Fields, found["metadata"]!["inputs"]!.AsArray().Select(i => (string)i!["name"]!));
        Assert.Equal("a", (string)found["infer"]!["id"]!);
        Near(found["infer"]!["outputs"]![0]!["contents"]!["fp32_contents"]!.AsArray());
        Near(found["raw"]!.AsArray());
        Assert.Equal(50, (int)found["many"]!);
        Assert.Equal(5, (int)found["unknown_model"]!["code"]!);
        Assert.Equal(3, (int)found["unknown_field"]!["code"]!);
        Assert.Contains("did you mean price?", (string)found["unknown_field"]!["details"]!, StringComparison.Ordinal);
        Assert.Equal(8, (int)found["too_long"]!["code"]!);
        Assert.Equal(4, (int)found["late"]!["code"]!);

        void Near(JsonArray probabilities)
        {
            Assert.Equal(Rows, probabilities.Count);
            for (var row = 0; row < Rows; row++)
                Assert.Equal(fixture.Score(row), (float)probabilities[row]!, 1e-6f);
        }
    }
}
