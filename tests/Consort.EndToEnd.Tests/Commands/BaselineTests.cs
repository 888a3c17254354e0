using System.Globalization;
using System.Text.Json;
using Consort.Boosting;
using Consort.Experiments.Statistics;
using Consort.Learning.Evaluation;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Trees beside a run, and as its teacher.</summary>
public sealed class BaselineTests
{
    [Fact]
    public void Baseline_BesideARun_ComparesAndTeaches()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, "no native LightGBM here: an x64 system with libgomp is needed");
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        var baseline = ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("run"), "--seeds", "2", "--min-rows", "5", "--threads", "1",
            "--teach", clicks.At("trees.txt"), "--logits", clicks.At("trees.logits"), "--json", clicks.At("b.json"), "--quiet");
        Assert.True(baseline.ExitCode == 0, baseline.Error);
        foreach (var words in new[] { "LightGBM", "both averaged", "kind: logit" })
            Assert.Contains(words, baseline.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("b.json")));
        Assert.Equal(2, json.RootElement.GetProperty("seeds").GetArrayLength());
        var run = json.RootElement.GetProperty("runs")[0];
        using var metrics = JsonDocument.Parse(File.ReadAllText(clicks.At("run/metrics.json")));
        Assert.Equal(metrics.RootElement.GetProperty("test").GetProperty("auc").GetDouble(), run.GetProperty("auc").GetDouble(), 1e-9);
        var mean = json.RootElement.GetProperty("auc").GetDouble();
        Assert.Equal(run.GetProperty("auc").GetDouble() - mean, run.GetProperty("to_baseline").GetProperty("difference").GetDouble(), 1e-6);
        Assert.True(File.Exists(clicks.At("trees.logits")));

        // The report shows the run beside the trees.
        var report = ConsoleRun.Of("report", clicks.At("run"), clicks.At("b.json"), "--out", clicks.At("r.html"));
        Assert.True(report.ExitCode == 0, report.Error);
        var page = File.ReadAllText(clicks.At("r.html"));
        foreach (var words in new[] { "Beside LightGBM", "2 seeds: test AUC", run.GetProperty("together").GetDouble().ToString("F5", CultureInfo.InvariantCulture) })
            Assert.Contains(words, page, StringComparison.Ordinal);
        Assert.Contains("the best of them by validation rows, minus LightGBM: ", page, StringComparison.Ordinal);
        Assert.Contains(" for new seeds and rows (1 seed of it).", page, StringComparison.Ordinal);
        Assert.Contains("found a baseline alone", ConsoleRun.Of("report", clicks.At("b.json"), "--out", clicks.At("q.html")).Error, StringComparison.Ordinal);
        Assert.Contains("expected what `consort baseline --json` has written", ConsoleRun.Of(
            "report", clicks.At("run"), clicks.At("run/metrics.json"), "--out", clicks.At("q.html")).Error, StringComparison.Ordinal);

        var student = clicks.WriteExperiment("student.yaml", $"  epochs: 1\n  teachers: [{{ predictions: {clicks.At("trees.txt").Replace('\\', '/')}, kind: logit }}]",
            "strategy: { name: distillation }");
        var train = ConsoleRun.Of("train", student, "--out", clicks.At("student"), "--quiet");
        Assert.True(train.ExitCode == 0, train.Error);
    }

    [Fact]
    public void Baseline_BesideAnUpdate_ScoresTheExperimentsRowsByItsEncoder()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, "no native LightGBM here: an x64 system with libgomp is needed");
        using var clicks = new TinyClicks();
        // The update learns from rows with tokens of their own, so its ids are none of the run's.
        var more = clicks.File("more.csv", TinyClicks.Rows(300, 9).Replace(",u1,", ",unew,", StringComparison.Ordinal));
        foreach (var command in new string[][] { ["train", clicks.Experiment, "--out", clicks.At("run"), "--quiet"], ["update", clicks.At("run"), "--data", more, "--quiet"] })
            Assert.Equal(0, ConsoleRun.Of(command).ExitCode);
        var second = clicks.At("run-days/more");
        var baseline = ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("run"), second, "--seeds", "1", "--min-rows", "5",
            "--threads", "1", "--json", clicks.At("b.json"), "--quiet");
        Assert.True(baseline.ExitCode == 0, baseline.Error);
        Assert.DoesNotContain("was trained on", baseline.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("b.json")));
        var evaluated = ConsoleRun.Of("evaluate", second, "--data", clicks.Test, "--json", clicks.At("e.json"), "--quiet");
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        using var expected = JsonDocument.Parse(File.ReadAllText(clicks.At("e.json")));
        Assert.Equal(expected.RootElement.GetProperty("auc").GetDouble(), json.RootElement.GetProperty("runs")[1].GetProperty("auc").GetDouble(), 1e-6);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("groups").ValueKind);
    }

    [Fact]
    public void Baseline_RowsWithGroups_KeepsThemTogetherInIntervals()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, "no native LightGBM here: an x64 system with libgomp is needed");
        using var clicks = new TinyClicks();
        File.WriteAllText(clicks.At("schema.yaml"), File.ReadAllText(clicks.At("schema.yaml"))
            .Replace("{name: user, kind: categorical}", "{name: user, kind: group}", StringComparison.Ordinal));
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        var baseline = ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("run"), "--seeds", "1", "--min-rows", "5",
            "--threads", "1", "--logits", clicks.At("trees.logits"), "--json", clicks.At("b.json"), "--quiet");
        Assert.True(baseline.ExitCode == 0, baseline.Error);
        Assert.Contains("intervals are over 12 groups of test rows", baseline.Output, StringComparison.Ordinal);

        var (own, trees) = (RowLogits.Load(clicks.At("run/test.logits")), RowLogits.Load(clicks.At("trees.logits")));
        var users = File.ReadAllLines(clicks.Test).Skip(1).Select(l => int.Parse(l.Split(',')[1][1..], CultureInfo.InvariantCulture)).ToArray();
        var expected = new RowDifferences(own.Labels, users);
        expected.Add(own.Logits, trees.Logits);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("b.json")));
        Assert.Equal(12, json.RootElement.GetProperty("groups").GetInt32());
        foreach (var (key, comparison) in new[] { ("to_baseline", expected.Auc()), ("log_loss_to_baseline", expected.LogLoss(seed: 1)) })
        {
            var found = json.RootElement.GetProperty("runs")[0].GetProperty(key);
            Assert.Equal(comparison.Low, found.GetProperty("low").GetDouble(), 1e-6);
            Assert.Equal(comparison.High, found.GetProperty("high").GetDouble(), 1e-6);
        }
    }

    [Theory]
    [InlineData("test.csv")]
    [InlineData("train.csv")]
    public void Baseline_BesideARunOnOtherRows_NamesBoth(string file)
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        // Labels and rows are as many and the same, what is beside them is not.
        File.WriteAllText(clicks.At(file), File.ReadAllText(clicks.At(file)).Replace(",u1,", ",u2,", StringComparison.Ordinal));
        var refused = ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("run"), "--seeds", "1", "--quiet");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"--against {clicks.At("run")}: was trained on other rows than the experiment tiny names: found {clicks.At(file)} (", refused.Error, StringComparison.Ordinal);
        Assert.Contains($", the experiment has {clicks.At(file)} (", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Baseline_BesideARunOfAnotherSchema_IsAccepted()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, "no native LightGBM here: an x64 system with libgomp is needed");
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        var schema = File.ReadAllText(clicks.At("schema.yaml"));
        File.WriteAllText(clicks.At("schema.yaml"), schema.Replace("{name: user, kind: categorical}", "{name: user, kind: categorical, min_count: 3}", StringComparison.Ordinal));
        Assert.NotEqual(schema, File.ReadAllText(clicks.At("schema.yaml")));
        var baseline = ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("run"), "--seeds", "1", "--min-rows", "5", "--threads", "1", "--quiet");
        Assert.True(baseline.ExitCode == 0, baseline.Error);
    }

    [Fact]
    public void Baseline_Tuned_SearchesWhatIsNotGivenAndGoesOn()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, "no native LightGBM here: an x64 system with libgomp is needed");
        using var clicks = new TinyClicks();
        string[] command = ["baseline", clicks.Experiment, "--tune", "--trials", "3", "--min-rows", "5", "--seeds", "1", "--threads", "1",
            "--out", clicks.At("search"), "--json", clicks.At("b.json"), "--quiet"];
        var tuned = ConsoleRun.Of(command);
        Assert.True(tuned.ExitCode == 0, tuned.Error);
        foreach (var words in new[] { "kept aside: AUC", "3 trials", "best.yaml", "trees with all validation rows: --min-rows 5" })
            Assert.Contains(words, tuned.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("b.json")));
        var search = json.RootElement.GetProperty("search");
        Assert.Equal(3, search.GetProperty("trials").GetInt32());
        Assert.DoesNotContain("min_rows", search.GetProperty("start").GetProperty("values").EnumerateObject().Select(v => v.Name));
        // The trees below are those of the best setting.
        var options = File.ReadAllLines(clicks.At("search/best.yaml")).Skip(1).Select(l => l.Split(": ")).Where(l => l[0] != "min_rows")
            .SelectMany(l => new[] { $"--{l[0].Replace('_', '-')}", l[1] });
        var plain = ConsoleRun.Of(["baseline", clicks.Experiment, "--min-rows", "5", "--seeds", "1", "--threads", "1", "--json", clicks.At("p.json"), "--quiet", .. options]);
        Assert.True(plain.ExitCode == 0, plain.Error);
        using var same = JsonDocument.Parse(File.ReadAllText(clicks.At("p.json")));
        Assert.Equal(json.RootElement.GetProperty("auc").GetDouble(), same.RootElement.GetProperty("auc").GetDouble());
        Assert.Equal(JsonValueKind.Null, same.RootElement.GetProperty("search").ValueKind);

        Assert.Equal(tuned.Output.Split("trials,")[0], ConsoleRun.Of(command).Output.Split("trials,")[0]);
        Assert.Contains("a search of another experiment", ConsoleRun.Of([.. command, "--seed", "2"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Baseline_LimitsWithoutASearch_AreRefused()
    {
        using var clicks = new TinyClicks(60);
        foreach (var option in new string[][] { ["--minutes", "1"], ["--trials", "2"], ["--seed", "2"], ["--out", clicks.At("x")] })
        {
            var refused = ConsoleRun.Of(["baseline", clicks.Experiment, .. option]);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains($"{option[0]}: found without --tune", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Baseline_RunThatIsNone_IsRefusedFirst()
    {
        using var clicks = new TinyClicks();
        Assert.Contains("found no finished run there", ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("none")).Error,
            StringComparison.Ordinal);
    }
}
