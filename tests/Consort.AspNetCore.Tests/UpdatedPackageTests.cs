using System.Globalization;
using System.Text;
using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Serving;
using Consort.Serving.Calibrations;

namespace Consort.AspNetCore.Tests;

/// <summary>A server that goes on from day to day.</summary>
[Collection(ServerCollection.Name)]
public sealed class UpdatedPackageTests(ServerFixture fixture)
{
    private const int Days = 3;

    [Fact]
    public async Task Watch_OfEachDaysPackage_FailsNoCallWhileIdsComeAndGo()
    {
        var folder = fixture.NewFolder();
        var packages = Packages(folder);
        var file = fixture.NewFile("clicks.consort");
        File.Copy(packages[0], file);
        // Users of all days: known to some packages alone.
        Dictionary<string, string>[] rows = [.. Enumerable.Range(0, 25).Select(i => new Dictionary<string, string>
        {
            ["user"] = $"u{i}",
            ["item"] = $"i{i % 12}",
            ["price"] = "1.5",
        })];
        var scores = packages.Select(p => Scores(p, rows)).ToArray();
        Assert.Equal(Days, scores.DistinctBy(s => string.Join(' ', s)).Count());

        await using var server = await TestServer.Start(file, o => o with { Watch = TimeSpan.FromMilliseconds(25) });
        using var stop = new CancellationTokenSource();
        var body = JsonSerializer.Serialize(new { rows });
        var calls = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var done = 0;
            for (; !stop.IsCancellationRequested; done++)
            {
                var found = TestServer.Probabilities(await server.Post("/v1/score", body));
                Assert.Contains(scores, s => Near(s, found)); // of one day's package, whichever it is
            }

            return done;
        })).ToArray();
        for (var day = 1; day < Days; day++)
        {
            File.Copy(packages[day], file + ".new");
            File.Move(file + ".new", file, overwrite: true);
            for (var look = 0; look < 400 && !Near(scores[day], TestServer.Probabilities(await server.Post("/v1/score", body))); look++)
                await Task.Delay(25);
            Assert.True(Near(scores[day], TestServer.Probabilities(await server.Post("/v1/score", body))), $"day {day + 1} was not taken up");
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(calls), done => Assert.True(done > 0));

        static bool Near(float[] expected, float[] found) => expected.Zip(found).All(p => Math.Abs(p.First - p.Second) < 1e-6f);
    }

    private static float[] Scores(string package, Dictionary<string, string>[] rows)
    {
        using var scorer = Scorer.Load(package);
        return [.. rows.Select(row => scorer.Score(
            [.. scorer.Fields.Select(f => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(row[f]))]))];
    }

    private static string[] Packages(string folder)
    {
        for (var day = 0; day < Days; day++)
            File.WriteAllText(Path.Combine(folder, $"day{day}.csv"), Rows(day));
        File.WriteAllText(Path.Combine(folder, "schema.yaml"), """
            delimiter: comma
            header: true
            fields:
              - { name: click, kind: label }
              - { name: user, kind: categorical }
              - { name: item, kind: categorical }
              - { name: price, kind: numeric, transform: standardise }
            """);
        var experiment = Experiment.Parse(
            $$"""
            data: { schema: schema.yaml, source: day0.csv, cache: "{{Path.Combine(folder, "cache")}}" }
            embedding: { dimension: 4 }
            members: [{ model: DeepFM, hidden_units: [8] }]
            training: { epochs: 2, batch_size: 64, learning_rate: 0.02, patience: 0 }
            """, "exp.yaml", folder);
        ExperimentRunner.Run(new RunRequest(experiment, At("run0"), 1), default);
        for (var day = 1; day < Days; day++)
            RunUpdater.Update(
                new UpdateRequest(At($"run{day - 1}"), [At($"day{day}.csv")], At($"run{day}"), 1)
                { Options = new() { Growth = new() { MaxAge = 1 } } }, default);
        return [.. Enumerable.Range(0, Days).Select(day =>
        {
            RunPacker.Pack(new PackRequest(At($"run{day}"), At($"day{day}.consort"), 1) { Calibration = CalibrationKind.Platt }, default);
            return At($"day{day}.consort");
        })];

        string At(string name) => Path.Combine(folder, name);
    }

    private static string Rows(int day)
    {
        var random = new Random(day);
        var text = new StringBuilder("click,user,item,price\n");
        for (var row = 0; row < 800; row++)
        {
            var (user, item) = (random.Next(10) + (5 * day), random.Next(12));
            var click = random.NextDouble() < (user % 3 == item % 3 ? 0.7 : 0.2) ? 1 : 0;
            text.Append(CultureInfo.InvariantCulture, $"{click},u{user},i{item},{random.NextDouble() * 3:F3}\n");
        }

        return text.ToString();
    }
}
