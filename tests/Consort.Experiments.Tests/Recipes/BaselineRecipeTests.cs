using System.Text.Json;
using Consort.Data.Datasets;
using Consort.Studies.Baselines;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Measures;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>Recipes whose families are set beside a baseline.</summary>
public sealed class BaselineRecipeTests : FamilyRecipeRig
{
    [Fact]
    public void Run_WithABaseline_TellsItBelowTheTable()
    {
        var request = Request(2) with { Members = [1], Methods = ["mean"], Epochs = 1, Baseline = new Constant() };
        var table = RecipeRunner.Run(Find("kdef/scaling"), request, 1, null, default);
        // A constant knows nothing: of logit 0 the log-loss is ln 2.
        Assert.Contains("Constant on the same rows, 2 seeds (nothing): test AUC 0.50000 (sd 0.00000), log-loss 0.69315 (sd 0.00000).", table.Below[^1], StringComparison.Ordinal);
        // And how far the best of ours is above it, with an interval for new seeds and new rows.
        var row = FamilyRow.Of("DNN alone", [["DNN-alone-seed2021"], ["DNN-alone-seed2022"]], Finished(), new RecipeMemory())!;
        var comparisons = new RowComparisons();
        var joint = row.Joint(BaselineRows.Of(request.Memory.Baselines[0]), comparisons)!;
        Assert.Equal(row.Over(m => m.Auc).Mean - 0.5, joint.Difference, 1e-9);
        Assert.Contains($"DNN alone, the best row by these very rows, minus it: {joint.AucText} for new seeds and rows.", table.Below[^1], StringComparison.Ordinal);
        Assert.Contains("Constant on the same rows", File.ReadAllText(Folder.At("out/results.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BoostingBeside_SetsEachWayBesideTheBaseline()
    {
        var request = Request(2) with { Members = [2], Epochs = 1, Baseline = new Constant() };
        var recipe = Find("boosting/beside");
        Assert.True(recipe.NeedsBaseline);
        var table = RecipeRunner.Run(recipe, request, 1, null, default);
        Assert.Equal(["Constant", "one DNN", "2 averaged", "distilled: logits 20 : 0.1"], table.Results.Rows.Select(r => (string?)r[0]));
        using var json = JsonDocument.Parse(table.ToJson());
        var rows = json.RootElement.EnumerateArray().Where(e => e.TryGetProperty("way", out _)).ToArray();
        Assert.Equal(JsonValueKind.Null, rows[0].GetProperty("above_baseline").ValueKind); // it is not set beside itself
        foreach (var row in rows[1..])
        {
            var above = row.GetProperty("above_baseline").GetDouble();
            Assert.Equal(row.GetProperty("test_auc_mean").GetDouble() - 0.5, above, 1e-9);
            Assert.InRange(above, row.GetProperty("above_baseline_low").GetDouble(), row.GetProperty("above_baseline_high").GetDouble());
        }

        Assert.Equal(["one DNN: above Constant", "2 averaged: above Constant", "distilled: logits 20 : 0.1: above Constant"], table.Claims.Select(c => c.Text));
        foreach (var (claim, row) in table.Claims.Zip(rows[1..])) // for new seeds and new rows
            Assert.Equal((claim.Joint!.Low, claim.Joint.High), (row.GetProperty("above_baseline_low").GetDouble(), row.GetProperty("above_baseline_high").GetDouble()));
        Assert.Contains(table.Notes, n => n.StartsWith("Constant on the same rows, 2 seeds", StringComparison.Ordinal));

        var alone = RecipeRunner.Run(recipe, Request(1) with { Methods = ["one"], Epochs = 1, Baseline = new Constant(), Folder = Folder.At("alone") }, 1, null, default);
        Assert.Equal(2, alone.Results.Rows.Count);
        Assert.Single(Directory.GetDirectories(Folder.At("alone/runs")));
        Assert.NotEqual("", alone.Results.ForPeople.Text(1, 6)); // of one seed over rows
    }

    [Fact]
    public void Run_SearchOfABaselineThatHasNone_IsRefused()
    {
        var request = Request(1) with { Methods = ["one"], Baseline = new Constant(), BaselineMinutes = 1 };
        Assert.Contains("--baseline-minutes: found Constant, which has nothing to search", Assert.Throws<ConsortException>(() =>
            RecipeRunner.Run(Find("boosting/beside"), request, 1, null, default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithABaseline_TellsItsSeedsAndThatTheForecastCountsNone()
    {
        var (request, told) = (Request(2) with { Members = [1], Methods = ["mean"], Epochs = 1, Baseline = new Constant() }, new Told());
        RecipeRunner.Run(Find("kdef/scaling"), request, 1, told, default);
        Assert.Equal(["Constant, seed 1/2", "Constant, seed 2/2"], told.Lines[..2]);
        Assert.EndsWith("; Constant is done and not counted", told.Lines[2], StringComparison.Ordinal);
    }

    private sealed class Told : IRecipeProgress
    {
        public List<string> Lines { get; } = [];

        public IProgress<EncodeProgress>? Encoding => null;

        public IProgress<Learning.Training.TrainingProgress>? Training => null;

        public void Keep(string text) => Lines.Add(text);
    }

    private sealed class Constant : IBaseline
    {
        public string Name => "Constant";

        public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation) =>
            new(new float[data.Valid!.Rows], new float[data.Test!.Rows], "nothing", 0, 0);
    }
}
