using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Foundation.Ranks;
using Consort.Learning.Evaluation;
using Consort.Learning.Ranks;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Experiments.Running;

/// <summary>What weights say of raw rows with labels, measured by one process or by several ranks.</summary>
internal static class MeasuredRows
{
    /// <summary>The most rows that a process scores at once.</summary>
    public const int MostRows = 4096;

    /// <summary>Measures the rows that a reader gives.</summary>
    /// <param name="pass">The family; of several ranks each has its share of a batch.</param>
    /// <param name="fusion">How it fuses its members' logits.</param>
    /// <param name="encoder">What the rows are read by.</param>
    /// <param name="reader">The rows.</param>
    /// <param name="progress">Told the bytes that were read, or null.</param>
    /// <param name="cancellation">Stops between batches; of several ranks any may, and all do.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or there are none, or a row whose logit is not finite.</exception>
    public static SplitResult Measure(LogitPass pass, Fusion fusion, Encoder encoder, RawBatchReader reader, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        using var evaluator = new ConsortEvaluator(pass.Logits.Members, fusion, isWeighted: encoder.Schema.HasWeights,
            hasGroups: encoder.Schema.HasGroups);
        using var ceiling = new Ceiling();
        while (reader.Next() is { } batch)
        {
            if (pass.Stops(batch, cancellation))
                throw new OperationCanceledException(cancellation);
            pass.CheckFinite(batch, encoder, reader.PlaceOf);
            evaluator.Add(pass.Logits, pass.GroupsOf(batch));
            if (batch.HasTruth)
                ceiling.Add(pass.TruthOf(batch), pass.LabelsOf(batch));
            progress?.Report(reader.Position);
        }

        return new SplitResult(evaluator.Result(), ceiling.Rows == 0 ? null : new CeilingResult(ceiling.Auc(), ceiling.LogLoss()));
    }

    /// <summary>
    /// Measures rows by the weights of a run, which rank 0 has: each rank reads all rows and scores its share of each batch.
    /// </summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="sharing">Whether they hold whole tables, or each a part.</param>
    /// <param name="experiment">The run's.</param>
    /// <param name="encoder">The run's.</param>
    /// <param name="weights">Their file, on rank 0.</param>
    /// <param name="places">The rows, the same on all ranks.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellation">Stops all ranks.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or there are none, or a row whose logit is not finite.</exception>
    public static SplitResult OfRanks(IRanks ranks, RankOptions sharing, Experiment experiment, Encoder encoder, string weights,
        IReadOnlyList<string> places, int threads, CancellationToken cancellation)
    {
        var space = sharing.ShardsTables ? ShardSpaces.OfRank(encoder.Space, ranks.Count) : encoder.Space;
        // Half of what fits, for a step has room for gradients. What is free differs from rank to rank, and batches must not.
        var fitting = MemoryCheck.RowsToScore(experiment.Family.Build(space), 2 * MostRows);
        var rows = Math.Max(1, ranks.GatherEqual<int>([fitting]).Min() / 2);
        var batch = (int)Math.Min((long)rows * ranks.Count, 1 << 20);
        using var workers = new Workers(threads);
        using var step = new TrainingStep(experiment.Family, encoder.Space, experiment.Training with { BatchSize = batch }, workers,
            vectors: null, encoder.Schema.LogitShift, ranks, sharing);
        step.LoadWeights(weights, optimizer: null);
        using var reader = new RawBatchReader(places, encoder, batch, labelRequired: true,
            sources: experiment.Catalogues.Of(SourceCatalogue.BuiltIn), cancellation: cancellation)
        {
            CountsUnseen = false,
            Share = (ranks.Rank, ranks.Count),
        };
        return Measure(step.Pass, experiment.Family.Fusion, encoder, reader, progress: null, cancellation);
    }
}
