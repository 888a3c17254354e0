using System.Text.Json;
using Consort.Experiments.Running;
using Consort.Studies;
using Consort.Studies.Recipes;
using Consort.Synthetic;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>Four drifting days of a few rows.</summary>
public sealed class DailyRecipeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Recipe _recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "daily/replay");

    public DailyRecipeTests()
    {
        for (var day = 0; day < 4; day++)
            _folder.Clicks($"day-{day + 1}.tsv", 1500, new SyntheticOptions
            {
                Day = day,
                FirstRow = day * 1500,
                Turnover = 0.3,
                CardinalityScale = 0.001,
            });
        _folder.File("exp.yaml", """
            data: { schema: { preset: criteo, min_count: 2 }, source: "day-*.tsv" }
            embedding: { dimension: 4 }
            members: [{ model: DeepFM, hidden_units: [8] }]
            training: { epochs: 2, batch_size: 256, learning_rate: 0.01, patience: 0 }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_AllWays_ScoresEachDayBeforeItIsTrainedOnAndRepeatsNothing()
    {
        var table = Run("single", null);
        Assert.Equal(5, table.Results.Rows.Count);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("out/results.json")));
        var rows = json.RootElement.EnumerateArray().ToDictionary(r => r.GetProperty("method").GetString()!);
        foreach (var (_, row) in rows)
        {
            Assert.Equal(3, row.GetProperty("days").GetInt32());
            Assert.All(row.GetProperty("auc").EnumerateArray().Zip(row.GetProperty("auc_best").EnumerateArray()),
                day => Assert.InRange(day.First.GetDouble(), 0.3, day.Second.GetDouble() + 0.05));
            // The first day's model is the same of all.
            Assert.Equal(rows["never"].GetProperty("auc")[0].GetDouble(), row.GetProperty("auc")[0].GetDouble());
        }

        int[] Ids(string way) => [.. rows[way].GetProperty("ids_by_day").EnumerateArray().Select(i => (int)i.GetDouble())];
        Assert.Single(Ids("never").Distinct());
        Assert.True(Ids("updated")[2] > Ids("updated")[1] && Ids("updated")[1] > Ids("updated")[0], string.Join(' ', Ids("updated")));
        Assert.True(Ids("updated-evicting")[2] <= Ids("updated")[2]);
        Assert.True(File.Exists(_folder.At("out/daily.html")));

        var stamps = Stamps();
        Assert.Equal(table.ToMarkdown(), Run("single", null).ToMarkdown());
        Assert.Equal(stamps, Stamps());
    }

    [Fact]
    public void Run_Family_IsOfSeveralMembers()
    {
        Run("family", ["never", "updated"]);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("out/results.json")));
        Assert.Equal(["never", "updated"], json.RootElement.EnumerateArray().Select(r => r.GetProperty("method").GetString()));
        using var updated = new FinishedRun(_folder.At("out/runs/family-seed1-updated-003"), 1);
        Assert.Equal([0, 1, 2, 3], updated.Served);
    }

    [Fact]
    public void Run_RowsOfOneFile_IsRefused()
    {
        _folder.File("one.yaml", File.ReadAllText(_folder.At("exp.yaml")).Replace("day-*", "day-1", StringComparison.Ordinal));
        var e = Assert.Throws<ConsortException>(() =>
            RecipeRunner.Run(_recipe, new RecipeRequest(_folder.At("one.yaml"), 1, "single", _folder.At("out")), 1, null, default));
        Assert.Contains("no field of kind time", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneFileWithTimes_IsCutIntoDays()
    {
        var random = new Random(1);
        _folder.File("log.csv", "click,seen,user\n" + string.Concat(Enumerable.Range(0, 1200).Select(i => FormattableString.Invariant(
            $"{(random.Next(3) == 0 ? 1 : 0)},2026-11-{1 + (i / 400):D2}T{random.Next(24):D2}:00:00Z,u{random.Next(20) + (i / 400)}\n"))));
        _folder.File("log.yaml", """
            data:
              schema:
                delimiter: comma
                header: true
                fields:
                  - { name: click, kind: label }
                  - { name: seen, kind: time, derive: [hour] }
                  - { name: user, kind: categorical }
              source: log.csv
            embedding: { dimension: 2 }
            members: [{ model: LR }]
            training: { epochs: 1, batch_size: 64, patience: 0 }
            """);
        RecipeRunner.Run(_recipe, new RecipeRequest(_folder.At("log.yaml"), 1, "single", _folder.At("log")) { Methods = ["updated"] }, 1, null,
            default);
        Assert.Equal(["2026-11-01.txt", "2026-11-02.txt", "2026-11-03.txt"],
            Directory.GetFiles(_folder.At("log/days")).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(_folder.At("log/days")), f => Assert.Equal(401, File.ReadLines(f).Count()));
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("log/results.json")));
        Assert.Equal(2, json.RootElement[0].GetProperty("days").GetInt32());
    }

    private RecipeTable Run(string row, string[]? methods) => RecipeRunner.Run(
        _recipe, new RecipeRequest(_folder.At("exp.yaml"), 1, row, _folder.At("out")) { Methods = methods }, 2, null, default);

    private Dictionary<string, DateTime> Stamps() => Directory.GetFiles(_folder.At("out/runs"), "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, File.GetLastWriteTimeUtc);
}
