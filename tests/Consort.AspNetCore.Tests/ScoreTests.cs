using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.Serving.Calibrations;

namespace Consort.AspNetCore.Tests;

[Collection(ServerCollection.Name)]
public sealed class ScoreTests(ServerFixture fixture)
{
    private const float Tolerance = 1e-6f;

    [Fact]
    public async Task Score_RowsAsObjects_GivesTheScorersProbabilities()
    {
        await using var server = await TestServer.Start(fixture.First);
        var rows = Enumerable.Range(0, fixture.Raw.Count).ToArray();
        var found = TestServer.Probabilities(
            await server.Post("/v1/score", JsonSerializer.Serialize(new { rows = rows.Select(fixture.Row) })));
        Near([.. rows.Select(r => fixture.Score(r))], found);
    }

    [Fact]
    public async Task Score_OneRowAtATime_GivesTheScorersProbabilities()
    {
        await using var server = await TestServer.Start(fixture.First);
        for (var row = 0; row < 20; row++)
            Near([fixture.Score(row)], TestServer.Probabilities(
                await server.Post("/v1/models/clicks:score", JsonSerializer.Serialize(new { rows = new[] { fixture.Row(row) } }))));
    }

    [Fact]
    public async Task Score_RowsAsArrays_GivesTheScorersProbabilities()
    {
        await using var server = await TestServer.Start(fixture.First);
        string[] fields = [.. fixture.FirstScorer.Fields.Reverse()];
        var rows = Enumerable.Range(0, 30).Select(r => fields.Select(f => fixture.Raw[r][f]));
        var expected = Enumerable.Range(0, 30).Select(r => fixture.Score(r)).ToArray();
        Near(expected, TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { fields, rows }))));
        var inOrder = Enumerable.Range(0, 30).Select(r => fixture.FirstScorer.Fields.Select(f => fixture.Raw[r][f]));
        Near(expected, TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { rows = inOrder }))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public async Task Score_CandidatesOfAContext_GivesWhatWholeRowsGive(int count)
    {
        await using var server = await TestServer.Start(fixture.First);
        string[] differing = ["site", "app", "price"];
        var context = fixture.Row(0);
        var candidates = Enumerable.Range(0, count).Select(r => differing.ToDictionary(f => f, f => fixture.Raw[r][f])).ToArray();
        var rows = candidates.Select(c => new Dictionary<string, string>(context.Concat(c).GroupBy(p => p.Key).Select(g => g.Last())));
        var expected = TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { rows })));
        Near(expected, TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { context, candidates }))));
        // Keys in another order, and the context after the candidates.
        Near(expected, TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { candidates, context }))));
    }

    [Fact]
    public async Task Score_CandidatesThatGiveDifferentFields_TakeTheRestFromTheContext()
    {
        await using var server = await TestServer.Start(fixture.First);
        var context = fixture.Row(0);
        var candidates = new List<Dictionary<string, string?>>();
        var fields = fixture.FirstScorer.Fields.ToList();
        // A history, its times and the row's own come from one side.
        int PlaceOf(string field) => fields.IndexOf(field is "seen_times" or "moment" ? "seen" : field);
        // More sets of fields than there are scorers of candidates, and candidates of several in one request.
        for (var c = 0; c < 40; c++)
            candidates.Add(fields.Where(f => (c >> (PlaceOf(f) % 5) & 1) == 1)
                .ToDictionary(f => f, f => fixture.Raw[c][f] is { Length: > 0 } value ? value : null));
        var rows = candidates.Select(c => new Dictionary<string, string?>(context.Select(p => KeyValuePair.Create(p.Key, (string?)p.Value))
            .Concat(c).GroupBy(p => p.Key).Select(g => g.Last())));
        var expected = TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { rows })));
        Near(expected, TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { context, candidates }))));
        for (var c = 0; c < candidates.Count; c++)
            Near([expected[c]], TestServer.Probabilities(
                await server.Post("/v1/score", JsonSerializer.Serialize(new { context, candidates = candidates[c..(c + 1)] }))));
    }

    [Fact]
    public async Task Score_NumbersNullsAndEscapes_MeanWhatTheyWouldAsText()
    {
        await using var server = await TestServer.Start(fixture.First);
        var text = TestServer.Probabilities(
            await server.Post("/v1/score", """{"rows": [{"price": "12.5", "site": "s3", "visits": "7", "app": "äpp1"}]}"""));
        Near(text, TestServer.Probabilities(await server.Post("/v1/score",
            """{"rows": [{"price": 1.25e1, "s\u0069te": "\u00733", "visits": 7, "age": null, "app": "\u00e4pp1", "device": ""}]}""")));
        Assert.NotEqual(text[0], TestServer.Probabilities(
            await server.Post("/v1/score", """{"rows": [{"price": "12.5", "site": "s6", "visits": "7", "app": "äpp1"}]}"""))[0]);
    }

    [Fact]
    public async Task Score_LabelsAndIgnoredFields_AreNotRead()
    {
        await using var server = await TestServer.Start(fixture.First);
        var alone = TestServer.Probabilities(await server.Post("/v1/score", """{"rows": [{"site": "s3"}, {}]}"""));
        Near(alone, TestServer.Probabilities(
            await server.Post("/v1/score", """{"rows": [{"label": 1, "site": "s3", "id": "whatever"}, {"id": [{}]}]}""")));
    }

    [Fact]
    public async Task Score_NoRows_GivesNone()
    {
        await using var server = await TestServer.Start(fixture.First);
        Assert.Empty(TestServer.Probabilities(await server.Post("/v1/score", """{"rows": []}""")));
        Assert.Empty(TestServer.Probabilities(await server.Post("/v1/score", """{"context": {"site": "s3"}, "candidates": []}""")));
    }

    [Fact]
    public async Task Explain_ARow_GivesTheLogitsChangeWithoutEachField()
    {
        await using var server = await TestServer.Start(fixture.First);
        var row = Enumerable.Range(0, 300).Select(fixture.Row).First(IsKnown).ToDictionary(p => p.Key, p => (string?)p.Value);
        row["site"] = "a-site-that-nobody-knows";
        row.Remove("age");
        var (status, body) = await server.Post("/v1/explain", JsonSerializer.Serialize(new { row }));
        Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
        var scored = TestServer.Probabilities(await server.Post("/v1/score", JsonSerializer.Serialize(new { rows = new[] { row } })))[0];
        Assert.Equal(scored, (float)body["probability"]!, Tolerance);
        var fields = body["fields"]!.AsArray();
        Assert.Equal(fixture.FirstScorer.Fields, fields.Select(f => (string)f!["field"]!));
        foreach (var field in fields)
        {
            var name = (string)field!["field"]!;
            Assert.Equal((name, name switch { "site" => "unseen", "age" => "missing", _ => "given" }), (name, (string)field["state"]!));
            if (name == "age")
                continue;
            var without = row.Where(p => p.Key != name && !(name == "seen" && p.Key == "seen_times")).ToDictionary();
            var (_, other) = await server.Post("/v1/explain", JsonSerializer.Serialize(new { row = without }));
            Assert.Equal((double)body["logit"]! - (double)other["logit"]!, (double)field["contribution"]!, 1e-6);
            Assert.Equal((float)other["probability"]!, (float)field["probability_without"]!, Tolerance);
        }
    }

    private bool IsKnown(IReadOnlyDictionary<string, string> row)
    {
        var impression = fixture.FirstScorer.NewImpression();
        foreach (var (field, value) in row)
            impression.Set(field, value);
        return row.Values.All(v => v.Length > 0) && impression.CountUnseen() == 0;
    }

    [Fact]
    public async Task Explain_ANumberFarOutside_IsClippedToWhatIsUsed()
    {
        await using var server = await TestServer.Start(fixture.First);
        var near = await Share("0.5");
        Assert.Equal("given", (string)near["state"]!);
        Assert.Null(near["used"]);
        foreach (var value in new[] { "1e30", "2e8", "\"5e9\"" })
        {
            var far = await Share(value);
            Assert.Equal("clipped", (string)far["state"]!);
            var used = (double)far["used"]!;
            Assert.InRange(used, 0, 100_000);
            // The number named does what the value did, and stands for itself.
            var named = await Share(used.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal("given", (string)named["state"]!);
            Assert.Equal((double)far["contribution"]!, (double)named["contribution"]!, 1e-9);
        }

        async Task<JsonNode> Share(string value)
        {
            var (status, body) = await server.Post("/v1/explain", $"{{\"row\": {{\"share\": {value}}}}}");
            Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
            return body["fields"]!.AsArray().Single(f => (string)f!["field"]! == "share")!;
        }
    }

    [Fact]
    public async Task Infer_Tensors_GiveTheScorersProbabilities()
    {
        await using var server = await TestServer.Start(fixture.First);
        var rows = Enumerable.Range(0, fixture.Raw.Count).ToArray();
        var inputs = fixture.FirstScorer.Fields.Select((f, i) => new
        {
            name = f,
            datatype = "BYTES",
            shape = i % 2 == 0 ? new[] { rows.Length } : [rows.Length, 1],
            data = i % 2 == 0 ? (object)rows.Select(r => fixture.Raw[r][f]) : rows.Select(r => new[] { fixture.Raw[r][f] }),
        });
        var (status, body) = await server.Post("/v2/models/clicks/infer",
            JsonSerializer.Serialize(new { id = "42", inputs, outputs = new[] { new { name = "probability" } } }));
        Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
        var output = body["outputs"]![0]!;
        Near([.. rows.Select(r => fixture.Score(r))], [.. output["data"]!.AsArray().Select(p => (float)p!)]);
        Assert.Equal(("clicks", "1", "42", "probability", "FP32"), ((string)body["model_name"]!, (string)body["model_version"]!,
            (string)body["id"]!, (string)output["name"]!, (string)output["datatype"]!));
        Assert.Equal([rows.Length], output["shape"]!.AsArray().Select(s => (int)s!));
    }

    [Fact]
    public async Task Infer_NumbersAndNulls_MeanWhatTheyWouldInARow()
    {
        await using var server = await TestServer.Start(fixture.First);
        var expected = TestServer.Probabilities(
            await server.Post("/v1/score", """{"rows": [{"price": 12.5, "visits": 7}, {"visits": -2}]}"""));
        var (status, body) = await server.Post("/v2/models/clicks/versions/1/infer", """
            {"inputs": [{"name": "price", "datatype": "FP32", "shape": [2, 1], "data": [[12.5], [null]]},
                        {"name": "visits", "datatype": "INT64", "shape": [2, 1], "data": [7, -2], "parameters": {"x": {"y": []}}}]}
            """);
        Assert.True(status == HttpStatusCode.OK, body.ToJsonString());
        Near(expected, [.. body["outputs"]![0]!["data"]!.AsArray().Select(p => (float)p!)]);
        Assert.Equal("[2,1]", body["outputs"]![0]!["shape"]!.ToJsonString());
    }

    [Fact]
    public async Task Metadata_OfServerAndModel_FollowTheProtocol()
    {
        await using var server = await TestServer.Start(fixture.First);
        Assert.True((bool)(await server.Get("/v2/health/live")).Body["live"]!);
        Assert.True((bool)(await server.Get("/v2/health/ready")).Body["ready"]!);
        Assert.Equal("consort", (string)(await server.Get("/v2")).Body["name"]!);
        Assert.True((bool)(await server.Get("/v2/models/clicks/ready")).Body["ready"]!);
        Assert.True((bool)(await server.Get("/v2/models/clicks/versions/1/ready")).Body["ready"]!);
        var (_, model) = await server.Get("/v2/models/clicks");
        Assert.Equal("clicks", (string)model["name"]!);
        Assert.Equal(fixture.FirstScorer.Fields, model["inputs"]!.AsArray().Select(i => (string)i!["name"]!));
        Assert.Equal("FP32", (string)model["inputs"]!.AsArray().Single(i => (string)i!["name"]! == "price")!["datatype"]!);
        Assert.Equal("BYTES", (string)model["inputs"]!.AsArray().Single(i => (string)i!["name"]! == "site")!["datatype"]!);
        Assert.Equal(model.ToJsonString(), (await server.Get("/v2/models/clicks/versions/1")).Body.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await server.Get("/v2/models/click")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Get("/v2/models/clicks/versions/9/ready")).Status);
        var (_, described) = await server.Get("/v1/models/clicks");
        Assert.Null(described["fields"]![0]!["examples"]);
    }

    [Fact]
    public async Task Describe_WithExamples_ShowsTokensOfVocabulariesOnly()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { Examples = 3 });
        var fields = (await server.Get("/v1/models/clicks")).Body["fields"]!.AsArray();
        JsonNode? Examples(string name) => fields.Single(f => (string)f!["name"]! == name)!["examples"];
        Assert.Equal(3, Examples("site")!.AsArray().Count);
        Assert.All(["price", "device", "visits", "time"], (string name) => Assert.Null(Examples(name)));
    }

    [Fact]
    public async Task Describe_FieldsOfAModel_SaysHowValuesAreWritten()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { Examples = 3 });
        var fields = (await server.Get("/v1/models/clicks")).Body["fields"]!.AsArray();
        JsonNode Field(string name) => fields.Single(f => (string)f!["name"]! == name)!;
        Assert.Equal(";", (string)Field("seen")["splitter"]!);
        Assert.Equal(":", (string)Field("likes")["weight_splitter"]!);
        Assert.NotEmpty(Field("tags")["examples"]!.AsArray());
        Assert.Equal("yymmddhh", (string)Field("time")["format"]!);
        // What is shown is what may be sent: a row of it all is scored.
        var row = fields.Where(f => f!["example"] is not null).ToDictionary(f => (string)f!["name"]!, f => f!["example"]);
        Assert.Contains("time", row.Keys);
        Assert.Contains("price", row.Keys);
        Assert.Equal(HttpStatusCode.OK, (await server.Post("/v1/score", JsonSerializer.Serialize(new { rows = new[] { row } }))).Status);

        // Numbers are training data as tokens are: none unless asked for.
        await using var silent = await TestServer.Start(fixture.First);
        fields = (await silent.Get("/v1/models/clicks")).Body["fields"]!.AsArray();
        Assert.Null(Field("price")["example"]);
        Assert.Null(Field("tags")["examples"]);
    }

    [Fact]
    public async Task Describe_APackageWithACard_PassesItOn()
    {
        using var card = JsonDocument.Parse("""{"trained": "2026-11-29T13:29:40Z", "measured": {"auc": 0.75, "curve": []}}""");
        await using var server = await TestServer.Start(fixture.Pack("card.consort", c => c with { Card = card.RootElement }));
        var version = (await server.Get("/v1/models/clicks")).Body["versions"]![0]!;
        Assert.Equal(0.75, (double)version["card"]!["measured"]!["auc"]!);
        Assert.Equal("none", (string)version["calibration"]!);
        await using var without = await TestServer.Start(fixture.First);
        Assert.Null((await without.Get("/v1/models/clicks")).Body["versions"]![0]!["card"]);
    }

    [Fact]
    public async Task Explain_WhereCalibrationTiesProbabilities_StillShowsEachField()
    {
        var flat = new Calibration { Kind = CalibrationKind.Isotonic, Logits = [-100, 100], Probabilities = [0.25, 0.25] };
        await using var server = await TestServer.Start(fixture.Pack("flat.consort", c => c with { Calibration = flat }));
        var (_, body) = await server.Post("/v1/explain", JsonSerializer.Serialize(new { row = fixture.Row(1) }));
        var given = body["fields"]!.AsArray().Where(f => f!["contribution"] is not null).ToList();
        Assert.All(given, f => Assert.Equal((double)body["probability"]!, (double)f!["probability_without"]!, 1e-6));
        Assert.True(given.Count(f => Math.Abs((double)f!["contribution"]!) > 1e-3) > 3, body.ToJsonString());
    }

    private static void Near(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var row = 0; row < expected.Length; row++)
            Assert.True(Math.Abs(expected[row] - found[row]) <= Tolerance, $"row {row}: {found[row]}, expected {expected[row]}");
    }
}
