using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Options;
using Consort.EndToEnd.Tests;

namespace Consort.AspNetCore.Tests;

/// <summary>The examples of the page on the server, sent to one, must be answered as the page says.</summary>
[Collection(ServerCollection.Name)]
public sealed class DocsTests(ServerFixture fixture, ITestOutputHelper output)
{
    private const double Tolerance = 1e-5;

    [Fact]
    public async Task Examples_OfThePage_AreAnsweredAsItSays()
    {
        var folder = fixture.NewFolder();
        File.Copy(fixture.First, Path.Combine(folder, "1.consort"));
        File.Copy(fixture.Second, Path.Combine(folder, "2.consort"));
        var keys = fixture.NewFile("keys");
        File.WriteAllText(keys, "admin-key-of-the-page");
        await using var server = await TestServer.Start(folder, o => o with
        {
            AdminKeyFile = keys,
            MaxBodyBytes = 100_000,
            FeedbackIds = 1000,
            Models = [new ModelSource("clicks", folder) { Labels = new Dictionary<string, string> { ["stable"] = "1", ["canary"] = "2" } }],
        });
        var examples = File.ReadAllText(Repository.At("docs/server.md")).Split("```http\n").Skip(1)
            .Select(b => b.Split("```")[0]).ToArray();
        Assert.True(examples.Length >= 6);
        var wrong = new List<string>();
        foreach (var example in examples)
        {
            var parts = example.Trim().Split("\n\n");
            var request = parts[0].Split('\n', 2);
            var words = request[0].Split(' ');
            var (status, body) = await server.Send(new HttpMethod(words[0]), words[1], request.Length > 1 ? request[1] : null,
                "admin-key-of-the-page");
            output.WriteLine($"{request[0]}\n{(int)status}\n{body.ToJsonString()}\n");
            var expected = parts[1].Split('\n', 2);
            if (expected[0] != ((int)status).ToString(CultureInfo.InvariantCulture))
                wrong.Add($"{request[0]}: {status}");
            Compare(JsonNode.Parse(expected[1]), body, request[0], wrong);
        }

        Assert.Empty(wrong);
    }

    // Of an object the page may leave keys out.
    private static void Compare(JsonNode? expected, JsonNode? found, string where, List<string> wrong)
    {
        var isSame = true;
        switch (expected)
        {
            case JsonObject item when found is JsonObject other:
                foreach (var (key, value) in item)
                    Compare(value, other[key], $"{where}, {key}", wrong);
                break;
            case JsonArray items when found is JsonArray others && items.Count == others.Count:
                for (var i = 0; i < items.Count; i++)
                    Compare(items[i], others[i], $"{where}[{i}]", wrong);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number && found?.GetValueKind() == JsonValueKind.Number:
                isSame = Math.Abs((double)value - (double)found) <= Tolerance;
                break;
            default:
                isSame = expected?.ToJsonString() == found?.ToJsonString();
                break;
        }

        if (!isSame)
            wrong.Add($"{where}: {found?.ToJsonString()}");
    }
}
