using System.Text.Json.Nodes;
using Consort.Compute.Cpu.Optimizers;
using Consort.Learning.Training;

namespace Consort.Benchmarks.Tests;

public sealed class StepTableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;

    private string Markdown => Path.Combine(_folder, "steps.md");

    private string Json => Path.Combine(_folder, "steps.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Add_EveryRow_IsInBothFilesAtOnce()
    {
        var table = New();
        table.Add(Result("LR", 1.5).Json());
        Assert.Single(Rows());
        table.Add(Result("DeepFM", 40).Json());
        Assert.Equal(["LR", "DeepFM"], Rows().Select(r => (string)r!["model"]!));
        var text = File.ReadAllText(Markdown);
        Assert.Contains("| LR | 4,096 | 1,000,000 | 1 | 500 | 0.1 | 1.50 (1.40) |", text, StringComparison.Ordinal);
        Assert.Contains("| DeepFM | 4,096 | 1,000,000 | 1 |", text, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(_folder).Length); // nothing is left of writing beside
    }

    [Fact]
    public void Markdown_EveryLineOfATable_HasAsManyCells()
    {
        var table = New();
        table.Add(Result("LR", 1.5).Json());
        var tables = table.Markdown().Split("\n\n").Where(part => part.TrimStart().StartsWith('|')).ToArray();
        Assert.Equal(2, tables.Length);
        Assert.All(tables, t => Assert.Single(t.Trim().Split('\n').Select(line => line.Count(c => c == '|')).Distinct()));
    }

    [Fact]
    public void Resume_AfterAnInterruption_KeepsFinishedRows()
    {
        New().Add(Result("LR", 1.5).Json());
        var table = New();
        table.Resume();
        Assert.Equal(1, table.Rows);
        Assert.True(table.Has(Options("LR")));
        Assert.False(table.Has(Options("FM")));
        Assert.False(table.Has(Options("LR") with { Batch = 10_000 }));
        Assert.False(table.Has(Options("LR") with { Steps = 7 }));
        Assert.False(table.Has(Options("LR") with { Update = EmbeddingUpdate.Dense }));
        table.Add(Result("FM", 3).Json());
        Assert.Equal([1.5, 3], Rows().Select(r => (double)r!["step_ms"]!));
    }

    [Fact]
    public void Resume_WithoutAFile_BeginsAnew()
    {
        var table = New();
        table.Resume();
        Assert.Equal(0, table.Rows);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"rows\": [{\"model\": \"LR\"}]}")]
    public void Resume_OfAnotherFile_SaysSo(string text)
    {
        File.WriteAllText(Json, text);
        var mistake = Assert.Throws<ConsortException>(New().Resume);
        Assert.Contains(Json, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_OfAStep_HasTheKeysThatOthersRead()
    {
        var json = Result("DeepFM", 40).Json();
        string[] keys =
        [
            "fma_peak_gflops", "floor_ms", "step_ms", "floor_fraction", "rows_per_second", "allocated_bytes_per_step", "breakdown",
            "bytes_floor_ms", "memory_floor_fraction", "step_ms_per_member", "peak_memory_mb", "memory_mb",
        ];
        Assert.Empty(keys.Except(json.Select(p => p.Key)));
        Assert.Equal(40, json["breakdown"]!.AsObject().Sum(p => (double)p.Value!), 3);
        Assert.Equal((double)json["peak_memory_mb"]!, json["memory_mb"]!.AsObject().Sum(p => (double)p.Value!), 0.5);
    }

    private StepTable New() => new(Markdown, Json, "./consort bench all");

    private JsonArray Rows() => JsonNode.Parse(File.ReadAllText(Json))!["rows"]!.AsArray();

    private static StepOptions Options(string model) => new() { Model = model, Threads = 2 };

    internal static StepResult Result(string model, double ms) => new()
    {
        Options = Options(model),
        FmaPeak = 400,
        Multiplies = [],
        Peak = 500,
        ProcessorPeak = 250,
        ProcessorMs = 2 * ms,
        Operations = 5e7,
        StepMs = ms,
        StepMsMin = ms - 0.1,
        EvaluationMs = ms / 3,
        EvaluationMsMin = ms / 4,
        KindMs = [.. Enumerable.Repeat(ms / 8, StepKinds.Count)],
        EvaluationKindMs = [.. Enumerable.Repeat(ms / 24, StepKinds.Count)],
        AllocatedBytes = 0,
        DistinctIds = 1000,
        Bytes = new StepBytes(10_000_000, 20_000_000),
        Bandwidth = new Bandwidth(20, 40),
        Memory = new MemoryUse(1 << 20, 2 << 20, 3 << 20, 4 << 20, 5 << 20, 6 << 20, 7 << 20, 30 << 20),
    };
}
