using System.Net;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Watching;
using Consort.EndToEnd.Tests;
using Consort.Serving.Profiles;

namespace Consort.AspNetCore.Tests;

/// <summary>Traffic beside the training rows, labels that come back, shadows, and canaries that stay with a user.</summary>
[Collection(ServerCollection.Name)]
public sealed class WatchTests(ServerFixture fixture)
{
    private static readonly Dictionary<string, string> Labels = new()
    {
        ["stable"] = "1",
        ["canary"] = "2",
        ["shadow"] = "2",
    };

    [Fact]
    public async Task Drift_OfAWindow_NamesTheFieldThatChanged()
    {
        var package = fixture.Pack("profiled.consort", c => c with { Profile = Profile() });
        await using var server = await TestServer.Start(package, o => o with { DriftRows = 600 });
        await Send(server, row => fixture.Row(row % fixture.Raw.Count), 599);
        Assert.Null(Versions(await server.Get("/v1/models/clicks/watch"))[0]!["drift"]);
        await Send(server, row => fixture.Row(row), 1);
        var same = Versions(await server.Get("/v1/models/clicks/watch"))[0]!["drift"]!;
        Assert.Equal(600, (long)same["rows"]!);
        Assert.DoesNotContain(same["alarms"]!.AsArray(), a => (string)a!["column"]! == "site");

        // The next window begins anew: every site is gone. Candidates of one context count as whole impressions.
        await Send(server, row => Without(fixture.Row(row % fixture.Raw.Count), "site"), 300);
        for (var batch = 0; batch < 10; batch++)
        {
            var candidates = new JsonArray([.. Enumerable.Range(0, 30).Select(i => (JsonNode)new JsonObject { ["price"] = i })]);
            TestServer.Probabilities(await server.Post("/v1/score",
                new JsonObject { ["context"] = Json(Without(fixture.Row(batch), "site")), ["candidates"] = candidates }.ToJsonString()));
        }

        var changed = Versions(await server.Get("/v1/models/clicks/watch"))[0]!["drift"]!;
        Assert.Equal(600, (long)changed["rows"]!);
        Assert.Contains(changed["alarms"]!.AsArray(), a => (string)a!["column"]! == "site" && (string)a["kind"]! == "missing");
        var metrics = await server.Client.GetStringAsync("/metrics");
        Assert.Contains("consort_drift_missing{model=\"clicks\",version=\"1\",field=\"site\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("consort_drift_psi{model=\"clicks\",version=\"1\",field=\"price\"}", metrics, StringComparison.Ordinal);

        // The page has a place for each of what it reads there.
        var page = await server.Client.GetStringAsync("/");
        Assert.Contains("+ '/watch'", page, StringComparison.Ordinal);
        foreach (var id in new[] { "drift", "alarms", "columns", "watched" })
            Assert.Contains($"id=\"{id}\"", page, StringComparison.Ordinal);

        TrainingProfile Profile()
        {
            // Of the very rows that are sent: the window that repeats them is no change.
            var encoder = fixture.FirstScorer.Encoder;
            var site = encoder.Space.Categorical.Index().First(c => c.Item.Name == "site");
            var counts = new long[2 + 1 + (site.Item.Size > 3 ? ColumnBins.Buckets : 0)];
            var bins = new ColumnBins(site.Index, site.Item, [2]);
            var impression = fixture.FirstScorer.NewImpression();
            foreach (var row in fixture.Raw)
            {
                impression.Clear();
                impression.Set("site", row["site"]);
                counts[bins.Of(impression.Ids[site.Index] - site.Item.Offset)] += 10;
            }

            return new TrainingProfile
            {
                Rows = 10 * fixture.Raw.Count,
                Columns = [new ColumnProfile("site", counts) { Top = [2] }, new ColumnProfile("price", [10, 990]) { IsNumeric = true }],
            };
        }
    }

    [Fact]
    public async Task Feedback_OfIds_MeasuresWhatAnswersWereWorth()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { FeedbackIds = 4 });
        var (rows, ids) = (new JsonArray([.. Enumerable.Range(0, 6).Select(r => (JsonNode)Json(fixture.Row(r)))]), new JsonArray([.. Enumerable.Range(0, 6).Select(i => (JsonNode)i)]));
        var said = TestServer.Probabilities(await server.Post("/v1/score", new JsonObject { ["rows"] = rows, ["ids"] = ids }.ToJsonString()));

