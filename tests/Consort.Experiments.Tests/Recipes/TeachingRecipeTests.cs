using System.Text.Json;
using Consort.Studies;
using Consort.Studies.Recipes;
using Consort.Synthetic;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>The recipe of teaching, over tiny clicks whose truth is known.</summary>
public sealed class TeachingRecipeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _experiment;

    public TeachingRecipeTests()
    {
        var options = new SyntheticOptions { Seed = 3, CardinalityScale = 0.001 };
        foreach (var (name, first, rows) in new[] { ("train", 0, 600), ("valid", 600, 200), ("test", 800, 400) })
            SyntheticClicks.Write(_folder.At($"{name}.tsv"), rows, options with { FirstRow = first }, 1);
        _experiment = _folder.File("tiny.yaml", $$"""
            data: { schema: criteo, train: train.tsv, valid: valid.tsv, test: test.tsv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4, initial_deviation: 0.1 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { batch_size: 64, epochs: 2, learning_rate: 0.01, patience: 0, schedule: { name: exponential, epochs: 2 } }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_AllWays_KeepsSharesOfTheAverages()
    {
        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "teaching/onepass");
        var request = new RecipeRequest(_experiment, 2, null, _folder.At("out")) { Members = [2, 3] };
        var table = RecipeRunner.Run(recipe, request, 1, null, default);
        Assert.Equal(recipe.Methods.Count + 1, table.Results.Rows.Count); // a DNN has a tower
        // Of members that learned together the ensemble's rows alone are kept.
        string[] together = ["mutual", "control: labels again", "KDEF, one member"];
        Assert.All(table.Claims, claim =>
        {
            var isTogether = together.Any(start => claim.Text.StartsWith(start, StringComparison.Ordinal));
            Assert.Equal(isTogether, claim.Rows is null);
            if (claim.Rows is { } rows)
                Assert.Equal(claim.Seeds!.Difference, rows.Difference, 1e-9);
        });

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("out/results.json")));
        var rows = json.RootElement.EnumerateArray().Where(r => r.TryGetProperty("method", out _))
            .ToDictionary(r => r.GetProperty("method").GetString()!);
        var (one, average, student) = (Auc("one, tuned"), Auc("2 averaged"), Auc("distilled: logits 20 : 0.1"));
        Assert.Equal(100 * (student - one) / (average - one), Number("distilled: logits 20 : 0.1", "kept_percent"), 1e-6);
        Assert.Equal(100, Number("2 averaged", "kept_percent"), 1e-9);
        Assert.All(rows, r => Assert.Equal(2, r.Value.GetProperty("replicates").GetInt32()));
        Assert.All(rows, r => Assert.InRange(Number(r.Key, "test_logloss_mean"), 0.1, 2));
        Assert.All(rows, r => Assert.InRange(Number(r.Key, "calibration"), 0.3, 3));
        Assert.InRange(Number("2 averaged", "expected_auc_mean"), 0.3, 1);
        Assert.Equal(Number("one, tuned", "parameters"), Number("mutual: KL 5, two epochs", "parameters"));

        double Auc(string row) => Number(row, "test_auc_mean");
        double Number(string row, string key) => rows[row].GetProperty(key).GetDouble();
    }

    [Fact]
    public void Plan_TowerOfFourTimesTheArithmetic_LearnsFromLabelsAndFromTheFour()
    {
        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "teaching/onepass");
        var plan = recipe.Plan(new RecipeRequest(_experiment, 1, null, _folder.At("out")));
        var (alone, taught) = (plan.Single(r => r.Row == "DNN-wide4"), plan.Single(r => r.Row == "DNN-distil-wide4"));
        Assert.All([alone, taught], r => Assert.Contains("hidden_units: [32]", r.Options.ToYaml(), StringComparison.Ordinal));
        Assert.Empty(alone.After);
        Assert.Equal(4, taught.After.Count);
        // A model without a tower has no such rows.
        var without = recipe.Plan(new RecipeRequest(_experiment, 1, "FM", _folder.At("out")));
        Assert.DoesNotContain(without, r => r.Row.Contains("wide", StringComparison.Ordinal));
        Assert.Contains(without, r => r.Row == "FM-distil");
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(2, 2)]
    [InlineData(2, 3, 4)]
    public void Plan_MembersThatDoNotRise_AreRefused(params int[] members)
    {
        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "teaching/onepass");
        var request = new RecipeRequest(_experiment, 1, null, _folder.At("out")) { Members = members };
        Assert.Contains("expected one number, or two that rise", Assert.Throws<ConsortException>(() => recipe.Plan(request)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_Students_HaveSeedsOfTheirOwn()
    {
        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "teaching/onepass");
        var plan = recipe.Plan(new RecipeRequest(_experiment, 3, null, _folder.At("out")));
        var members = plan.Where(r => r.Row == "DNN-independent").Select(r => r.Seed).ToHashSet();
        Assert.Equal(30, members.Count);
        Assert.All(plan.Where(r => r.Row.StartsWith("DNN-distil", StringComparison.Ordinal)), r => Assert.DoesNotContain(r.Seed, members));
        var longer = plan.First(r => r.Row == "DNN-labels-longer").Options;
        Assert.Equal("4", longer.TextAt("training.epochs"));
        Assert.Equal("4", longer.TextAt("training.schedule.epochs"));
    }

    [Fact]
    public void Run_Scaling_SetsEachWayBesideOne()
    {
        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "teaching/scaling");
        var request = new RecipeRequest(_experiment, 2, null, _folder.At("out")) { Members = [2, 3] };
        var table = RecipeRunner.Run(recipe, request, 1, null, default);
        Assert.Equal((2 * recipe.Methods.Count) + 1, table.Results.Rows.Count);
        Assert.Contains(table.Claims, c => c.Text == "3 KDEF, one table: above 3 averaged, tables of the size of one");

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("out/results.json")));
        var rows = json.RootElement.EnumerateArray().Where(r => r.TryGetProperty("method", out _)).ToArray();
        var one = rows[0].GetProperty("parameters").GetDouble();
        Assert.All(rows, r => Assert.Equal(2, r.GetProperty("replicates").GetInt32()));
        Assert.Equal(3 * one, Parameters("averaged", 3), 1e-9);
        Assert.InRange(Parameters("averaged-memory", 2), 0.9 * one, 1.1 * one);
        Assert.InRange(Parameters("averaged-flops", 2), one, (2 * one) - 1);
        Assert.InRange(Parameters("tabm-memory", 3), one, Parameters("kdef-memory", 3) - 1);

        double Parameters(string method, int members) => rows
            .First(r => r.GetProperty("method").GetString() == method && r.GetProperty("members").GetInt32() == members)
            .GetProperty("parameters").GetDouble();
    }

    [Fact]
    public void Plan_ScalingAtTheArithmeticOfOne_DividesEveryOtherWidth()
    {
        var recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "teaching/scaling");
        File.WriteAllText(_experiment, File.ReadAllText(_experiment).Replace("[8]", "[12, 7, 6]", StringComparison.Ordinal));
        var plan = recipe.Plan(new RecipeRequest(_experiment, 1, null, _folder.At("out")) { Members = [3] });
        Assert.Equal(3, plan.Count(r => r.Row == "DNN-thin3" && r.Options.ToYaml().Contains("hidden_units: [4, 7, 2]", StringComparison.Ordinal)));
        Assert.Contains("hidden_units: [4, 7, 2]", plan.First(r => r.Row == "DNNx3-tabm-thin-members").Options.ToYaml(), StringComparison.Ordinal);
        Assert.Contains("hidden_units: [36, 7, 18]", plan.Single(r => r.Row == "DNN-wide3").Options.ToYaml(), StringComparison.Ordinal);
        Assert.Contains("hidden_units: [12, 7, 6]", plan.First(r => r.Row == "DNNx3-kdef").Options.ToYaml(), StringComparison.Ordinal);
        File.WriteAllText(_experiment, File.ReadAllText(_experiment).Replace("{ model: DNN, hidden_units: [12, 7, 6] }", "{ model: FM }", StringComparison.Ordinal));
        Assert.Contains("found no hidden_units", Assert.Throws<ConsortException>(() =>
            recipe.Plan(new RecipeRequest(_experiment, 1, null, _folder.At("out")))).Message, StringComparison.Ordinal);
    }
}
