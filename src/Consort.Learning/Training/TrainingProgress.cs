using Consort.Learning.Evaluation;

namespace Consort.Learning.Training;

/// <summary>Where training stands; reported a few times a second, on the training thread.</summary>
/// <param name="Phase">The phase's name.</param>
/// <param name="Epoch">From 1; 0 while teachers are asked before the first.</param>
/// <param name="Epochs">The most there will be.</param>
/// <param name="Batch">Steps done in this epoch; rows of which teachers were asked.</param>
/// <param name="Batches">Steps of an epoch; 0 in the report that follows an evaluation; all rows that teachers are asked about.</param>
/// <param name="RowsPerSecond">Since the epoch began.</param>
/// <param name="Loss">Mean of the epoch so far, all terms together.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="Latest">The latest validation metrics, or null.</param>
/// <param name="EpochSecondsLeft">Until the epoch's end at this pace.</param>
/// <param name="IsLatestBest">Whether the latest evaluation is the phase's best so far.</param>
public sealed record TrainingProgress(
    string Phase, int Epoch, int Epochs, long Batch, long Batches, double RowsPerSecond, double Loss, double LearningRate,
    Metrics? Latest, double EpochSecondsLeft, bool IsLatestBest);

/// <summary>What an epoch (or a part of one, where there are several evaluations) came to.</summary>
/// <param name="Phase">The phase's name.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Steps">Steps since training began.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="Loss">The loss terms by name, means since the epoch began.</param>
/// <param name="Valid">Metrics on the validation split.</param>
/// <param name="IsBest">Whether these are the best weights of the phase so far.</param>
/// <param name="Seconds">Of training since the run began, evaluation left out.</param>
public sealed record EpochResult(
    string Phase, int Epoch, long Steps, double LearningRate, IReadOnlyDictionary<string, double> Loss, ConsortMetrics Valid,
    bool IsBest, double Seconds);

/// <summary>The best AUC and log-loss that any model can reach, where the true click probability is known.</summary>
/// <param name="Auc">Of the true probability.</param>
/// <param name="LogLoss">Of the true probability, in nats.</param>
public sealed record CeilingResult(double Auc, double LogLoss);

/// <summary>What a split came to.</summary>
/// <param name="Metrics">Of members and ensemble.</param>
/// <param name="Ceiling">The best reachable, or null where the truth is not known.</param>
public sealed record SplitResult(ConsortMetrics Metrics, CeilingResult? Ceiling);

/// <summary>What a step of several ranks costs one of them on the wire.</summary>
/// <param name="BytesPerStep">That it sends to others.</param>
/// <param name="CallsPerStep">Exchanges.</param>
/// <param name="SecondsPerStep">Within them, waiting for others included.</param>
public sealed record WireUse(double BytesPerStep, double CallsPerStep, double SecondsPerStep)
{
    internal static WireUse? Of(RankTraffic traffic) => traffic.Steps == 0 ? null : new WireUse(
        (double)traffic.Bytes / traffic.Steps, (double)traffic.Calls / traffic.Steps, traffic.Seconds / traffic.Steps);
}

/// <summary>What a run came to, measured with its best weights.</summary>
/// <param name="Valid">On the validation split.</param>
/// <param name="Test">On the test split, or null without one.</param>
/// <param name="Epochs">All evaluations in their order.</param>
/// <param name="RowsPerSecond">Of training steps; evaluation, checkpoints and encoding left out.</param>
/// <param name="Parameters">Trained numbers, tables included.</param>
/// <param name="PeakMemoryBytes">The process's largest resident size so far.</param>
/// <param name="AllocatedBytesPerStep">Managed bytes by all threads in a training step, progress reports left out; the first steps warm up
/// and do not count.</param>
/// <param name="Seconds">From the first step to the last evaluation.</param>
/// <param name="Memory">What the peak is made of, or null where nothing was left to train.</param>
public sealed record TrainingResult(
    SplitResult Valid, SplitResult? Test, IReadOnlyList<EpochResult> Epochs, double RowsPerSecond, long Parameters,
    long PeakMemoryBytes, double AllocatedBytesPerStep, double Seconds, MemoryUse? Memory)
{
    /// <summary>The member to ship, chosen on the validation split, where the last phase's strategy makes one; else null.</summary>
    public int? Ship { get; init; }

    /// <summary>Processes that trained together.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>What a step cost rank 0 on the wire, or null for one process.</summary>
    public WireUse? Wire { get; init; }
}
