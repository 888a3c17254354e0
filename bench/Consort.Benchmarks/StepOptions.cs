using System.Globalization;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;

namespace Consort.Benchmarks;

/// <summary>What a step is made of.</summary>
internal sealed record StepOptions
{
    public string Model { get; init; } = "DeepFM";

    /// <summary>Options of the model, as an experiment has them between braces.</summary>
    public string With { get; init; } = "";
    public int Batch { get; init; } = 4096;
    public int Vocabulary { get; init; } = 1_000_000;
    public int Members { get; init; } = 1;
    public string Strategy { get; init; } = "supervised";
    public Precision Precision { get; init; }
    public EmbeddingUpdate Update { get; init; } = EmbeddingUpdate.Touched;
    public double Ema { get; init; }

    /// <summary>λ of the regulariser of the tables.</summary>
    public double EmbeddingL2 { get; init; }

    /// <summary>What the gradient's norm is clipped to; 0 never clips.</summary>
    public double MaxGradientNorm { get; init; }
    public int Threads { get; init; } = Environment.ProcessorCount;
    public int Steps { get; init; } = 40;
    public bool Detail { get; init; }

    /// <summary>Tokens beside the 39 columns, in the mean.</summary>
    public int Tokens { get; init; }

    /// <summary>Whether these are a list rather than columns of their own.</summary>
    public bool IsList { get; init; }

    /// <summary>Steps before the first one that is timed, at least.</summary>
    public int WarmUpSteps { get; init; } = 8;

    /// <summary>Whether evaluation is measured too, which brings deferred rows up to date.</summary>
    public bool Evaluates { get; init; } = true;

    public string UpdateName => Update.ToString().ToLowerInvariant();

    public const int MaxBatch = 1 << 17;
    public const int MaxVocabulary = 500_000_000;

    public static StepOptions From(Arguments arguments)
    {
        var defaults = new StepOptions();
        return Common(arguments) with
        {
            Model = arguments.Text("model") ?? defaults.Model,
            With = arguments.Text("with") ?? defaults.With,
            Batch = arguments.Integer("batch", defaults.Batch, 1, MaxBatch),
            Vocabulary = arguments.Integer("vocab", defaults.Vocabulary, ZipfSplit.LeastVocabulary, MaxVocabulary),
            Members = arguments.Integer("members", defaults.Members, 1, Models.Family.MaxMembers),
            Tokens = arguments.Integer("tokens", defaults.Tokens, 0, 1000),
            IsList = arguments.Integer("tokens", 0, 0, 1000) > 0 && arguments.Choice("as", "list", "fields") == "list",
        };
    }

    /// <summary>The options that are the same for all rows of a table.</summary>
    public static StepOptions Common(Arguments arguments)
    {
        var defaults = new StepOptions();
        return defaults with
        {
            Strategy = arguments.Text("strategy") ?? defaults.Strategy,
            Precision = Precisions.Names[arguments.Choice("precision", "fp32", "bf16")],
            Update = Enum.Parse<EmbeddingUpdate>(arguments.Choice("update", "touched", "dense", "deferred"), ignoreCase: true),
            Ema = arguments.Number("ema", defaults.Ema, 0, 0.9999999),
            EmbeddingL2 = arguments.Number("embedding-l2", defaults.EmbeddingL2, 0, 1e6),
            MaxGradientNorm = arguments.Number("max-gradient-norm", defaults.MaxGradientNorm, 0, 1e9),
            Threads = arguments.Integer("threads", defaults.Threads, 1, 1024),
            Steps = arguments.Integer("steps", defaults.Steps, 3, 100_000),
            Detail = arguments.Choice("detail", "no", "yes") == "yes",
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Model}{(With.Length == 0 ? "" : $" {{ {With} }}")}, batch {Batch}, vocabulary {Vocabulary}, {(Tokens == 0 ? "" : $"{Tokens} tokens as {(IsList ? "a list" : "fields")}, ")}{Members} member{(Members == 1 ? "" : "s, " + Strategy)}, {Precision.Name()}, {UpdateName} rows, {(Ema > 0 ? $"ema {Ema}, " : "")}{(EmbeddingL2 > 0 ? $"embedding L2 {EmbeddingL2}, " : "")}{(MaxGradientNorm > 0 ? $"norm at most {MaxGradientNorm}, " : "")}{Threads} threads");
}
