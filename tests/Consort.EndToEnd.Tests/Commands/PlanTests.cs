using System.Text.Json;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Plans of families that read histories, on rows that are made up and on rows that are counted.</summary>
public sealed class PlanTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _experiment;

    public PlanTests()
    {
        foreach (var (name, count) in new[] { ("train", 300), ("valid", 50) })
            Assert.Equal(0, ConsoleRun.Of("data", "synth", "--histories", "6", "--rows", $"{count}", "--out", _folder.At(name + ".tsv"),
                "--quiet").ExitCode);
        File.Copy(Repository.At("configs/histories/schema.yaml"), _folder.At("schema.yaml"));
        _experiment = _folder.File("din.yaml", $$"""
            name: din
            data: { schema: schema.yaml, train: train.tsv, valid: valid.tsv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4 }
            members: [ { model: DIN, attention_hidden_units: [8], hidden_units: [16, 8] } ]
            training: { batch_size: 64, epochs: 1 }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Plan_OfHistoriesWithoutALength_SaysWhatToType()
    {
        var run = Plan("--rows", "1e6");
        Assert.Equal(CommandLine.Mistake, run.ExitCode);
        Assert.Contains($"{_experiment}: found members that do not go with fields that are all alike", run.Error, StringComparison.Ordinal);
        Assert.Contains("expected --mean-length N, the steps of a history in the mean, for fields as the schema has them, or --encoded DIR",
            run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfAMeanLength_CountsWhatPositionsCost()
    {
        var flops = Enumerable.Range(1, 3).Select(i => Number(["--mean-length", $"{2 * i}"], "flops_per_row")).ToArray();
        Assert.True(flops[0] > 0);
        Assert.Equal(flops[1] - flops[0], flops[2] - flops[1], 1e-6 * flops[2]); // so many more for each position
        Assert.True(flops[1] > flops[0]);
    }

    [Fact]
    public void Plan_OfEncodedHistories_CountsTheirOwnLengths()
    {
        Assert.Equal(0, ConsoleRun.Of("encode", "--schema", _folder.At("schema.yaml"), "--train", _folder.At("train.tsv"),
            "--valid", _folder.At("valid.tsv"), "--out", _folder.At("encoded")).ExitCode);
        var cells = File.ReadLines(_folder.At("train.tsv")).Skip(1).Select(l => l.Split('\t')).ToArray();
        var history = Array.IndexOf(File.ReadLines(_folder.At("train.tsv")).First().Split('\t'), "history");
        var mean = cells.Average(c => c[history].Length == 0 ? 0.0 : c[history].Split('|').Length);
        var made = Number(["--mean-length", mean.ToString(System.Globalization.CultureInfo.InvariantCulture)], "flops_per_row");
        Assert.Equal(made, Number(["--encoded", _folder.At("encoded")], "flops_per_row"), 0.01 * made);
    }

    [Fact]
    public void Plan_OfEncodedRows_NeedsNoRawFiles()
    {
        Assert.Equal(0, ConsoleRun.Of("encode", "--schema", _folder.At("schema.yaml"), "--train", _folder.At("train.tsv"),
            "--valid", _folder.At("valid.tsv"), "--out", _folder.At("encoded")).ExitCode);
        foreach (var raw in new[] { "train.tsv", "valid.tsv", "schema.yaml" })
            File.Delete(_folder.At(raw));
        Assert.True(Number(["--encoded", _folder.At("encoded")], "flops_per_row") > 0);
    }

    [Fact]
    public void Plan_Batch_IsTheExperimentsUnlessGiven()
    {
        Assert.Equal(64, Number(["--mean-length", "3"], "batch"));
        Assert.Equal(96, Number(["--mean-length", "3", "--batch", "96"], "batch"));
        Assert.Contains("64 rows a step on each rank", Plan("--rows", "1e6", "--ranks", "1", "--threads", "1", "--mean-length", "3").Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--mean-length: found beside --encoded", "--encoded", "x", "--mean-length", "3")]
    [InlineData("--mean-length: found \"-1\", expected a number from 0 to 10000", "--mean-length", "-1")]
    public void Plan_ALengthThatCannotBe_IsRefused(string message, params string[] more)
    {
        var run = Plan(["--rows", "1e6", .. more]);
        Assert.Equal(CommandLine.Mistake, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ALengthWithoutHistories_SaysWhatIsMissing()
    {
        using var clicks = new TinyClicks();
        var run = ConsoleRun.Of("plan", clicks.Experiment, "--rows", "1e6", "--mean-length", "3");
        Assert.Equal(CommandLine.Mistake, run.ExitCode);
        Assert.Contains("--mean-length 3: found no list and no sequence among the fields of", run.Error, StringComparison.Ordinal);
        var none = ConsoleRun.Of("plan", "--rows", "1e6", "--mean-length", "3");
        Assert.Contains("--mean-length 3: found no schema, expected an experiment", none.Error, StringComparison.Ordinal);
    }

    private ConsoleRun Plan(params string[] more) => ConsoleRun.Of(["plan", _experiment, .. more]);

    private double Number(string[] more, string name)
    {
        var run = Plan(["--rows", "1e6", "--ranks", "1", "--threads", "1", "--json", _folder.At("plan.json"), .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        using var plan = JsonDocument.Parse(File.ReadAllText(_folder.At("plan.json")));
        return plan.RootElement.GetProperty(name).GetDouble();
    }
}
