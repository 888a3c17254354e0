using System.Text.Json;
using Consort.Cli.Commands;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Training;
using Consort.Studies.Distilling;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>From a family to one model as a user does it, and a recipe over an experiment file.</summary>
public sealed class DistilTests
{
    private const string Second = "  - { model: DCN, hidden_units: [8], cross_layers: 2 }\n";
    private static readonly string[] Members = ["m1", "m2"];

    [Fact]
    public void Distil_FamilyToOneModel_SetsItBesideItsTeacher()
    {
        using var clicks = new TinyClicks();
        Train(clicks, clicks.Experiment, "teacher");
        string[] command = ["distil", clicks.At("teacher"), "--model", "DNN", "--out", clicks.At("student"), "--alone", "--epochs", "2",
            "--temperature", "2", "--json", clicks.At("d.json"), "--quiet"];
        var distil = ConsoleRun.Of(command);
        Assert.True(distil.ExitCode == 0, distil.Error);
        foreach (var word in new[] { "teacher", "student alone", "student − teacher", clicks.At("student") })
            Assert.Contains(word, distil.Output, StringComparison.Ordinal);
        var student = File.ReadAllText(clicks.At("student/experiment.yaml"));
        Assert.Contains("hidden_units: [8, 4]", student, StringComparison.Ordinal); // of the teacher's first member
        Assert.Contains("temperature: 2", student, StringComparison.Ordinal);
        Assert.Contains("name: supervised", File.ReadAllText(clicks.At("student-alone/experiment.yaml")), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("d.json")));
        var (teacher, own) = (Auc("teacher"), Auc("student"));
        Assert.Equal(own - teacher, json.RootElement.GetProperty("auc_to_teacher").GetDouble(), 1e-6);

        var stamp = File.GetLastWriteTimeUtc(clicks.At("student/metrics.json"));
        var again = ConsoleRun.Of(command);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Equal(stamp, File.GetLastWriteTimeUtc(clicks.At("student/metrics.json")));
        Assert.Equal(distil.Output, again.Output);

        var other = ConsoleRun.Of([.. command, "--weight", "3"]);
        Assert.Equal(CommandLine.Mistake, other.ExitCode);
        Assert.Contains("holds a run of another setting", other.Error, StringComparison.Ordinal);

