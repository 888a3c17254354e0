using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Settings;
using Consort.Synthetic;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>Recipes of families, from an experiment file over tiny clicks to the table.</summary>
public sealed class FamilyRecipeTests : FamilyRecipeRig
{
    [Fact]
    public void Run_KdefScaling_MakesTheTableAndDoesNotRepeatIt()
    {
        var request = Request(2) with { Members = [1, 2], Methods = ["mean", "concat", "kdef"] };
        var table = RecipeRunner.Run(Find("kdef/scaling"), request, 1, null, default);
        Assert.Equal(["DNN alone", "2 × DNN, mean", "2 × DNN, concat", "2 × DNN, kdef"], table.Results.Rows.Select(r => (string?)r[0]));
        Assert.All(table.Results.Rows, row => Assert.Equal(table.Results.Columns.Count, row.Count));
        Assert.Equal(8, Directory.GetDirectories(Folder.At("out/runs")).Length); // M = 1 once a seed
        Assert.Contains(table.Claims, c => c.Text == "2 × DNN, kdef above one model" && c is { Seeds: not null, Rows: not null });
        Assert.Equal("", table.Results.ForPeople.Text(0, 6)); // the baseline does not differ from itself
        Assert.NotEqual("", table.Results.ForPeople.Text(1, 6));

        using var json = JsonDocument.Parse(File.ReadAllText(Folder.At("out/results.json")));
        var single = json.RootElement[0];
        Assert.Equal(single.GetProperty("test_auc_mean").GetDouble(), single.GetProperty("test_auc").EnumerateArray()
            .Average(v => v.GetDouble()));
        Assert.Equal(JsonValueKind.Null, single.GetProperty("published_auc").ValueKind);
        Assert.Equal(table.Claims.Count, json.RootElement.EnumerateArray().Count(e => e.TryGetProperty("verdict", out _)));

        var stamps = Stamps();
        var again = RecipeRunner.Run(Find("kdef/scaling"), request with { }, 1, null, default);
        Assert.Equal(table.ToCsv(), again.ToCsv());
        Assert.Equal(stamps, Stamps());
        Assert.Equal(table.ToMarkdown(), File.ReadAllText(Folder.At("out/results.md")));
    }

