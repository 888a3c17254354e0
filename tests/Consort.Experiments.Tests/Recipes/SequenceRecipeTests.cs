using System.Globalization;
using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Statistics;
using Consort.Studies;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Sequences;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>The recipe of histories, over a few rows with the columns of ml100k.</summary>
public sealed class SequenceRecipeTests : IDisposable
{
    private const string Head = "click\ttimestamp\tuser\tage\tgender\toccupation\titem\tgenres\thistory\thour\tgenre\thistory_genre\n";
    private readonly TempFolder _folder = new();
    private readonly Recipe _recipe = RecipeCatalogue.Default.Entries.First(r => r.Name == "sequences/ml100k");

    public SequenceRecipeTests()
    {
        foreach (var split in new[] { "train", "valid", "test" })
            _folder.File($"{split}.tsv", Head + string.Concat(Enumerable.Range(0, 240).Select(Row)));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_OneModelTwice_StandsBesideWhatIsPublished()
    {
        var table = RecipeRunner.Run(_recipe, new RecipeRequest(_folder.Path, 2, "DIN", _folder.At("out")), 1, null, default);
        Assert.Single(table.Results.Rows);
        Assert.Empty(table.Claims); // nothing to set it beside
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("out/results.json")));
        var row = json.RootElement[0];
        Assert.Equal(2, row.GetProperty("seeds").GetInt32());
        Assert.Equal(0.9013, row.GetProperty("published_auc").GetDouble(), 1e-9);
        Assert.InRange(row.GetProperty("test_auc_mean").GetDouble(), 0.5, 1);
        Assert.InRange(row.GetProperty("test_group_auc_mean").GetDouble(), 0.5, 1);
        Assert.True(row.GetProperty("histories_add").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public void Plan_Settings_AreThoseOfTheFilesInConfigs()
    {
        foreach (var run in _recipe.Plan(new RecipeRequest(_folder.Path, 1, null, _folder.Path)))
        {
            var file = Experiment.Load(Path.Combine(Repository.Root(), "configs", "ml100k", $"{run.Row}.yaml"), _folder.Path);
            var own = Experiment.From(run.Options, _folder.Path, run.Seed);
            Assert.Equal(file.Options.Without("data"), own.Options.Without("data"));
            Assert.Equal(file.Data!.Schema, own.Data!.Schema);
            Assert.Equal(run.Row == "DNN-without", !own.Data.Schema!.Fields.Any(f => f.Name == "history" && f.List is not null));
        }
    }

    [Fact]
    public void Run_ModelThatNobodyElseMeasured_HasNoVerdict()
    {
        RecipeRunner.Run(_recipe, new RecipeRequest(_folder.Path, 2, "DMIN", _folder.At("out")), 1, null, default);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("out/results.json")));
        var row = json.RootElement[0];
        Assert.InRange(row.GetProperty("test_auc_mean").GetDouble(), 0.5, 1);
        Assert.All(["published_auc", "auc_above_published", "verdict", "published_group_auc", "published_logloss"],
            key => Assert.Equal(JsonValueKind.Null, row.GetProperty(key).ValueKind));
    }

    // Two runs .90 and .92: mean .91, sd .01414, one more run falls within .91 ± 12.706 · .01414 · √1.5 = ± .22.
    [Theory]
    [InlineData(0.68, "better")]
    [InlineData(0.69, "within noise")]
    [InlineData(1.13, "within noise")]
    [InlineData(1.14, "below")]
    public void Verdict_TwoRuns_HoldsTheOtherAgainstAThird(double published, string expected)
    {
        double[] aucs = [0.90, 0.92];
        var seeds = aucs.Select((auc, seed) => (seed, Of: new Measured("", auc, 0.4, [auc], [0], 0, () => null!, 1, 1)))
            .ToDictionary(p => p.seed, p => p.Of);
        Assert.Equal(expected, new SequenceLine(new FamilyRow("m", seeds), new Replicates([0.9, 0.9]), null,
            new PeerResult(published, 0.9, 0.4), new RowComparisons(), 1).Verdict);
    }

    private static string Row(int i)
    {
        var (user, item) = (i % 12, i % 20);
        var history = Enumerable.Range(0, i % 7).Select(k => ((user * 3) + k) % 20).ToArray();
        var click = history.Contains(item) || i % 5 == 0 ? 1 : 0;
        return string.Create(CultureInfo.InvariantCulture,
            $"{click}\t{i}\tu{user}\t{20 + (user % 3)}\tM\tother\ti{item}\tg{item % 3}|g{item % 2}\t{string.Join('|', history.Select(h => $"i{h}"))}\t{i % 24}\tg{item % 3}\t{string.Join('|', history.Select(h => $"g{h % 3}"))}\n");
    }
}
