using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;
using Consort.Foundation.Options;

namespace Consort.Learning.Training;

/// <summary>What early stopping and schedules watch on the validation split.</summary>
public enum Monitor
{
    /// <summary>The ensemble's AUC; larger is better.</summary>
    Auc,

    /// <summary>The ensemble's log-loss; smaller is better.</summary>
    LogLoss,

    /// <summary>The mean of the members' own AUCs; larger is better. What mutual learning reports.</summary>
    MemberAuc,
}

/// <summary>How a family is trained, whatever its members and strategy.</summary>
public sealed record TrainingOptions
{
    private static readonly Dictionary<string, Monitor> Monitors = new() { ["auc"] = Monitor.Auc, ["logloss"] = Monitor.LogLoss, ["member_auc"] = Monitor.MemberAuc };

    private static readonly Dictionary<string, EmbeddingUpdate> Updates = new()
    {
        ["dense"] = EmbeddingUpdate.Dense,
        ["touched"] = EmbeddingUpdate.Touched,
        ["deferred"] = EmbeddingUpdate.Deferred,
    };

    private static readonly Dictionary<string, Func<OptionMap, UpdateRule>> Rules = new()
    {
        ["adam"] = o => new Adam(
            o.Number("beta1", 0.9, 0, 0.999999), o.Number("beta2", 0.999, 0, 0.9999999), o.Number("epsilon", 1e-8, 0, 1), o.Flag("epsilon_hat", false)),
        ["sgd"] = o => new Sgd(o.Number("momentum", 0, 0, 0.999999)),
        ["adagrad"] = o => new Adagrad(o.Number("initial_accumulator", 0, 0, 1e6), o.Number("epsilon", 1e-10, 0, 1)),
    };

    private static readonly Dictionary<string, MatrixLibrary> Libraries = new() { ["managed"] = MatrixLibrary.Managed, ["native"] = MatrixLibrary.Native };

    /// <summary>Rows a step, 1 to 1,048,576.</summary>
    public int BatchSize { get; init; } = 4096;

    /// <summary>Update rule, regularisers, clipping.</summary>
    public OptimizerOptions Optimizer { get; init; } = new() { MaxGradientNorm = 10 };

    /// <summary>Seed of initial weights, order of rows, and dropout.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// What matrix multiplies round their operands to, in training and whenever the weights are used; weights, activations,
    /// gradients and optimizer stay floats. fp32 is used where the machine has no bf16.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>Who multiplies matrices in training; a native library must be on the machine.</summary>
    public MatrixLibrary MatrixLibrary { get; init; }

    /// <summary>What decides which weights are best.</summary>
    public Monitor Monitor { get; init; }

    /// <summary>Evaluations on the validation split in each epoch, 1 to 1000.</summary>
    public int EvaluationsPerEpoch { get; init; } = 1;

    /// <summary>Minutes between checkpoints within an epoch, 0.01 to 10,000.</summary>
    public double CheckpointMinutes { get; init; } = 10;

    /// <summary>Checks that this machine has what is asked for.</summary>
    /// <exception cref="ConsortException">A native library is asked for and there is none.</exception>
    public void CheckMachine()
    {
        if (MatrixLibrary == MatrixLibrary.Native && NativeBlas.Missing is { } missing)
            throw new ConsortException($"training, matmul: native: {missing}; install one or use managed");
    }

    /// <summary>Reads the section <c>training</c>; phases read their own keys from it too.</summary>
    /// <exception cref="ConsortException">A value is out of its range, or two do not go together.</exception>
    public static TrainingOptions From(OptionMap options)
    {
        var defaults = new TrainingOptions();
        var rule = options.Section("optimizer");
        var clip = options.Number("max_gradient_norm", 10, 0, 1e9);
        var precision = options.Choice("precision", defaults.Precision, Precisions.Names);
        var library = options.Choice("matmul", defaults.MatrixLibrary, Libraries);
        if (library == MatrixLibrary.Native && precision != Precision.Fp32)
            throw options.Error("matmul", $"found native with precision {precision.Name()}, expected fp32 with it");
        return new TrainingOptions
        {
            BatchSize = options.Integer("batch_size", defaults.BatchSize, 1, 1 << 20),
            Seed = (ulong)options.Long("seed", (long)defaults.Seed, 0, long.MaxValue),
            Precision = precision,
            MatrixLibrary = library,
            Monitor = options.Choice("monitor", defaults.Monitor, Monitors),
            EvaluationsPerEpoch = options.Integer("evaluations_per_epoch", defaults.EvaluationsPerEpoch, 1, 1000),
            CheckpointMinutes = options.Number("checkpoint_minutes", defaults.CheckpointMinutes, 0.01, 10_000),
            Optimizer = new OptimizerOptions
            {
                Rule = rule.Choice("name", Rules["adam"], Rules)(rule),
                EmbeddingL2 = options.Number("embedding_l2", 0, 0, 1e6),
                DenseL2 = options.Number("dense_l2", 0, 0, 1e6),
                MaxGradientNorm = clip == 0 ? null : clip,
                EmbeddingUpdate = options.Choice("embedding_update", EmbeddingUpdate.Dense, Updates),
            },
        };
    }
}
