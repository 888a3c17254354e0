using System.Net;
using System.Text.Json;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;

namespace Consort.AspNetCore.Tests;

[Collection(ServerCollection.Name)]
public sealed class RegistryTests(ServerFixture fixture)
{
    private const string Key = "admin-key-of-the-tests";

    [Theory]
    [InlineData("2", "10", -1)]
    [InlineData("10", "10", 0)]
    [InlineData("99", "2026-05-01", 1)]
    [InlineData("a", "b", -1)]
    [InlineData("18446744073709551617", "2", 1)]
    public void Order_OfVersions_IsThatOfTheirNumbers(string left, string right, int expected) =>
        Assert.Equal(expected, Math.Sign(VersionOrder.Ascending.Compare(left, right)));

    [Fact]
    public async Task Versions_OfAFolder_AreServedByNameAndLabel()
    {
        var folder = Folder(("1", fixture.First), ("2", fixture.Second));
        await using var server = await TestServer.Start(folder, o => WithAdmin(o, folder, ("stable", "1"), ("canary", "latest")));
        var (first, second) = (fixture.Score(0), fixture.Score(0, fixture.SecondScorer));
        Assert.NotEqual(first, second);
        await Expect(first, "1", "/v1/score");
        await Expect(first, "1", "/v1/models/clicks:score");
        await Expect(second, "2", "/v1/models/clicks/versions/2:score");
        await Expect(second, "2", "/v1/models/clicks/labels/canary:score");
        await Expect(second, "2", "/v1/models/clicks/versions/latest:score");
        await Expect(first, "1", "/v1/models/clicks/labels/stable:score");
        Assert.Equal(HttpStatusCode.NotFound, (await server.Post("/v1/models/clicks/versions/3:score", "{}")).Status);

        Assert.Equal(HttpStatusCode.OK,
            (await server.Send(HttpMethod.Put, "/v1/models/clicks/labels/stable", """{"version": "2"}""", Key)).Status);
        await Expect(second, "2", "/v1/score");
        Assert.Equal(HttpStatusCode.NotFound,
            (await server.Send(HttpMethod.Put, "/v1/models/clicks/labels/stable", """{"version": "3"}""", Key)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Send(HttpMethod.Delete, "/v1/models/clicks/labels/canary", null, Key)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Send(HttpMethod.Delete, "/v1/models/clicks/labels/canary", null, Key)).Status);
        Assert.Equal("2", (string)(await server.Get("/v1/models")).Body["models"]![0]!["labels"]!["stable"]!);

        async Task Expect(float expected, string version, string path)
        {
            var answer = await server.Post(path, Row(0));
            Assert.Equal(expected, TestServer.Probabilities(answer).Single(), 1e-6f);
            Assert.Equal(version, (string)answer.Body["version"]!);
        }
    }

