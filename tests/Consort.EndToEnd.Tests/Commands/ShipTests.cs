using System.Globalization;
using System.Text.Json;
using Consort.Serving;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Of members that taught each other one is shipped: the best on the validation rows.</summary>
public sealed class ShipTests : IDisposable
{
    private const string Mutual = "strategy: { name: mutual }";

    private static readonly string[] Fields = ["user", "item", "price"];

    private readonly TinyClicks _clicks = new();

    public void Dispose() => _clicks.Dispose();

    [Theory]
    [InlineData("auc")]
    [InlineData("logloss")]
    public void Pack_BestMember_IsTheOneThatValidationRowsChoose(string monitor)
    {
        var experiment = _clicks.WriteExperiment("mutual.yaml",
            $"  epochs: 4\n  learning_rate: 1e-2\n  patience: 0\n  monitor: {monitor}", Mutual);
        var (run, package) = (_clicks.At("run"), _clicks.At("best.consort"));
        var train = Succeed("train", experiment, "--out", run);
        using var metrics = JsonDocument.Parse(File.ReadAllText(_clicks.At("run/metrics.json")));
        var members = metrics.RootElement.GetProperty("members").EnumerateArray().ToArray();
        Assert.Equal([0, 1], members.Select(m => m.GetProperty("member").GetInt32()));
        var best = members.MaxBy(m => monitor == "auc"
            ? m.GetProperty("valid_auc").GetDouble() : -m.GetProperty("valid_logloss").GetDouble());
        var ship = metrics.RootElement.GetProperty("ship");
        Assert.Equal(best.GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal),
            ship.GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        var member = ship.GetProperty("member").GetInt32();
        Assert.Contains(FormattableString.Invariant($"To ship alone: member {member}: "), File.ReadAllText(_clicks.At("run/report.md")),
            StringComparison.Ordinal);
        Assert.Contains($"pack {run} -o model.consort --member best", train.Output, StringComparison.Ordinal);

        // The package is that member, with the run's own numbers.
        Succeed("pack", run, "-o", package, "--member", "best", "--json", _clicks.At("pack.json"), "-q");
        using var packed = JsonDocument.Parse(File.ReadAllText(_clicks.At("pack.json")));
        Assert.Equal(1, packed.RootElement.GetProperty("members").GetArrayLength());
        var test = packed.RootElement.GetProperty("splits").GetProperty("test");
        Assert.Equal(ship.GetProperty("test_auc").GetDouble(), test.GetProperty("auc_run").GetDouble(), 12);
        Succeed("predict", run, "--data", _clicks.Test, "--out", _clicks.At("p.tsv"), "--members");
        using var scorer = Scorer.Load(package);
        var impression = scorer.NewImpression();
        foreach (var (row, expected) in File.ReadLines(_clicks.Test).Skip(1).Zip(File.ReadLines(_clicks.At("p.tsv"))))
        {
            var values = row.Split(',');
            foreach (var (field, value) in Fields.Zip(values.Skip(1)))
                impression.Set(scorer.FieldIndex(field), value);
            Assert.Equal(double.Parse(expected.Split('\t')[1 + member], CultureInfo.InvariantCulture), scorer.Score(impression), 5);
        }

        // And so is the model for other runtimes.
        byte[] Export(string which)
        {
            Succeed("export", run, "--onnx", "-o", _clicks.At("m.onnx"), "--member", which);
            return File.ReadAllBytes(_clicks.At("m.onnx"));
        }

        var exported = Export(member.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(exported, Export("best"));
        Assert.NotEqual(exported, Export((1 - member).ToString(CultureInfo.InvariantCulture)));
        Fail("--member best: found a package", "export", package, "--onnx", "--member", "best");

        // Of a run without such results, by an older version or not finished, they are measured.
        File.Delete(_clicks.At("run/metrics.json"));
        Succeed("pack", run, "-o", _clicks.At("again.consort"), "--member", "best", "--json", _clicks.At("again.json"), "-q");
        using var again = JsonDocument.Parse(File.ReadAllText(_clicks.At("again.json")));
        Assert.Equal(packed.RootElement.GetProperty("members").GetRawText(), again.RootElement.GetProperty("members").GetRawText());
        Assert.Equal(test.GetRawText(), again.RootElement.GetProperty("splits").GetProperty("test").GetRawText());
        Assert.Equal(exported, Export("best"));
    }

    [Fact]
    public void Train_WhatShipsItsEnsemble_NamesNoMember()
    {
        Succeed("train", _clicks.Experiment, "--out", _clicks.At("run"));
        using var metrics = JsonDocument.Parse(File.ReadAllText(_clicks.At("run/metrics.json")));
        Assert.Equal(JsonValueKind.Null, metrics.RootElement.GetProperty("ship").ValueKind);
        Assert.DoesNotContain("To ship alone", File.ReadAllText(_clicks.At("run/report.md")), StringComparison.Ordinal);
        Fail("--member: found \"bset\", expected a number from 0 to 63 or best", "pack", _clicks.At("run"), "-o", _clicks.At("m"), "--member",
            "bset");
        Fail("--member: found 2, expected 0 to 1", "pack", _clicks.At("run"), "-o", _clicks.At("m"), "--member", "2");
        Fail("--ensemble: found beside --member", "pack", _clicks.At("run"), "-o", _clicks.At("m"), "--member", "best", "--ensemble");
    }

    [Fact]
    public void Train_FromARunThatHasNotFinished_IsRefusedWithAWayOut()
    {
        // It took the best so far without a word.
        var single = _clicks.File("single.yaml", File.ReadAllText(_clicks.Experiment)
            .Replace("  - { model: DCN, hidden_units: [8], cross_layers: 2 }\n", "", StringComparison.Ordinal)
            .Replace("strategy: { name: kdef }", "", StringComparison.Ordinal));
        var run = _clicks.At("single");
        Assert.Equal(130, ConsoleRun.StoppedAt("train: epoch 2", "train", single, "--out", run).ExitCode);
        var weights = _clicks.At("single/checkpoints/best-train.ckpt");
        var mutual = _clicks.File("from.yaml", From(run));
        Fail($"key from: found a run that has not finished at {run}, expected a finished one; finish it with `consort train EXPERIMENT --out {run} --resume`, or name the weights to start from: {weights}",
            "train", mutual, "--out", _clicks.At("family"));
        Succeed("train", _clicks.File("named.yaml", From(weights)), "--out", _clicks.At("named"));
        var student = _clicks.WriteExperiment("student.yaml", $"  epochs: 1\n  teachers: [{run}]", "strategy: { name: distillation }");
        Fail($"key teachers: found a run that has not finished at {run}", "train", student, "--out", _clicks.At("student"));

        Succeed("train", single, "--out", run, "--resume");
        Succeed("train", mutual, "--out", _clicks.At("family"));
        Succeed("train", student, "--out", _clicks.At("student"));

        string From(string start) => File.ReadAllText(single)
            .Replace("batch_norm: true }", "batch_norm: true, count: 2 }", StringComparison.Ordinal)
            .Replace("embedding: { ", "embedding: { shared: false, ", StringComparison.Ordinal)
            .Replace("  epochs: 4", $"  epochs: 1\n  from: [{start}, {start}]", StringComparison.Ordinal) + Mutual + "\n";
    }

    private static ConsoleRun Succeed(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
        return run;
    }

    private static void Fail(string message, params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
