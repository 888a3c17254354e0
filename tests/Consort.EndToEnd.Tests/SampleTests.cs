using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Consort.EndToEnd.Tests.Commands;
using Consort.Serving;
using Microsoft.Extensions.Logging.Abstractions;
using ScoreApi;
using ScoreConsole;
using ScoreWorker;
using Train;

namespace Consort.EndToEnd.Tests;

/// <summary>The samples go the whole way: one trains and packs, and the others score with what it packed, and say the same.</summary>
public sealed class SampleTests
{
    private const string Header = "request_id,clicked,time,city,device,campaign,age,price\n";

    [Fact]
    public async Task Samples_OneAfterAnother_TrainAndSayTheSame()
    {
        using var folder = new TempFolder();
        var package = folder.At("clicks.consort");
        var auc = Training.Run(folder.File("clicks.csv", Header + TypedPage.Rows(6000, seed: 1)), package, CancellationToken.None);
        Assert.InRange(auc, 0.6, 0.95); // of clicks whose chance depends on city and device

        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var offers = new StringReader("Rome,web,210,18.6,26110113\nParis,,,,\n");
        Assert.Equal(2, Scoring.Run(package, offers, output));
        var said = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => double.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        using var scorer = Scorer.Load(package);
        var row = scorer.NewImpression();
        row.Set("city", "Paris");
        Assert.Equal(scorer.Score(row), said[1], 1e-6);
        await Ranks(package, said[0]);
        await Works(folder, package);
    }

    private static async Task Ranks(string package, double expected)
    {
        await using var app = Api.Build(package, ["--urls", "http://127.0.0.1:0"]);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var response = await client.PostAsJsonAsync("/rank", new RankRequest("Rome", "web", "26110113",
            [new Candidate("215", null), new Candidate("210", 18.6)]));
        var ranked = (await response.Content.ReadFromJsonAsync<JsonArray>())!;
        Assert.Equal(2, ranked.Count);
        Assert.True((double)ranked[0]!["probability"]! >= (double)ranked[1]!["probability"]!);
        Assert.Equal(expected, (double)ranked.Single(r => (string)r!["campaign"]! == "210")!["probability"]!, 1e-5);
        Assert.Contains("workbench", await client.GetStringAsync("/"), StringComparison.Ordinal); // Consort's endpoints are there, too
        await app.StopAsync();
    }

    private static async Task Works(TempFolder folder, string package)
    {
        var (inbox, outbox) = (Directory.CreateDirectory(folder.At("in")).FullName, folder.At("out"));
        folder.File("in/a.csv", Header + TypedPage.Rows(40, seed: 2));
        folder.File("in/b.csv", Header + "r-1,True,26110113,Rome,web,210,many,3\n");
        using var worker = new FolderWorker(package, inbox, outbox, NullLogger<FolderWorker>.Instance);
        await worker.StartAsync(CancellationToken.None);
        for (var wait = 0; wait < 600 && Directory.GetFiles(inbox).Length > 0; wait++)
            await Task.Delay(100);
        await worker.StopAsync(CancellationToken.None);
        Assert.Empty(Directory.GetFiles(inbox));
        var lines = File.ReadAllLines(Path.Combine(outbox, "a.csv.txt"));
        Assert.Equal(40, lines.Length);
        Assert.All(lines, l => Assert.InRange(double.Parse(l, CultureInfo.InvariantCulture), 0, 1));
        Assert.Contains("column age: found \"many\"", File.ReadAllText(Path.Combine(outbox, "b.csv.error")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(outbox, "b.csv.txt")));
    }
}