    [Fact]
    public async Task Reload_OfAFolder_LoadsNewGivesUpGoneAndRefusesDamagedPackages()
    {
        var folder = Folder(("1", fixture.First));
        await using var server = await TestServer.Start(folder, o => WithAdmin(o, folder));
        Put(fixture.Second, Path.Combine(folder, "2.consort"));
        File.WriteAllText(Path.Combine(folder, "..no name.consort"), "x");
        var (status, body) = await Reload(server, "{}");
        Assert.True(status == HttpStatusCode.OK, body);
        Assert.Contains("\"loaded\":[\"2\"]", body, StringComparison.Ordinal);
        Assert.Equal(fixture.Score(0, fixture.SecondScorer), TestServer.Probabilities(await server.Post("/v1/score", Row(0)))
            .Single(), 1e-6f);

        // One byte of another: what is served stays, and the message does not say where the folder is.
        var damaged = File.ReadAllBytes(fixture.First);
        damaged[^100] ^= 1;
        File.WriteAllBytes(Path.Combine(folder, "3.consort"), damaged);
        (status, body) = await Reload(server, """{"version": "3"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.DoesNotContain(folder, body, StringComparison.Ordinal);
        Assert.Equal("2", (string)(await server.Post("/v1/score", Row(0))).Body["version"]!);

        File.Delete(Path.Combine(folder, "1.consort"));
        File.Delete(Path.Combine(folder, "3.consort"));
        (_, body) = await Reload(server, "");
        Assert.Contains("\"removed\":[\"1\"]", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Post("/v1/models/clicks/versions/1:score", Row(0))).Status);

        foreach (var name in new[] { "../1", "/etc/passwd", "a b", ".." })
            Assert.Equal(HttpStatusCode.BadRequest, (await Reload(server, JsonSerializer.Serialize(new { version = name }))).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Reload(server, """{"version": "9"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Reload(server, """{"path": "x"}""")).Status);
        var metrics = await server.Client.GetStringAsync("/metrics");
        Assert.Contains("consort_package_loads_total 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("consort_package_load_failures_total 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_OfAFile_CountsItsVersions()
    {
        var file = fixture.NewFile("model.consort");
        Put(fixture.First, file);
        await using var server = await TestServer.Start(file);
        Assert.All(server.Server.Reload(), r => Assert.Empty(r.Loaded));
        Put(fixture.Second, file);
        Assert.Equal(["2"], server.Server.Reload().Single().Loaded);
        var answer = await server.Post("/v1/score", Row(0));
        Assert.Equal("2", (string)answer.Body["version"]!);
        Assert.Equal(fixture.Score(0, fixture.SecondScorer), TestServer.Probabilities(answer).Single(), 1e-6f);
        File.Delete(file);
        server.Server.Reload();
        Assert.Equal(HttpStatusCode.OK, (await server.Post("/v1/score", Row(0))).Status);
    }

    [Fact]
    public async Task Watch_OfAFolder_LoadsWhatIsPutThere()
    {
        var folder = Folder(("1", fixture.First));
        await using var server = await TestServer.Start(folder, o => o with { Watch = TimeSpan.FromMilliseconds(50) });
        Put(fixture.Second, Path.Combine(folder, "2.consort"));
        for (var i = 0; (string)(await server.Post("/v1/score", Row(0))).Body["version"]! != "2"; i++)
        {
            Assert.True(i < 600, "it was not loaded");
            await Task.Delay(50);
        }
    }

    [Fact]
    public async Task Canary_WithAShare_GetsAboutThatShare()
    {
        var folder = Folder(("1", fixture.First), ("2", fixture.Second));
        await using var server = await TestServer.Start(folder, o => WithAdmin(o, folder, ("stable", "1"), ("canary", "2"))
            with
        { CanaryShare = 0.5 });
        var canary = 0;
        for (var i = 0; i < 200; i++)
            canary += (string)(await server.Post("/v1/score", Row(0))).Body["version"]! == "2" ? 1 : 0;
        Assert.InRange(canary, 50, 150); // 7 standard deviations
        Assert.Equal("1", (string)(await server.Post("/v1/models/clicks/labels/stable:score", Row(0))).Body["version"]!);
    }

    [Fact]
    public async Task Swap_UnderLoad_FailsNoCallAndMixesNoPackages()
    {
        var file = fixture.NewFile("model.consort");
        Put(fixture.First, file);
        await using var server = await TestServer.Start(file);
        var rows = Enumerable.Range(0, 40).ToArray();
        float[] first = [.. rows.Select(r => fixture.Score(r))], second = [.. rows.Select(r => fixture.Score(r, fixture.SecondScorer))];
        // As rows and as candidates, whose scorers a version makes when it is first asked for them.
        string[] bodies = [JsonSerializer.Serialize(new { rows = rows.Select(fixture.Row) }),
            JsonSerializer.Serialize(new { candidates = rows.Select(fixture.Row) })];
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var load = Enumerable.Range(0, 6).Select(l => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var answer = await server.Post("/v1/score", bodies[l % 2]);
                var found = TestServer.Probabilities(answer);
                // Odd versions are the first package: each answer is of one from beginning to end.
                var expected = int.Parse((string)answer.Body["version"]!, System.Globalization.CultureInfo.InvariantCulture) % 2 == 1
                    ? first : second;
                for (var row = 0; row < rows.Length; row++)
                    Assert.Equal(expected[row], found[row], 1e-6f);
                Interlocked.Increment(ref calls);
            }
        })).ToArray();
        for (var swap = 0; swap < 20; swap++)
        {
            var before = Volatile.Read(ref calls);
            Put(swap % 2 == 0 ? fixture.Second : fixture.First, file);
            Assert.Single(server.Server.Reload().Single().Loaded);
            while (Volatile.Read(ref calls) < before + 5 && !load.Any(t => t.IsFaulted))
                await Task.Delay(5);
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(calls >= 100, $"{calls} calls");
    }

    private static async Task<(HttpStatusCode Status, string Body)> Reload(TestServer server, string json)
    {
        var (status, body) = await server.Send(HttpMethod.Post, "/v1/models/clicks/versions", json.Length == 0 ? null : json, Key);
        return (status, body.ToJsonString());
    }

    private ServerOptions WithAdmin(ServerOptions options, string folder, params (string Label, string Version)[] labels)
    {
        var keys = fixture.NewFile("keys");
        File.WriteAllText(keys, Key);
        return options with
        {
            AdminKeyFile = keys,
            Models = [new ModelSource("clicks", folder) { Labels = labels.ToDictionary(l => l.Label, l => l.Version) }],
        };
    }

    private string Folder(params (string Version, string Package)[] packages)
    {
        var folder = fixture.NewFolder();
        foreach (var (version, package) in packages)
            Put(package, Path.Combine(folder, version + ModelSource.Extension));
        return folder;
    }

    // As packages are put in place: beside, then moved over. Its time is another each time, as that of a new one is.
    private void Put(string package, string path)
    {
        var next = fixture.NewFile("next");
        File.Copy(package, next);
        File.SetLastWriteTimeUtc(next, DateTime.UtcNow.AddTicks(Interlocked.Increment(ref _puts) * TimeSpan.TicksPerMillisecond));
        File.Move(next, path, overwrite: true);
    }

    private static long _puts;

    private string Row(int row) => JsonSerializer.Serialize(new { rows = new[] { fixture.Row(row) } });
}
