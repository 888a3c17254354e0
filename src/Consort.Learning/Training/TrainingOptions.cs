using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;
using Consort.Data.Batches;
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

    /// <summary>The ensemble's AUC within groups, of data with a field of kind group; larger is better.</summary>
    GroupAuc,
}

/// <summary>How a family is trained, whatever its members and strategy.</summary>
public sealed record TrainingOptions
{
    /// <summary>What all phases share.</summary>
    public static OptionSet<TrainingOptions> Options { get; } = new OptionSet<TrainingOptions>(() => new())
        .Add("optimizer", o => o.Optimizer.Rule, (o, v) => o with { Optimizer = o.Optimizer with { Rule = v } },
            Domain.Section<UpdateRule>("see below", (map, key, _) => OptimizerCatalogue.All.Create(map.Section(key)),
                _ => "{ name: adam }"), "the update rule")
        .Add("max_gradient_norm", o => o.Optimizer.MaxGradientNorm
            ?? 0, (o, v) => o with { Optimizer = o.Optimizer with { MaxGradientNorm = v == 0 ? null : v } },
            Domain.Number(0, 1e9), "the gradient's norm is clipped to it; 0 never clips")
        .Add("precision", o => o.Precision, (o, v) => o with { Precision = v },
            Domain.Words([.. Precisions.Names.Select(p => (p.Key, p.Value))]),
            "what matrix multiplies round their operands to: bf16 with sums, weights, activations, gradients and optimizer in fp32; see below")
        .Add("matmul", o => o.MatrixLibrary, (o, v) => o with { MatrixLibrary = v },
            Domain.Words(("managed", MatrixLibrary.Managed), ("native", MatrixLibrary.Native)),
            "who multiplies matrices in training: native is a BLAS found on the machine, in fp32 alone")
        .Add("batch_size", o => o.BatchSize, (o, v) => o with { BatchSize = v },
            Domain.Integer(1, 1 << 20) with { Search = SearchRange.Of("256", "512", "1024", "2048", "4096", "8192") }, "rows a step")
        .Add("seed", o => (long)o.Seed, (o, v) => o with { Seed = (ulong)v }, Domain.Long(0, long.MaxValue),
            "of initial weights, order of rows, dropout; `--seed` replaces it")
        .Add("monitor", o => o.Monitor, (o, v) => o with { Monitor = v },
            Domain.Words(("auc", Monitor.Auc), ("logloss", Monitor.LogLoss), ("member_auc", Monitor.MemberAuc), ("gauc", Monitor.GroupAuc)),
            "what is best on the validation split: AUC or log-loss of the ensemble, the mean of the members' AUC, or the ensemble's AUC within groups (data with a field of kind group)")
        .Add("evaluations_per_epoch", o => o.EvaluationsPerEpoch, (o, v) => o with { EvaluationsPerEpoch = v }, Domain.Integer(1, 1000),
            "evaluations on the validation split in each epoch")
        .Add("valid_leave_out", o => o.ValidLeaveOut, (o, v) => o with { ValidLeaveOut = v }, Domain.Integers(1, 100),
            "a part of the validation rows that training does not look at, so that they can measure what was chosen by the others: `[2, 2]` is the second half")
        .Add("checkpoint_minutes", o => o.CheckpointMinutes, (o, v) => o with { CheckpointMinutes = v }, Domain.Number(0.01, 10_000),
            "minutes between checkpoints within an epoch")
        .Add("embedding_l2", o => o.Optimizer.EmbeddingL2, (o, v) => o with { Optimizer = o.Optimizer with { EmbeddingL2 = v } },
            Domain.Number(0, 1e6) with { Search = SearchRange.Log(1e-7, 1e-1) }, "λ of (λ/2)‖W‖² on embeddings")
        .Add("embedding_rate", o => o.Optimizer.EmbeddingRate, (o, v) => o with { Optimizer = o.Optimizer with { EmbeddingRate = v } },
            Domain.Number(1e-6, 1e6), "the learning rate of embedding tables, as a multiple of the phase's")
        .Add("dense_l2", o => o.Optimizer.DenseL2, (o, v) => o with { Optimizer = o.Optimizer with { DenseL2 = v } }, Domain.Number(0, 1e6),
            "λ of (λ/2)‖W‖² on all other weights")
        .Add("embedding_update", o => o.Optimizer.EmbeddingUpdate, (o, v) => o
            with
        { Optimizer = o.Optimizer with { EmbeddingUpdate = v } },
            Domain.Words(("dense", EmbeddingUpdate.Dense), ("touched", EmbeddingUpdate.Touched), ("deferred", EmbeddingUpdate.Deferred)),
            "which rows of tables a step changes: dense is all of them, as published numbers mean it; touched the batch's alone; deferred is dense's result, but a row is brought up to date when it is next read")
        .Add("ema", o => o.Optimizer.AverageDecay, (o, v) => o with { Optimizer = o.Optimizer with { AverageDecay = v } },
            Domain.Number(0, 0.9999999),
            "β of a moving average of the weights, which is measured, kept and shipped in their stead; 0 for none; see below")
        .Add("swa", o => o.Swa, (o, v) => o with { Swa = v }, Domain.Integer(0, 100_000),
            "epoch of a phase from which on the mean of the weights at evaluations stands for them instead; 0 for none; see below")
        .Add("oov_rate", o => o.OovRate, (o, v) => o with { OovRate = v }, Domain.Number(0, 0.5),
            "chance that a known token is taken for an unseen one in a training step, so that the row of unseen tokens learns; see below")
        .Require("valid_leave_out", o => o.ValidLeaveOut.Count == 0 || (o.ValidLeaveOut is [var part, var of] && part <= of && of > 1)
            ? null : $"found [{string.Join(", ", o.ValidLeaveOut)}], expected a part and how many there are, such as [2, 2]")
        .Require("swa", o => o is { Swa: > 0, Optimizer.AverageDecay: > 0 }
            ? FormattableString.Invariant($"found {o.Swa} with ema {o.Optimizer.AverageDecay}, expected one of them to be 0") : null)
        .Require("matmul", o => o is { MatrixLibrary: MatrixLibrary.Native, Precision: not Precision.Fp32 }
            ? $"found native with precision {o.Precision.Name()}, expected fp32 with it" : null);

