using Consort.Data.Datasets;
using Consort.Experiments.Running;

namespace Consort.Experiments.Packing;

/// <summary>The member to ship alone: the best on the run's validation rows, by what its training monitors.</summary>
public static class BestMember
{
    /// <summary>Finds it, where the run has measured its members, as it has by finishing, or its validation rows are at hand.</summary>
    /// <exception cref="ConsortException">Neither is.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static int Of(FinishedRun run, int threads, CancellationToken cancellation)
    {
        if (Known(run) is { } member)
            return member;
        using var dataset = RunRows.Open(run.Folder, null, threads, null, cancellation);
        return Of(run, dataset.Valid, null, cancellation);
    }

    /// <summary>The same where the rows have been looked for.</summary>
    /// <param name="run">The run.</param>
    /// <param name="valid">Its validation rows, or null.</param>
    /// <param name="missing">Why there are none, or null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    internal static int Of(FinishedRun run, EncodedSplit? valid, string? missing, CancellationToken cancellation)
    {
        if (Known(run) is { } member)
            return member;
        if (valid is null)
            throw new ConsortException($"--member best: {missing ?? "found no validation rows in the run's data"}");
        return run.Experiment.Training.BestMember(
            run.Pass.Evaluate(valid, run.Encoder, cancellation).Metrics.Members.Select(m => (m.Auc, m.LogLoss)));
    }

    private static int? Known(FinishedRun run)
    {
        var known = TrainMetrics.ValidOfMembers(run.Folder);
        return known.Count == run.Graph.Outputs.Count ? run.Experiment.Training.BestMember(known) : null;
    }
}