        double Auc(string name) => json.RootElement.GetProperty(name).GetProperty("auc").GetDouble();
    }

    [Fact]
    public void Distil_BstToDnn_LeavesOptionsOfAnotherMeaning()
    {
        using var folder = new TempFolder();
        foreach (var (name, first, count) in new[] { ("train", 0, 600), ("valid", 600, 300) })
            Assert.Equal(0, ConsoleRun.Of("data", "synth", "--histories", "6", "--rows", $"{count}", "--first-row", $"{first}", "--out",
                folder.At(name + ".tsv"), "--quiet").ExitCode);
        File.Copy(Repository.At("configs/histories/schema.yaml"), folder.At("schema.yaml"));
        var experiment = folder.File("bst.yaml", $$"""
            name: bst
            data: { schema: schema.yaml, train: train.tsv, valid: valid.tsv, cache: {{folder.At("cache")}} }
            embedding: { dimension: 4 }
            members: [ { model: BST, layer_norm: true, hidden_units: [16, 8], activation: dice, batch_norm: true } ]
            training: { batch_size: 128, epochs: 1, learning_rate: 0.01, patience: 0 }
            """);
        Assert.Equal(0, ConsoleRun.Of("train", experiment, "--out", folder.At("bst"), "--quiet").ExitCode);
        var distil = ConsoleRun.Of("distil", folder.At("bst"), "--model", "DNN", "--out", folder.At("student"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        var student = File.ReadAllText(folder.At("student/experiment.yaml"));
        foreach (var same in new[] { "hidden_units: [16, 8]", "activation: dice", "batch_norm: true", "layer_norm: false" })
            Assert.Contains(same, student, StringComparison.Ordinal);
    }

    [Fact]
    public void StudentOf_SeveralTeachers_IsWhatMostMembersAreAndOfAsManyTheFirst()
    {
        using var clicks = new TinyClicks();
        Train(clicks, clicks.Experiment, "both");
        var dcn = clicks.WriteExperiment("dcn.yaml", rest: "strategy: { name: supervised }");
        File.WriteAllText(dcn, File.ReadAllText(dcn).Replace("cross_layers: 2 }", "cross_layers: 2, count: 2 }", StringComparison.Ordinal));
        Train(clicks, dcn, "three");
        var first = OptionTree.Load(clicks.Experiment)["members[0].model"].ToString();
        Assert.Equal((first, "DCN"), (DistilRun.StudentOf([clicks.At("both")]), DistilRun.StudentOf([clicks.At("three")])));
        Assert.Equal("DCN", DistilRun.StudentOf([clicks.At("both"), clicks.At("three")]));
    }

    [Fact]
    public void Distil_SeveralTeachersByAnExperiment_TakesItsModelAndTraining()
    {
        using var clicks = new TinyClicks();
        Train(clicks, clicks.Experiment, "first");
        Train(clicks, clicks.WriteExperiment("other.yaml", rest: "strategy: { name: supervised }"), "second");
        var file = clicks.File("student.yaml",
            "members: [{ model: FM }]\nembedding: { dimension: 3 }\ntraining: { epochs: 1, batch_size: 32, learning_rate: 0.01 }\n");
        var distil = ConsoleRun.Of("distil", clicks.At("first"), clicks.At("second"), "--experiment", file, "--gate", "label", "--out",
            clicks.At("student"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        Assert.Contains("teachers", distil.Output, StringComparison.Ordinal);
        var student = File.ReadAllText(clicks.At("student/experiment.yaml"));
        foreach (var line in new[] { "model: FM", "dimension: 3", "batch_size: 32", "gate: label" })
            Assert.Contains(line, student, StringComparison.Ordinal);
    }

    [Fact]
    public void Distil_AnAverageOfFinishedRuns_LearnsAsItsMembersDidAndIsSetBesideThem()
    {
        using var clicks = new TinyClicks();
        var one = clicks.WriteExperiment("one.yaml", "  epochs: 3\n  learning_rate: 0.02\n  embedding_l2: 1e-4\n  patience: 0",
            "strategy: { name: supervised }");
        File.WriteAllText(one, File.ReadAllText(one).Replace(Second, "", StringComparison.Ordinal));
        foreach (var seed in new[] { "1", "2" })
            Assert.Equal(0, ConsoleRun.Of("train", one, "--seed", seed, "--out", clicks.At($"m{seed}"), "--quiet").ExitCode);
        var average = clicks.WriteExperiment("average.yaml", $"  epochs: 0\n  from: [{clicks.At("m1")}, {clicks.At("m2")}]",
            "strategy: { name: supervised }");
        File.WriteAllText(average, File.ReadAllText(average)
            .Replace(Second, "", StringComparison.Ordinal)
            .Replace("batch_norm: true }", "batch_norm: true, count: 2 }", StringComparison.Ordinal)
            .Replace("initial_deviation: 0.1 }", "initial_deviation: 0.1, shared: false }", StringComparison.Ordinal));
        Train(clicks, average, "average");
        var distil = ConsoleRun.Of("distil", clicks.At("average"), "--out", clicks.At("student"), "--json", clicks.At("d.json"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        Assert.Contains("2 members alone, mean", distil.Output, StringComparison.Ordinal);
        Assert.Contains("of the teacher's gain over its members alone", distil.Output, StringComparison.Ordinal);
        var student = OptionTree.Load(clicks.At("student/experiment.yaml"));
        foreach (var (key, value) in new[]
        {
            ("training.epochs", "3"), ("training.learning_rate", "0.02"), ("training.embedding_l2", "1E-05"), ("training.patience", "0"),
            ("members[0].dropout", "0"), ("members[0].hidden_units", "[8, 4]"), ("strategy.distance", "mse_logit"),
            ("strategy.weight", "20"), ("strategy.label_weight", "0.1"),
        })
            Assert.Equal(value, student[key].ToString());
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("d.json")));
        var members = json.RootElement.GetProperty("members").GetProperty("auc").GetDouble();
        Assert.Equal(json.RootElement.GetProperty("teacher").GetProperty("auc").GetDouble() - members,
            json.RootElement.GetProperty("gain").GetDouble(), 1e-6);
        Assert.Equal("members", json.RootElement.GetProperty("kept_of").GetString());
        Assert.InRange(json.RootElement.GetProperty("calibration").GetProperty("valid_calibrated").GetDouble(), 0.99, 1.01);

        distil = ConsoleRun.Of("distil", clicks.At("average"), "--start", "member", "--label-epochs", "2", "--l2-share", "0.5", "--out",
            clicks.At("second"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        student = OptionTree.Load(clicks.At("second/experiment.yaml"));
        foreach (var (key, value) in new[]
        {
            ("phases[distil].epochs", "3"), ("phases[distil].strategy.name", "distillation"), ("phases[labels].epochs", "2"),
            ("phases[labels].learning_rate", "0.0002"), ("phases[labels].strategy.name", "supervised"), ("training.embedding_l2", "5E-05"),
        })
            Assert.Equal(value, student[key].ToString());
        Assert.Contains(student["phases[distil].from"].ToString(),
            Members.Select(m => $"[{clicks.At($"{m}/checkpoints/best-train.ckpt")}]"));

        distil = ConsoleRun.Of("distil", clicks.At("average"), "--start", "table", "--epochs", "1", "--out", clicks.At("third"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        using (var third = new FinishedRun(clicks.At("third"), 1))
        {
            using var teacher = new FinishedRun(clicks.At("m1"), 1);
            using var start = new TrainedFamily(third.Experiment.Family, third.Encoder.Space, clicks.At("third-start/table.ckpt"));
            Assert.True(start.Store.Embeddings[0].Values.Span.SequenceEqual(teacher.Store.Embeddings[0].Values.Span));
            Assert.False(start.Store.DenseValues.Span.SequenceEqual(teacher.Store.DenseValues.Span));
        }

        // What matched logits is calibrated when it is packed, unless told otherwise.
        foreach (var (more, isCalibrated) in new[] { (Array.Empty<string>(), true), (["--calibration", "none"], false) })
        {
            var pack = ConsoleRun.Of(["pack", clicks.At("student"), "-o", clicks.At("s.consort"), "--quiet", .. more]);
            Assert.True(pack.ExitCode == 0, pack.Error);
            Assert.Equal(isCalibrated, pack.Output.Contains("Platt: p", StringComparison.Ordinal));
        }
        Assert.Equal(json.RootElement.GetProperty("gain_low").GetDouble() > 0,
            json.RootElement.GetProperty("kept_low").ValueKind == JsonValueKind.Number);
    }

    [Fact]
    public void Distil_Try_KeepsTheBestOfWhatTheBudgetAllows()
    {
        using var clicks = new TinyClicks();
        Train(clicks, clicks.Experiment, "teacher");
        string[] command =
            ["distil", clicks.At("teacher"), "--try", "--epochs", "1", "--out", clicks.At("s"), "--json", clicks.At("d.json"), "--quiet"];
        var first = ConsoleRun.Of([.. command, "--budget", "0"]);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(1, Tried().Count(t => t.Auc is not null));
        var all = ConsoleRun.Of(command);
        Assert.True(all.ExitCode == 0, all.Error);
        var tried = Tried();
        Assert.Equal(["logits", "logits-members-l2", "logits-then-labels", "soft"], tried.Select(t => t.Name));
        // Which is best on so few rows depends on the processor's last bits.
        Assert.Equal(Assert.Single(tried, t => t.IsKept).Name != "logits",
            all.Error.Contains($"{clicks.At("s")}: the run that stood there, logits, lies in {clicks.At("s-try/logits")} now", StringComparison.Ordinal));
        Assert.Equal(tried.MaxBy(t => t.Auc).Name, Assert.Single(tried, t => t.IsKept).Name);
        Assert.Equal(3, Directory.GetDirectories(clicks.At("s-try")).Length);
        using var metrics = JsonDocument.Parse(File.ReadAllText(clicks.At("s/metrics.json")));
        Assert.Equal(tried.Max(t => t.Auc), metrics.RootElement.GetProperty("valid").GetProperty("auc").GetDouble());
        var again = ConsoleRun.Of(command);
        Assert.Equal(all.Output, again.Output);
        Assert.Contains("found beside --try", ConsoleRun.Of([.. command, "--weight", "2"]).Error, StringComparison.Ordinal);
        Assert.Contains("found without --label-epochs", ConsoleRun.Of("distil", clicks.At("average"), "--label-rate", "1e-3").Error, StringComparison.Ordinal);

        List<(string Name, double? Auc, bool IsKept)> Tried()
        {
            using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("d.json")));
            return [.. json.RootElement.GetProperty("tried").EnumerateArray().Select(t => (t.GetProperty("name").GetString()!,
                t.GetProperty("valid_auc") is { ValueKind: JsonValueKind.Number } auc ? auc.GetDouble() : (double?)null,
                t.GetProperty("kept").GetBoolean()))];
        }
    }

    [Fact]
    public void Distil_AuxiliaryHead_TeachesItAndShipsTheOther()
    {
        using var clicks = new TinyClicks();
        Train(clicks, clicks.Experiment, "teacher");
        var distil = ConsoleRun.Of(
            "distil", clicks.At("teacher"), "--auxiliary-head", "--epochs", "2", "--out", clicks.At("s"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        var student = OptionTree.Load(clicks.At("s/experiment.yaml"));
        Assert.Equal("true", student["members[0].auxiliary_head"].ToString());
        Assert.Equal("1", student["strategy.label_weight"].ToString());
        Assert.Equal(OptionTree.Load(clicks.At("teacher/experiment.yaml")).TextAt("training.embedding_l2"), student.TextAt("training.embedding_l2"));
        Assert.Contains("DeepFM, auxiliary head", File.ReadAllText(clicks.At("s/report.md")), StringComparison.Ordinal);

        Assert.Equal(0, ConsoleRun.Of("pack", clicks.At("s"), "-o", clicks.At("s.consort"), "--calibration", "none", "--json", clicks.At("p.json"), "-q").ExitCode);
        using var packed = JsonDocument.Parse(File.ReadAllText(clicks.At("p.json")));
        Assert.Equal(1, packed.RootElement.GetProperty("members").GetArrayLength());
        var test = packed.RootElement.GetProperty("splits").GetProperty("test");
        Assert.Equal(test.GetProperty("auc_run").GetDouble(), test.GetProperty("auc").GetDouble(), 1e-9);
        Assert.Equal(0, ConsoleRun.Of("predict", clicks.At("s"), "--data", clicks.Test, "--members", "--out", clicks.At("p.tsv")).ExitCode);
        var cells = File.ReadLines(clicks.At("p.tsv")).Select(l => l.Split('\t')).ToArray();
        Assert.All(cells, c => Assert.Equal(c[0], c[1]));
        Assert.Contains(cells, c => c[1] != c[2]);
        Assert.Equal(0, ConsoleRun.Of("export", clicks.At("s"), "--onnx", "-o", clicks.At("e.onnx")).ExitCode);
        Assert.Equal(0, ConsoleRun.Of("export", clicks.At("s"), "--onnx", "-o", clicks.At("m.onnx"), "--member", "0").ExitCode);
        Assert.Equal(File.ReadAllBytes(clicks.At("m.onnx")), File.ReadAllBytes(clicks.At("e.onnx")));
        Assert.Contains("--label-epochs: found beside --auxiliary-head", ConsoleRun.Of(
            "distil", clicks.At("teacher"), "--auxiliary-head", "--label-epochs", "1", "--out", clicks.At("t")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Distil_StrategyOfAnExperiment_HoldsUnlessAnOptionSaysOtherwise()
    {
        using var clicks = new TinyClicks();
        Train(clicks, clicks.Experiment, "teacher");
        var file = clicks.File("student.yaml", """
            members: [{ model: DNN, hidden_units: [4], dropout: 0.3 }]
            training: { epochs: 1, batch_size: 32 }
            strategy: { name: distillation, distance: mse, weight: 5, label_weight: 0.5 }
            """);
        var distil = ConsoleRun.Of(
            "distil", clicks.At("teacher"), "--experiment", file, "--weight", "7", "--out", clicks.At("s"), "--quiet");
        Assert.True(distil.ExitCode == 0, distil.Error);
        var student = OptionTree.Load(clicks.At("s/experiment.yaml"));
        foreach (var (key, value) in new[] { ("distance", "mse"), ("weight", "7"), ("label_weight", "0.5") })
            Assert.Equal(value, student[$"strategy.{key}"].ToString());
        Assert.Equal("0.3", student["members[0].dropout"].ToString());
    }

    [Fact]
    public void Distil_Mistakes_AreNamed()
    {
        using var clicks = new TinyClicks();
        Says("found no run there", "distil", clicks.At("nothing"));
        Train(clicks, clicks.Experiment, "teacher");
        Says("found \"DeepFN\", expected one of", "distil", clicks.At("teacher"), "--model", "DeepFN", "--out", clicks.At("s"));
        Says("expected none, label or learned", "distil", clicks.At("teacher"), "--gate", "some", "--out", clicks.At("s"));
        var pair = clicks.File("pair.yaml", "members: [{ model: FM, count: 2 }]\n");
        Says("expected mse_logit, mse or soft", "distil", clicks.At("teacher"), "--distance", "l1", "--out", clicks.At("s"));
        Says("expected --distance soft", "distil", clicks.At("teacher"), "--distance", "mse", "--temperature", "2", "--out",
            clicks.At("s"));
        Says("file not found", "distil", clicks.At("teacher"), "--experiment", clicks.At("none.yaml"), "--out", clicks.At("s"));
        Directory.CreateDirectory(clicks.At("s-alone"));
        clicks.File("s-alone/notes.txt", "mine");
        Says("found a folder that holds other things than a run", "distil", clicks.At("teacher"), "--out", clicks.At("s-alone"));
        Says("s-alone: found a folder that holds other things than a run", "distil", clicks.At("teacher"), "--out", clicks.At("s"), "--alone");
        Says("found 2 members, expected one student", "distil", clicks.At("teacher"), "--experiment", pair, "--out", clicks.At("s"));

        void Says(string text, params string[] command)
        {
            var run = ConsoleRun.Of(command);
            Assert.Equal(CommandLine.Mistake, run.ExitCode);
            Assert.Contains(text, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void RecipeRun_OverAnExperiment_PrintsTableAndVerdicts()
    {
        using var clicks = new TinyClicks();
        var recipe = ConsoleRun.Of(
            "recipe", "run", "kdef/scaling", "--data", clicks.Experiment, "--members", "2", "--methods", "mean,kdef", "--seeds", "1",
            "--epochs", "1", "--out", clicks.At("out"), "--quiet");
        Assert.True(recipe.ExitCode == 0, recipe.Error);
        foreach (var word in new[] { "2 × DeepFM, kdef", "undecided", "results.md" })
            Assert.Contains(word, recipe.Output, StringComparison.Ordinal);
        foreach (var (text, words) in new (string, string[])[]
        {
            ("found \"keef\", expected one of mean, sum, concat, kd, dml, kdef", ["kdef/scaling", "--methods", "keef"]),
            ("--members: found \"0\"", ["kdef/scaling", "--members", "0"]),
            ("which has no such choice", ["mutual/table3", "--members", "2"]),
            ("--least-gain: found \"1\"", ["kdef/scaling", "--least-gain", "1"]),
            ("--cluster nobody: found no such categorical column, expected one of user, item", ["kdef/scaling", "--cluster", "nobody"]),
        })
        {
            var mistake = ConsoleRun.Of(["recipe", "run", .. words, "--data", clicks.Experiment]);
            Assert.Equal(CommandLine.Mistake, mistake.ExitCode);
            Assert.Contains(text, mistake.Error, StringComparison.Ordinal);
        }
    }

    private static void Train(TinyClicks clicks, string experiment, string folder)
    {
        var train = ConsoleRun.Of("train", experiment, "--out", clicks.At(folder), "--quiet");
        Assert.True(train.ExitCode == 0, train.Error);
    }
}