    /// <summary>Rows a step.</summary>
    public int BatchSize { get; init => field = Options.Checked("batch_size", value); } = 4096;

    /// <summary>Update rule, regularisers, clipping.</summary>
    public OptimizerOptions Optimizer { get; init; } = new() { MaxGradientNorm = 10 };

    /// <summary>
    /// From which epoch of a phase on the plain mean of the weights at the ends of evaluations stands for them; 0 for none.
    /// </summary>
    public int Swa { get; init => field = Options.Checked("swa", value); }

    /// <summary>
    /// The chance that a known token is taken for an unseen one in a training step, each by itself and anew in each epoch, 0 to 0.5.
    /// </summary>
    public double OovRate { get; init => field = Options.Checked("oov_rate", value); }

    /// <summary>Seed of initial weights, order of rows, and dropout.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// What matrix multiplies round their operands to, in training and whenever the weights are used; weights, activations, gradients and
    /// optimizer stay floats. fp32 is used where the machine has no bf16.
    /// </summary>
    public Precision Precision { get; init => field = Options.Checked("precision", value); }

    /// <summary>Who multiplies matrices in training; a native library must be on the machine.</summary>
    public MatrixLibrary MatrixLibrary { get; init => field = Options.Checked("matmul", value); }

    /// <summary>What decides which weights are best.</summary>
    public Monitor Monitor { get; init => field = Options.Checked("monitor", value); }

    /// <summary>Evaluations on the validation split in each epoch.</summary>
    public int EvaluationsPerEpoch { get; init => field = Options.Checked("evaluations_per_epoch", value); } = 1;

    /// <summary>
    /// A part of the validation rows that training does not look at and how many parts there are, [k, K]; empty for all rows.
    /// </summary>
    public IReadOnlyList<int> ValidLeaveOut { get; init => field = Options.Checked("valid_leave_out", value); } = [];

    /// <summary>The part of the validation rows that is left out, or null.</summary>
    internal LeftOut? ValidLeftOut => ValidLeaveOut is [var part, var of] ? new LeftOut(part, of) : null;

    /// <summary>Minutes between checkpoints within an epoch.</summary>
    public double CheckpointMinutes { get; init => field = Options.Checked("checkpoint_minutes", value); } = 10;

    /// <summary>The member that is best by what <see cref="Monitor"/> watches, AUC or log-loss; the first of several.</summary>
    /// <param name="valid">What each came to on the validation split; at least one.</param>
    public int BestMember(IEnumerable<(double Auc, double LogLoss)> valid) =>
        valid.Index().MaxBy(m => Monitor == Monitor.LogLoss ? -m.Item.LogLoss : m.Item.Auc).Index;

    /// <summary>Those of an optimizer for all but some members.</summary>
    internal OptimizerOptions OptimizerWithout(IReadOnlySet<int>? frozen) => Optimizer with { FrozenMembers = frozen, KeepsMean = Swa > 0 };

    /// <summary>Checks that this machine has what is asked for.</summary>
    /// <exception cref="ConsortException">A native library is asked for and there is none.</exception>
    public void CheckMachine()
    {
        if (MatrixLibrary == MatrixLibrary.Native && NativeBlas.Missing is { } missing)
            throw new ConsortException($"training, matmul: native: {missing}; install one or use managed");
    }
}
