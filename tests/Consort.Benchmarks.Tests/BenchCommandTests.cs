using System.Text.Json.Nodes;
using Consort.Compute.Cpu.Optimizers;
using Consort.Synthetic;

namespace Consort.Benchmarks.Tests;

public sealed class BenchCommandTests : IDisposable
{
    private static readonly string[] AucKeys = ["seconds", "add_seconds", "finish_seconds", "peak_memory_mb"];
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("al", "did you mean all?")]
    [InlineData("all", "--out: found nothing")]
    [InlineData("all --out x.json", "expected a Markdown file")]
    [InlineData("all --out x.md --vocabs 12", "expected integers from 1000")]
    [InlineData("all --out x.md --batches 64,", "expected different values with commas")]
    [InlineData("all --out x.md --members 1,1", "expected different values with commas")]
    [InlineData("all --out x.md --models LR,XFM", "expected some of LR, FM")]
    [InlineData("all --out x.md --model LR", "did you mean --models?")]
    [InlineData("step --steps 2", "expected an integer from 3")]
    [InlineData("step --steps", "--steps: found nothing")]
    [InlineData("step --update lazy", "expected touched or dense or deferred")]
    [InlineData("step --embedding-l2 -1", "expected a number from 0")]
    [InlineData("embeddings --updates touched,lazy", "expected some of touched, deferred, dense")]
    [InlineData("kernels --filter nonsense", "EmbeddingKernels.Gather")]
    [InlineData("profile", "--experiment: found nothing")]
    [InlineData("profile --experiment nowhere.yaml", "nowhere.yaml")]
    [InlineData("score --weights fp8", "expected fp32 or fp16 or int8")]
    [InlineData("serve --rows 0", "an integer from 1 to 4096")]
    [InlineData("parity", "--data: found nothing")]
    [InlineData("parity --data nowhere", "expected one of them, a raw file")]
    [InlineData("parity --data x --rows 2", "an integer from 10")]
    [InlineData("parity --data x --models LR,DepFM", "did you mean DeepFM?")]
    [InlineData("auc --rows many", "expected an integer from 1000")]
    public void Run_AMistake_EndsWithTwoAndSaysWhatWasExpected(string line, string expected)
    {
        (var code, var error) = Run(line);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void TrainingOf_RegulariserAndNorm_ReachTheOptimizer()
    {
        var words = "--update dense --embedding-l2 1e-5 --max-gradient-norm 10".Split(' ');
        var optimizer = StepRun.TrainingOf(StepOptions.From(new Arguments("step", words, "update", "embedding-l2", "max-gradient-norm"))).Optimizer;
        Assert.Equal((1e-5, 10, EmbeddingUpdate.Dense), (optimizer.EmbeddingL2, optimizer.MaxGradientNorm, optimizer.EmbeddingUpdate));
        Assert.Null(StepRun.TrainingOf(new StepOptions()).Optimizer.MaxGradientNorm);
    }

    // The one test that measures: every command that steps goes this way.
    [Fact]
    public void All_RunTwiceWithResume_MeasuresWhatIsMissing()
    {
        string markdown = Path.Combine(_folder, "steps.md"), json = Path.Combine(_folder, "steps.json");
        Assert.Equal((0, ""), Run($"all --out {markdown} --models LR --batches 32 --vocabs 1000 --steps 3 --threads 1"));
        var first = Rows(json)[0]!.ToJsonString();
        Assert.Equal((0, ""), Run($"all --out {markdown} --models LR,FM --batches 32 --vocabs 1000 --steps 3 --threads 1 --resume"));
        Assert.Equal(["LR", "FM"], Rows(json).Select(r => (string)r!["model"]!));
        Assert.Equal(first, Rows(json)[0]!.ToJsonString());
        Assert.True((double)Rows(json)[1]!["bytes_floor_ms"]! > 0);
        Assert.Contains("| FM | 32 | 1,000 | 1 |", File.ReadAllText(markdown), StringComparison.Ordinal);
    }

    [Fact]
    public void Auc_OfSomeRows_WritesItsKeys()
    {
        var json = Path.Combine(_folder, "auc.json");
        Assert.Equal((0, ""), Run($"auc --rows 5000 --json {json}"));
        var read = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.Equal(5000, (int)read["rows"]!);
        Assert.InRange((double)read["auc"]!, 0.5, 0.8);
        Assert.All(AucKeys, key => Assert.NotNull(read[key]));
    }

    [Fact]
    public void Profile_OfAnExperiment_NamesItsOperations()
    {
        SyntheticClicks.Write(Path.Combine(_folder, "clicks.tsv"), 500, new SyntheticOptions { Seed = 1 }, 1, null, default);
        var file = Path.Combine(_folder, "tiny.yaml");
        File.WriteAllText(file, $$"""
            name: tiny
            data: { schema: criteo, source: clicks.tsv, cache: {{_folder.Replace('\\', '/')}}/cache }
            embedding: { dimension: 2 }
            members: [{ model: DNN, hidden_units: [4], batch_norm: true }]
            training: { batch_size: 100 }
            """);
        var console = Console.Out;
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            Assert.Equal((0, ""), Run($"profile --experiment {file} --steps 2 --threads 1"));
        }
        finally
        {
            Console.SetOut(console);
        }

        foreach (var part in new[] { "tiny: ", "| linear [78] → [4] | 1 |", "| batch_norm [4] → [4] | 1 |",
            "| optimizer | 1 |", " rows/s" })
            Assert.Contains(part, output.ToString(), StringComparison.Ordinal);
    }

    private static (int Code, string Error) Run(string line)
    {
        using var error = new StringWriter();
        var code = BenchCommands.Run(line.Split(' '), error);
        return (code, error.ToString());
    }

    private static JsonArray Rows(string json) => JsonNode.Parse(File.ReadAllText(json))!["rows"]!.AsArray();
}