    [Fact]
    public void Run_ClustersAndALeastGain_ChangeErrorsAndVerdictsAlone()
    {
        var request = Request(2) with { Members = [2], Methods = ["kdef"] };
        var plain = RecipeRunner.Run(Find("kdef/scaling"), request, 1, null, default);
        var other = new RecipeRequest(request.Data, 2, null, request.Folder)
        { Members = [2], Methods = ["kdef"], Cluster = "b", LeastGain = 0.4 };
        var grouped = RecipeRunner.Run(Find("kdef/scaling"), other, 1, null, default);
        var (before, after) = (plain.Claims[0], grouped.Claims[0]);
        Assert.Equal(before.Seeds, after.Seeds);
        Assert.Equal(before.Rows!.Difference, after.Rows!.Difference, 1e-12);
        Assert.NotEqual(before.Rows.StandardError, after.Rows.StandardError);
        Assert.Equal((double.PositiveInfinity, 6.0), (before.Rows.Degrees, after.Rows.Degrees)); // seven values of b
        Assert.Contains("0.4", grouped.Below[^2], StringComparison.Ordinal);
        Assert.StartsWith("To decide 0.4 with 80 % power, by what 2 replicates showed", grouped.Below[^1], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(grouped.ToJson());
        var claim = json.RootElement.EnumerateArray().First(e => e.TryGetProperty("verdict", out _));
        Assert.Equal(
            ["claim", "difference", "seeds_low", "seeds_high", "seeds_p", "rows_low", "rows_high", "rows_p", "models_low", "models_high",
                "joint_low", "joint_high", "joint_p", "p_holm", "negligible_p_holm", "least_gain", "replicates_to_find",
                "replicates_to_dismiss", "verdict"], claim.EnumerateObject().Select(p => p.Name));
        Assert.Equal(0.4, claim.GetProperty("least_gain").GetDouble());

        var mistaken = new RecipeRequest(request.Data, 2, null, request.Folder) { Cluster = "nobody" };
        Assert.Equal("--cluster nobody: found no such categorical column, expected one of a, b",
            Assert.Throws<ConsortException>(() => RecipeRunner.Run(Find("kdef/scaling"), mistaken, 1, null, default)).Message);
    }

    [Fact]
    public void Run_MutualTable1_StartsFamiliesFromTheIndependentRuns()
    {
        var table = RecipeRunner.Run(Find("mutual/table1"), Request(2) with { Only = "DCN", Members = [2] }, 1, null, default);
        Assert.Equal(["DCN, independent", "DCN, scratch", "DCN, pretrained", "DCN, control"],
            table.Results.Rows.Select(r => (string?)r[0]));
        Assert.Equal(10, Directory.GetDirectories(Folder.At("out/runs")).Length);
        foreach (var kind in new[] { "pretrained", "control" })
        {
            var experiment = Experiment.Load(Folder.At($"out/runs/DCNx2-{kind}-seed2031/experiment.yaml"));
            Assert.Equal(["DCN-independent-seed2031", "DCN-independent-seed2032"],
                experiment.Phases[0].From.Select(f => new DirectoryInfo(f).Parent!.Parent!.Name));
            Assert.Equal((1, 0.001), (experiment.Phases[0].Epochs, experiment.Phases[0].LearningRate));
            Assert.False(experiment.Family.Embeddings.Shared);
        }

        Assert.Contains(table.Claims, c => c.Text.StartsWith("DCN: and not just by one more epoch", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mutual/table2", "DCN", 9)]
    [InlineData("mutual/table3", "DeepFM", 3)]
    [InlineData("mutual/table4", "DCN", 5)]
    [InlineData("kdef/ablation", null, 9)]
    [InlineData("kdef/mixed", null, 10)]
    public void Run_OneSeed_MakesTheWholeTable(string name, string? only, int rows)
    {
        var table = RecipeRunner.Run(Find(name), Request(1) with { Only = only, Epochs = 1 }, 1, null, default);
        Assert.Equal(rows, table.Results.Rows.Count);
        Assert.All(table.Results.Rows, row => Assert.Equal(table.Results.Columns.Count, row.Count));
        Assert.All(table.Judged, c => Assert.Equal("undecided", c.Word)); // one seed says nothing about training
    }

    [Fact]
    public void Run_SeveralJobs_MakesTheSameTable()
    {
        var one = RecipeRunner.Run(Find("mutual/table3"), Request(1) with { Only = "DCN", Epochs = 1 }, 1, null, default);
        var other = Request(1) with { Only = "DCN", Epochs = 1, Runs = Folder.At("side-by-side") };
        var told = new Told(_ => false, new CancellationTokenSource());
        var three = RecipeRunner.Run(Find("mutual/table3"), other, 3, told, default, jobs: 3);
        Assert.Equal(one.ToCsv(), three.ToCsv());
        Assert.Equal(three.ToMarkdown(), File.ReadAllText(Folder.At("out/results.md")));
        var begun = told.Lines.Skip(1).Select(l => l.Split("  ")[1].Split(',')[0]).ToList();
        var whole = Find("mutual/table3").Plan(other);
        Assert.Equal(whole.Count, begun.Count);
        Assert.All(whole, run => Assert.All(run.After, before => Assert.True(begun.IndexOf(before) < begun.IndexOf(run.Name))));
        Assert.Contains(whole, run => run.After.Count == 4);
        Assert.Contains("\"allocated_bytes_per_step\": null", File.ReadAllText(Folder.At($"side-by-side/{begun[0]}/metrics.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SeveralJobsAndAMistake_StopsAllAndSaysIt()
    {
        var request = Request(2) with { Members = [2], Methods = ["mean", "kdef"] };
        RecipeRunner.Run(Find("kdef/scaling"), request with { Methods = ["mean"] }, 1, null, default);
        var other = Folder.At("out/runs/DNNx2-mean-seed2022/experiment.yaml");
        File.WriteAllText(other, File.ReadAllText(other).Replace("learning_rate: 0.01", "learning_rate: 0.02", StringComparison.Ordinal));
        var mistake = Assert.Throws<ConsortException>(() =>
            RecipeRunner.Run(Find("kdef/scaling"), request with { }, 2, null, default, jobs: 2));
        Assert.Contains("holds a run of another setting", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Stopped_WritesTheRowsThatAreThere()
    {
        using var source = new CancellationTokenSource();
        var told = new Told(line => line.StartsWith("3/4", StringComparison.Ordinal), source);
        var request = Request(1) with { Members = [2], Methods = ["mean", "sum", "kdef"] };
        Assert.Throws<OperationCanceledException>(() => RecipeRunner.Run(Find("kdef/scaling"), request, 1, told, source.Token));
        Assert.Equal(3, File.ReadAllLines(Folder.At("out/results.csv")).Length);
        Assert.Equal(4, RecipeRunner.Run(Find("kdef/scaling"), request with { }, 1, null, default).Results.Rows.Count);
    }

    [Fact]
    public void Forecast_RunsThatStartFromOthers_AreCounted()
    {
        using var source = new CancellationTokenSource();
        var told = new Told(line => line.StartsWith("1/", StringComparison.Ordinal), source);
        Assert.Throws<OperationCanceledException>(() =>
            RecipeRunner.Run(Find("mutual/table4"), Request(1) with { Only = "DCN", Epochs = 1 }, 1, told, source.Token));
        Assert.StartsWith("9 runs; the rest takes ", told.Lines[0], StringComparison.Ordinal); // five alone, four families
    }

    [Fact]
    public void Find_DataOfEachKind_IsTold()
    {
        Assert.Equal((DataShape.Other, ExperimentFile), (Data(ExperimentFile).Shape, Data(ExperimentFile).File));
        Assert.Equal(DataShape.Frappe, Data(Folder.Path).Shape); // three split files: frappe unless told
        Assert.Equal(DataShape.Other, Data(Folder.Path, Folder.At("schema.yaml")).Shape);
        Assert.Equal(DataShape.Criteo, Data(Folder.Clicks("clicks.tsv", 20)).Shape);
        Assert.Equal(DataShape.Avazu, Data(Folder.File("avazu.csv", "id,click,hour,C1\n")).Shape);
        Assert.Contains("--schema", Assert.Throws<ConsortException>(() => Data(Folder.File("odd.csv", "x,y\n"))).Message,
            StringComparison.Ordinal);
        Directory.CreateDirectory(Folder.At("empty"));
        Assert.Contains("expected one of them", Assert.Throws<ConsortException>(() => Data(Folder.At("empty"))).Message,
            StringComparison.Ordinal);
        Assert.Contains("--schema frappe", Assert.Throws<ConsortException>(() => Data(ExperimentFile, "frappe")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_OnOtherData_AreThePapers()
    {
        var request = new RecipeRequest(Folder.Path, 1, null, Folder.At("out")) { Schema = Folder.At("schema.yaml") };
        var kdef = Experiment.From(new RecipeSettings(request, PaperSettings.Kdef).Of("DNN").Options.Family("t", true,
            OptionTree.Parse("{ name: kdef }"), OptionTree.Parse("model: FM")), Folder.Path);
        Assert.Equal((10_000, 16), (kdef.Training.BatchSize, kdef.Family.Embeddings.Dimension));
        var mutual = Experiment.From(
            new RecipeSettings(request, PaperSettings.Mutual).Of("PNN").Options.Family("t", false, OptionTree.Parse("{ name: mutual }"),
                OptionTree.Parse("{ model: FM, count: 2 }")), Folder.Path);
        Assert.Equal(4000, mutual.Training.BatchSize);
    }

    [Fact]
    public void Settings_OfAFile_AreThoseOfEachMemberOnTheDataAtHand()
    {
        var settings = Folder.File("settings.yaml", """
            data: { schema: criteo, source: elsewhere.tsv }
            embedding: { dimension: 6 }
            members:
              - { model: DCN, hidden_units: [9], cross_layers: 2 }
              - { model: PNN, hidden_units: [7] }
              - { model: DCN, hidden_units: [5] }
            training: { batch_size: 77 }
            """);
        var request = new RecipeRequest(Folder.Path, 1, null, Folder.At("out"))
        {
            Schema = Folder.At("schema.yaml"),
            Settings = settings
        };
        var found = new RecipeSettings(request, PaperSettings.Mutual);
        Assert.Equal("DCN", found.FirstModel);
        foreach (var (model, units) in new[] { ("DCN", "[9]"), ("PNN", "[7]"), ("DeepFM", "[400, 200, 100]") })
        {
            Assert.Equal(units, found.Member(model)["hidden_units"].ToString());
            var experiment = Experiment.From(
                found.Of(model).Options.Family("t", false, OptionTree.Parse("{ name: mutual }"), found.Member(model).With("count", 2)),
                Folder.Path);
            Assert.Equal((77, 6, model), (experiment.Training.BatchSize, experiment.Family.Embeddings.Dimension,
                experiment.Family.Members[0].Name));
            Assert.Contains("name: \"b\", kind: categorical", experiment.Text, StringComparison.Ordinal); // of schema.yaml
            Assert.DoesNotContain("elsewhere", experiment.Text, StringComparison.Ordinal);
        }

        var twice = Assert.Throws<ConsortException>(() =>
            new RecipeSettings(Request(1) with { Settings = settings }, PaperSettings.Mutual));
        Assert.Contains("an experiment that has its own settings", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AllStrategies_SaysHowFarEachGoesToTheCeiling()
    {
        SyntheticClicks.Write(Folder.At("clicks.tsv"), 3000, new SyntheticOptions { Seed = 1 }, 1, null, default);
        var settings = Folder.File("settings.yaml", """
            data: { schema: criteo, source: elsewhere.tsv }
            embedding: { dimension: 2 }
            members: [{ model: DNN, hidden_units: [4] }]
            training: { batch_size: 500, epochs: 1 }
            """);
        var request = new RecipeRequest(Folder.At("clicks.tsv"), 2, null, Folder.At("out")) { Settings = settings, Members = [2] };
        var table = RecipeRunner.Run(Find("strategies/all"), request, 1, null, default);
        Assert.Equal(
            ["one DNN", "independent, averaged", "mutual from scratch", "one epoch more each by itself", "mutual fine-tuning", "mean",
                "sum", "concat", "kd", "dml", "kdef",
                "one, distilled from the independent", "one, distilled from kdef"],
            table.Results.Rows.Select(r => (string?)r[0]));
        Assert.All(table.Results.Rows, row => Assert.Equal(table.Results.Columns.Count, row.Count));

        using var json = JsonDocument.Parse(table.ToJson());
        var rows = json.RootElement.EnumerateArray().Where(r => r.TryGetProperty("strategy", out _)).ToArray();
        Assert.Equal(JsonValueKind.Null, rows[0].GetProperty("gap_closed_percent").ValueKind); // one model is where the gap begins
        foreach (var row in rows.Skip(1))
        {
            var ceiling = row.GetProperty("ceiling_auc").GetDouble();
            var closed = Auc(row).Zip(Auc(rows[0]), (auc, one) => 100 * (auc - one) / (ceiling - one)).Average();
            Assert.Equal(closed, row.GetProperty("gap_closed_percent").GetDouble(), 1e-9);
        }

        var student = Experiment.OfRun(Folder.At("out/runs/DNN-distilled-averaged-seed2031/experiment.yaml"));
        Assert.Equal(["DNN-independent-seed2031", "DNN-independent-seed2032"], student.Phases[0].Teachers.Select(t => Path.GetFileName(t.Path)));
        Assert.Single(student.Family.Members);

        static IEnumerable<double> Auc(JsonElement row) => row.GetProperty("test_auc").EnumerateArray().Select(a => a.GetDouble());
    }

    [Fact]
    public void Run_Bridge_TeachesTheGraphAndThenTheStudent()
    {
        var table = RecipeRunner.Run(Find("kd/bridge"), Request(1) with { Members = [2], Epochs = 1 }, 1, null, default);
        Assert.Equal(
            ["one DNN", "the teacher: members averaged", "student of the teacher", "FiGNN by itself", "the bridge: FiGNN of the teacher",
                "student of FiGNN by itself", "student of the bridge", "student of teacher and bridge"],
            table.Results.Rows.Select(r => (string?)r[0]));
        Assert.Equal(3, table.Claims.Count);
        Assert.Equal(["DNN-independent-seed2021", "DNN-independent-seed2022"], TeachersOf("FiGNN-of-DNNx2-seed2021"));
        Assert.Equal(["FiGNN-of-DNNx2-seed2021"], TeachersOf("DNNx2-bridged-seed2021"));
        Assert.Equal(["FiGNN-independent-seed2021"], TeachersOf("DNNx2-from-graph-seed2021"));
        Assert.Equal(3, TeachersOf("DNNx2-both-seed2021").Length);

        string[] TeachersOf(string run) => [.. Experiment.OfRun(Folder.At($"out/runs/{run}/experiment.yaml")).Phases[0].Teachers
            .Select(t => Path.GetFileName(t.Path)!)];
    }

    [Fact]
    public void Run_AllStrategiesWithoutTruth_LeavesTheGapEmpty()
    {
        var table = RecipeRunner.Run(Find("strategies/all"), Request(1) with { Members = [2], Methods = ["averaged"], Epochs = 1 }, 1,
            null, default);
        var shown = table.Results.ForPeople;
        var gap = shown.Columns.Select(c => c.Head).ToList().IndexOf("gap closed %");
        Assert.Equal(["", ""], Enumerable.Range(0, 2).Select(r => shown.Text(r, gap)));
    }

    [Fact]
    public void Keep_TestRows_AreThoseOfTheRun()
    {
        var experiment = Experiment.Load(ExperimentFile);
        var run = ExperimentRunner.Run(new RunRequest(experiment, Folder.At("run"), 1), default);
        TestRows.Keep(new Consort.Learning.Runs.RunFolder(Folder.At("run")), experiment, 1, default);
        var rows = RowLogits.Load(TestRows.PathOf(Folder.At("run")));
        Assert.Equal(160, rows.Labels.Length);
        using var evaluator = new Evaluator();
        evaluator.Add(rows.Logits, rows.Labels);
        Assert.Equal(run.Training.Test!.Metrics.Ensemble.Auc, evaluator.Result().Auc);
        Assert.Equal([0f], rows.Discrepancy);

        var path = TestRows.PathOf(Folder.At("run"));
        var bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("damaged", Assert.Throws<ConsortException>(() => RowLogits.Load(path)).Message, StringComparison.Ordinal);
    }

    private static RecipeData Data(string path, string? schema = null) =>
        RecipeData.Find(new RecipeRequest(path, 1, null, path) { Schema = schema });

    private Dictionary<string, DateTime> Stamps() => Directory.EnumerateFiles(Folder.At("out/runs"), "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, File.GetLastWriteTimeUtc);

    private sealed class Told(Predicate<string> isStop, CancellationTokenSource source) : IRecipeProgress
    {
        public List<string> Lines { get; } = [];

        public IProgress<Data.Datasets.EncodeProgress>? Encoding => null;

        public IProgress<Learning.Training.TrainingProgress>? Training => null;

        public void Keep(string text)
        {
            Lines.Add(text);
            if (isStop(text))
                source.Cancel();
        }
    }
}
