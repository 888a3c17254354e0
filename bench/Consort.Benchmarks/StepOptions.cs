using System.Globalization;
using Consort.Compute.Kernels.MatrixMultiply;
using Consort.Compute.Optimizers;

namespace Consort.Benchmarks;

/// <summary>What a step is made of.</summary>
internal sealed record StepOptions
{
    public string Model { get; init; } = "DeepFM";
    public int Batch { get; init; } = 4096;
    public int Vocabulary { get; init; } = 1_000_000;
    public int Members { get; init; } = 1;
    public string Strategy { get; init; } = "supervised";
    public Precision Precision { get; init; }
    public EmbeddingUpdate Update { get; init; } = EmbeddingUpdate.Touched;
    public int Threads { get; init; } = Environment.ProcessorCount;
    public int Steps { get; init; } = 40;

    public string UpdateName => Update == EmbeddingUpdate.Dense ? "dense" : "touched";

    public static StepOptions From(Arguments arguments)
    {
        var defaults = new StepOptions();
        return defaults with
        {
            Model = arguments.Text("model") ?? defaults.Model,
            Batch = arguments.Integer("batch", defaults.Batch, 1, 1 << 17),
            Vocabulary = arguments.Integer("vocab", defaults.Vocabulary, ZipfSplit.LeastVocabulary, 500_000_000),
            Members = arguments.Integer("members", defaults.Members, 1, Models.Family.MaxMembers),
            Strategy = arguments.Text("strategy") ?? defaults.Strategy,
            Precision = Precisions.Names[arguments.Choice("precision", "fp32", "bf16")],
            Update = arguments.Choice("update", "touched", "dense") == "dense" ? EmbeddingUpdate.Dense : EmbeddingUpdate.Touched,
            Threads = arguments.Integer("threads", defaults.Threads, 1, 1024),
            Steps = arguments.Integer("steps", defaults.Steps, 3, 100_000),
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Model}, batch {Batch}, vocabulary {Vocabulary}, {Members} member{(Members == 1 ? "" : "s, " + Strategy)}, {Precision.Name()}, {UpdateName} rows, {Threads} threads");
}
