using System.Net;
using System.Text.Json;

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
