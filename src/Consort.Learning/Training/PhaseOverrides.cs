using Consort.Foundation.Options;

namespace Consort.Learning.Training;

/// <summary>What training does with the running statistics of batch norm.</summary>
public enum NormStatistics
{
    /// <summary>Batches are normalised by their own statistics, and the running ones follow these.</summary>
    Follow,

    /// <summary>Batches are normalised by the running statistics, which stay as they are; γ and β are trained.</summary>
    Stay,
}

/// <summary>What a phase among several may set otherwise than the experiment; null leaves it as it is there.</summary>
public sealed record PhaseOverrides
{
    /// <summary>The words for <see cref="NormStatistics"/>.</summary>
    public static Domain<NormStatistics> NormWords => Domain.Words(("follow", NormStatistics.Follow), ("stay", NormStatistics.Stay));

    /// <summary>The declaration; ranges are those of what is replaced.</summary>
    public static OptionSet<PhaseOverrides> Options { get; } = new OptionSet<PhaseOverrides>(() => new())
        .Add("dropout", o => o.Dropout, (o, v) => o with { Dropout = v }, Domain.NumberOrNone(0, 0.99),
            "share that drops in every layer that drops any, in place of the members' own; 0 trains without dropout")
        .Add("embedding_l2", o => o.EmbeddingL2, (o, v) => o with { EmbeddingL2 = v }, Domain.NumberOrNone(0, 1e6),
            "in place of that of `training`")
        .Add("dense_l2", o => o.DenseL2, (o, v) => o with { DenseL2 = v }, Domain.NumberOrNone(0, 1e6), "in place of that of `training`")
        .Add("batch_size", o => o.BatchSize, (o, v) => o with { BatchSize = v }, Domain.IntegerOrNone(1, 1 << 20),
            "in place of that of `training`")
        .Add("batch_norm", o => o.BatchNorm, (o, v) => o with { BatchNorm = v }, NormWords,
            "follow: batches are normalised by their own mean and variance, which the running ones follow; stay: by the running ones, which do not move, as a scorer does")
        .Add("batch_norm_momentum", o => o.BatchNormMomentum, (o, v) => o with { BatchNormMomentum = v }, Domain.NumberOrNone(0, 1),
            "how far a batch moves the running mean and variance with `follow`, 0.1 unless given; 0 moves them not at all");

    /// <summary>Nothing.</summary>
    public static PhaseOverrides None { get; } = new();

    /// <summary>p of every layer that drops any of its numbers.</summary>
    public double? Dropout { get; init => field = Options.Checked("dropout", value); }

    /// <summary>λ of (λ/2)‖W‖² on embeddings.</summary>
    public double? EmbeddingL2 { get; init => field = Options.Checked("embedding_l2", value); }

    /// <summary>λ of (λ/2)‖W‖² on all other weights.</summary>
    public double? DenseL2 { get; init => field = Options.Checked("dense_l2", value); }

    /// <summary>Rows a step.</summary>
    public int? BatchSize { get; init => field = Options.Checked("batch_size", value); }

    /// <summary>What becomes of batch norm's running statistics.</summary>
    public NormStatistics BatchNorm { get; init => field = Options.Checked("batch_norm", value); }

    /// <summary>m of running ← (1 − m) running + m batch; null for 0.1.</summary>
    public double? BatchNormMomentum { get; init => field = Options.Checked("batch_norm_momentum", value); }

    /// <summary>The most rows that a step of any of these phases has: what programs are made for.</summary>
    public static int LargestBatch(TrainingOptions options, IEnumerable<Phase> phases) =>
        phases.Max(p => p.Overrides.BatchSize ?? options.BatchSize);
}