        // Four are kept: the first two are forgotten. "2" and 2 are one id.
        var (status, answer) = await server.Post("/v1/feedback", """{"ids": [0, 1, "2", 3, 4, 5], "labels": [1, 1, 1, 0, true, false]}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((4, 2), ((int)answer["matched"]!, (int)answer["unknown"]!));
        var (_, again) = await server.Post("/v1/feedback", """{"ids": [2], "labels": [0]}""");
        Assert.Equal(0, (int)again["matched"]!); // a label is taken once

        var feedback = Versions(await server.Get("/v1/models/clicks/watch"))[0]!["feedback"]!;
        Assert.Equal((4, 2), ((int)feedback["labels"]!, (int)feedback["clicks"]!));
        Assert.Equal((said[2] + said[3] + said[4] + said[5]) / 2, (double)feedback["predicted_over_observed"]!, 1e-6);
        double Wins(int click, int other) => said[click] > said[other] ? 1 : said[click] == said[other] ? 0.5 : 0;
        Assert.Equal((Wins(2, 3) + Wins(2, 5) + Wins(4, 3) + Wins(4, 5)) / 4, (double)feedback["auc"]!, 1e-9);

        foreach (var (body, mistake) in new[]
        {
            ("""{"ids": [1], "labels": [1, 0]}""", "found 1 ids and 2 labels"),
            ("""{"ids": [1], "labels": [2]}""", "labels[0]: found 2, expected 0 or 1"),
            ("""{"ids": [1, 3], "labels": [0, -0.5]}""", "labels[1]: found -0.5, expected 0 or 1"),
            ("""{"ids": [1], "labels": ["1"]}""", "labels[0]: found a string, expected 0 or 1"),
            ("""{"ids": ["a", 7, "7"], "labels": [1, 1, 0]}""", "ids[2]: found \"7\" again, as ids[1] is, expected each id once"),
            ("""{"ids": [null], "labels": [1]}""", "ids[0]: found null, expected a string or a number"),
            ("""{"labels": [1]}""", "expected ids and labels"),
        })
        {
            var (code, problem) = await server.Post("/v1/feedback", body);
            Assert.Equal(HttpStatusCode.BadRequest, code);
            Assert.Contains(mistake, (string)problem["detail"]!, StringComparison.Ordinal);
        }

        var (wrong, odd) = await server.Post("/v1/score", """{"rows": [{"site": "s3"}], "ids": ["a", "b"]}""");
        Assert.Equal(HttpStatusCode.BadRequest, wrong);
        Assert.Contains("ids: found 2, expected 1", (string)odd["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"d\", \"d\"", "d", 4)]
    [InlineData("\"d\", \"\\u0064\"", "d", 4)]
    [InlineData("7, \"7\"", "7", 4)]
    [InlineData("\"d\", \"d\"", "d", 0)]
    public async Task Score_WithAnIdTwice_KeepsNone(string ids, string id, int kept)
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { FeedbackIds = kept });
        var (code, problem) = await server.Post("/v1/score", $$"""{"rows": [{"site": "s3"}, {"site": "s4"}], "ids": [{{ids}}]}""");
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Contains($"ids[1]: found \"{id}\" again, as ids[0] is, expected each id once", (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal(0, (int)(await server.Get("/v1/models/clicks/watch")).Body["waiting"]!);
    }

    [Fact]
    public async Task Feedback_WithAnIdTwice_TakesNone()
    {
        await using var server = await TestServer.Start(fixture.First, o => o with { FeedbackIds = 4 });
        TestServer.Probabilities(await server.Post(
            "/v1/score", new JsonObject { ["rows"] = new JsonArray(Json(fixture.Row(0))), ["ids"] = new JsonArray("r") }.ToJsonString()));
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Post("/v1/feedback", """{"ids": ["r", "r"], "labels": [1, 0]}""")).Status);
        var (_, answer) = await server.Post("/v1/feedback", """{"ids": ["r"], "labels": [1]}""");
        Assert.Equal(1, (int)answer["matched"]!);
    }

    [Fact]
    public void Measure_WithoutANewLabel_IsNotMadeAgain()
    {
        var rows = new LabelledRows();
        Assert.Null(rows.Measure().Auc);
        rows.Add(0.2f, false);
        rows.Add(0.7f, true);
        var first = rows.Measure();
        Assert.Equal(1.0, first.Auc);
        Assert.Same(first, rows.Measure());
        rows.Add(0.8f, false);
        Assert.Equal(0.5, rows.Measure().Auc);
        Assert.Equal(3, rows.Measure().Rows);
    }

    [Fact]
    public void Answers_BeyondTheMost_ForgetTheOldest()
    {
        var store = new AnsweredRows(0);
        Assert.False(store.IsOn);
        Assert.False(store.Take("x"u8, true));
    }

    [Fact]
    public async Task Shadow_OfALabel_IsComparedAndNotReturned()
    {
        await using var server = await Two(o => o with { ShadowShare = 1 });
        var answered = new List<float>();
        for (var row = 0; row < 20; row++)
        {
            var answer = await server.Post("/v1/score", new JsonObject { ["rows"] = new JsonArray(Json(fixture.Row(row))) }.ToJsonString());
            Assert.Equal("1", (string)answer.Body["version"]!);
            answered.Add(TestServer.Probabilities(answer)[0]);
        }

        // It is scored after the answer has been sent.
        JsonNode? shadow = null;
        for (var tries = 0; tries < 500 && (shadow is null || (int)shadow["rows"]! < 20); tries++)
        {
            await Task.Delay(10);
            shadow = Versions(await server.Get("/v1/models/clicks/watch"))[1]!["shadow"];
        }

        var other = Enumerable.Range(0, 20).Select(r => fixture.Score(r, fixture.SecondScorer)).ToArray();
        Assert.Equal(20, (int)shadow!["rows"]!);
        Assert.Equal(answered.Zip(other, (a, b) => Math.Abs(a - b)).Average(), (double)shadow["mean_difference"]!, 1e-5);
        Assert.Equal(other.Average(), (double)shadow["mean_shadow"]!, 1e-5);
        Assert.All(answered.Select((p, row) => (p, row)), a => Assert.Equal(fixture.Score(a.row), a.p, 1e-5));
    }

    [Fact]
    public async Task Shadow_OfRowsWhoseLabelComesBack_HasAnAucBesideWhatWasAnswered()
    {
        await using var server = await Two(o => o with { ShadowShare = 1, FeedbackIds = 100 });
        for (var row = 0; row < 20; row++)
            await server.Post("/v1/score", new JsonObject { ["rows"] = new JsonArray(Json(fixture.Row(row))), ["ids"] = new JsonArray(row) }.ToJsonString());
        var shadow = await Shadow(s => (int)s["rows"]! == 20);
        Assert.Null(shadow["auc"]);
        Assert.StartsWith("no label has come back", (string)shadow["auc_absent"]!, StringComparison.Ordinal);

        // Clicks are what the shadow holds for likely: it ranks them without a mistake.
        var other = Enumerable.Range(0, 20).Select(r => fixture.Score(r, fixture.SecondScorer)).ToArray();
        var middle = other.Order().ElementAt(10);
        var labels = new JsonArray([.. other.Select(p => (JsonNode)(p >= middle ? 1 : 0))]);
        await server.Post("/v1/feedback", new JsonObject { ["ids"] = new JsonArray([.. Enumerable.Range(0, 20).Select(r => (JsonNode)r)]), ["labels"] = labels }.ToJsonString());
        shadow = await Shadow(s => (int)s["labels"]! == 20);
        Assert.Equal(1, (double)shadow["auc"]!);
        Assert.InRange((double)shadow["auc_answered"]!, 0, 1);
        Assert.Null(shadow["auc_absent"]);

        async Task<JsonNode> Shadow(Func<JsonNode, bool> isThere)
        {
            for (var tries = 0; tries < 500; tries++, await Task.Delay(10))
                if (Versions(await server.Get("/v1/models/clicks/watch"))[1]!["shadow"] is { } found && isThere(found))
                    return found;
            throw new InvalidOperationException("the shadow has not scored");
        }
    }

    [Fact]
    public async Task Shadow_ThatAlwaysFails_SaysHowOftenAndWhy()
    {
        var folder = fixture.NewFolder();
        File.Copy(fixture.First, Path.Combine(folder, "1.consort"));
        File.Copy(Repository.At("tests/Consort.Serving.Tests/Packages/Earlier/earlier.consort"), Path.Combine(folder, "2.consort"));
        await using var server = await TestServer.Start(
            folder, o => o with { ShadowShare = 1, Models = [new ModelSource("clicks", folder) { Labels = new Dictionary<string, string> { ["stable"] = "1", ["shadow"] = "2" } }] });
        for (var row = 0; row < 3; row++)
            TestServer.Probabilities(await server.Post("/v1/score", new JsonObject { ["rows"] = new JsonArray(Json(fixture.Row(row))) }.ToJsonString()));
        JsonNode? shadow = null;
        for (var tries = 0; tries < 500 && (shadow is null || (int)shadow["failures"]! < 3); tries++)
        {
            await Task.Delay(10);
            shadow = Versions(await server.Get("/v1/models/clicks/watch"))[1]!["shadow"];
        }

        Assert.Equal((0, 3), ((int)shadow!["rows"]!, (int)shadow["failures"]!));
        Assert.Contains("is not one that the model reads", (string)shadow["last_failure"]!, StringComparison.Ordinal);
        Assert.Null(shadow["mean_difference"]);
    }

    [Fact]
    public async Task Canary_ByAFieldThatNoModelKnows_IsRefused()
    {
        var mistake = await Assert.ThrowsAsync<ConsortException>(
            () => Two(o => o with { CanaryField = "sitee", CanaryShare = 0.3 }));
        Assert.Contains("canary field: found sitee, expected a field that a served model knows", mistake.Message, StringComparison.Ordinal);
        Assert.EndsWith("did you mean site?", mistake.Message, StringComparison.Ordinal);
        await using var server = await Two(o => o with { CanaryField = "id", CanaryShare = 0.3 }); // read by no model, but of the schema
    }

    [Fact]
    public async Task Canary_ByAField_StaysWithItsValue()
    {
        await using var server = await Two(o => o with { CanaryField = "app", CanaryShare = 0.3, ShadowShare = 0 });
        var versions = new Dictionary<int, string>();
        for (var user = 0; user < 200; user++)
        {
            var version = await Version($$"""{"rows": [{"app": "u{{user}}", "site": "s1"}, {"app": "other"}]}""");
            Assert.Equal(version, await Version($$"""{"fields": ["site", "app"], "rows": [["s9", "u{{user}}"]]}"""));
            Assert.Equal(version, await Version($$"""{"context": {"device": "d", "app": "u{{user}}"}, "candidates": [{"site": "s2"}]}"""));
            versions[user] = version;
        }

        Assert.InRange(versions.Values.Count(v => v == "2"), 35, 85); // 60 to be expected of 200
        Assert.Equal("1", await Version("""{"rows": [{"site": "s1"}]}""")); // who says no value is never the canary

        async Task<string> Version(string json) => (string)(await server.Post("/v1/score", json)).Body["version"]!;
    }

    private async Task<TestServer> Two(Func<ServerOptions, ServerOptions> with)
    {
        var folder = fixture.NewFolder();
        File.Copy(fixture.First, Path.Combine(folder, "1.consort"));
        File.Copy(fixture.Second, Path.Combine(folder, "2.consort"));
        return await TestServer.Start(folder, o => with(o) with { Models = [new ModelSource("clicks", folder) { Labels = Labels }] });
    }

    private static async Task Send(TestServer server, Func<int, Dictionary<string, string>> row, int rows)
    {
        for (var done = 0; done < rows; done += 100)
            TestServer.Probabilities(await server.Post("/v1/score", new JsonObject
            {
                ["rows"] = new JsonArray([.. Enumerable.Range(done, Math.Min(100, rows - done)).Select(r => (JsonNode)Json(row(r)))]),
            }.ToJsonString()));
    }

    private static Dictionary<string, string> Without(Dictionary<string, string> row, string field) =>
        row.Where(v => v.Key != field).ToDictionary();

    private static JsonObject Json(Dictionary<string, string> row) => new(row.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value)));

    private static JsonArray Versions((HttpStatusCode Status, JsonNode Body) answer) => answer.Body["versions"]!.AsArray();
}
