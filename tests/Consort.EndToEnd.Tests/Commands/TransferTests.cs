using System.Text.Json;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>From a log to a student that also learned from rows without labels, as a user does it.</summary>
public sealed class TransferTests
{
    [Fact]
    public void Train_CandidatesOfTheLog_TeachAStudent()
    {
        using var clicks = new TinyClicks();
        Does("train", clicks.Experiment, "--out", clicks.At("teacher"), "--threads", "1", "--quiet");
        var made = Does("data", "candidates", "--schema", clicks.At("schema.yaml"), "--source", clicks.Train, "--items", "item",
            "--unused", "2", "--groups", "user;price", "--swaps", "2", "--seed", "3", "--out", clicks.At("more.csv"), "--json",
            clicks.At("c.json"), "--quiet");
        Assert.Contains("with unused items", made, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("c.json")));
        var rows = json.RootElement.GetProperty("rows").GetInt32();
        Assert.Equal(rows + 1, File.ReadAllLines(clicks.At("more.csv")).Length);
        Assert.StartsWith("user,item,price", File.ReadAllText(clicks.At("more.csv")), StringComparison.Ordinal);

        string Student(string transfer) => WithTransfer(clicks, $"student-{transfer}.yaml", transfer, clicks.At("teacher"));
        Does("train", Student("more.csv"), "--out", clicks.At("student"), "--threads", "1", "--quiet");
        Assert.Contains($"{rows:N0} without labels", File.ReadAllText(clicks.At("student/report.md")), StringComparison.Ordinal);
        Assert.Contains("\"transfer\":", File.ReadAllText(clicks.At("student/data.json")), StringComparison.Ordinal);
        // It is a run like any other: what it is measured on are the rows with labels.
        Does("evaluate", clicks.At("student"), "--data", clicks.Test, "--quiet");

        // Encoded by hand, the rows are the same, and so is what is learned of them.
        var encoded = Does(
            "encode", "--like", clicks.At("cache"), "--transfer", clicks.At("more.csv"), "--out", clicks.At("encoded"), "--quiet");
        Assert.Contains("transfer", encoded, StringComparison.Ordinal);
        Does("train", Student("encoded"), "--out", clicks.At("again"), "--threads", "1", "--quiet");
        Assert.Equal(Auc(clicks, "student"), Auc(clicks, "again"));
    }

    [Fact]
    public void Train_OtherRowsWithoutLabels_IsAnotherRun()
    {
        using var clicks = new TinyClicks();
        Does("train", clicks.Experiment, "--out", clicks.At("teacher"), "--threads", "1", "--quiet");
        clicks.File("a.csv", "user,item,price\nu1,i1,2\nu2,i2,3\n");
        var file = WithTransfer(clicks, "student.yaml", "a.csv", clicks.At("teacher"));
        Does("train", file, "--out", clicks.At("student"), "--threads", "1", "--quiet");
        clicks.File("a.csv", "user,item,price\nu1,i1,2\n");
        var resumed = ConsoleRun.Of("train", file, "--out", clicks.At("student"), "--resume", "--threads", "1", "--quiet");
        Assert.Equal(CommandLine.Mistake, resumed.ExitCode);
        Assert.Contains("the rows: key", resumed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_Mistakes_AreNamed()
    {
        using var clicks = new TinyClicks();
        var file = clicks.WriteExperiment("supervised.yaml", rest: "strategy: { name: supervised }");
        AddTransfer(file, "test.csv");
        Says("of which no phase learns (strategy supervised)", "train", file, "--out", clicks.At("run"), "--quiet");
        Assert.False(Directory.Exists(clicks.At("run")));
        Says("expected either --schema, or --like with --transfer", "encode", "--out", clicks.At("e"));
        Says("expected --like and --transfer together", "encode", "--like", clicks.At("cache"), "--out", clicks.At("e"));
        string[] like = ["encode", "--like", clicks.At("cache"), "--transfer", clicks.Test];
        Says("expected --transfer alone", [.. like, "--train", clicks.Train, "--out", clicks.At("e")]);
        Does("train", clicks.Experiment, "--out", clicks.At("first"), "--threads", "1", "--quiet");
        Says("is the dataset by whose encoder", [.. like, "--out", clicks.At("cache")]);
        Says("--json both.csv: is the file of --out", "data", "candidates", "--schema", clicks.At("schema.yaml"), "--source", clicks.Train,
            "--items", "item", "--unused", "1", "--out", "both.csv", "--json", "both.csv");
        Says($"--out {clicks.Train}: is the file that is read", "data", "candidates", "--schema", clicks.At("schema.yaml"), "--source",
            clicks.Train, "--items", "item", "--unused", "1", "--out", clicks.Train);
    }

    private static string WithTransfer(TinyClicks clicks, string name, string transfer, string teacher)
    {
        var file = clicks.WriteExperiment(name, $"  epochs: 2\n  learning_rate: 1e-2\n  teachers: [{teacher.Replace('\\', '/')}]",
            "strategy: { name: distillation, distance: mse_logit, label_weight: 0 }");
        AddTransfer(file, transfer);
        return file;
    }

    private static void AddTransfer(string file, string transfer)
    {
        const string Test = "  test: test.csv";
        File.WriteAllText(file, File.ReadAllText(file).Replace(Test, $"{Test}\n  transfer: {transfer}", StringComparison.Ordinal));
    }

    private static double Auc(TinyClicks clicks, string run)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At($"{run}/metrics.json")));
        return json.RootElement.GetProperty("test").GetProperty("auc").GetDouble();
    }

    private static string Does(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }

    private static void Says(string text, params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.Equal(CommandLine.Mistake, run.ExitCode);
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
    }
}
