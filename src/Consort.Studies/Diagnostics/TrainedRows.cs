using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Experiments.Running;

namespace Consort.Studies.Diagnostics;

/// <summary>What the rows say that a run was trained on: how often each value occurs, and what the run gives on a sample of them.</summary>
internal sealed class TrainedRows
{
    private readonly FeatureSpace _space;
    private readonly long[][] _counts;

    private TrainedRows(FeatureSpace space, long[][] counts, long rows, IReadOnlyList<double> members, double ensemble) =>
        (_space, _counts, Rows, MemberLogLoss, EnsembleLogLoss) = (space, counts, rows, members, ensemble);

    /// <summary>Rows that were scored, drawn from all.</summary>
    public long Rows { get; }

    /// <summary>One a member.</summary>
    public IReadOnlyList<double> MemberLogLoss { get; }

    /// <summary>Of the fused logit.</summary>
    public double EnsembleLogLoss { get; }

    /// <summary>
    /// Reads the training split: all rows for counts; up to so many, drawn without order and always the same, for the logits.
    /// </summary>
    /// <exception cref="ConsortException">A logit is not finite.</exception>
    public static TrainedRows Of(FinishedRun run, EncodedSplit train, int most, CancellationToken cancellation)
    {
        var counts = Count(train, cancellation);
        var outputs = new RecordedOutputs(run.Program.Members, train.Space, -1);
        using var loader = new BatchLoader(train, new LoaderOptions(run.BatchSize, Shuffle: true));
        loader.Start(0);
        while (outputs.Rows < most && loader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Rows = (int)Math.Min(batch.Rows, most - outputs.Rows);
            run.Pass.Fuse(batch);
            var before = outputs.Rows;
            run.Pass.CheckFinite(
                batch, run.Encoder, row => FormattableString.Invariant($"row {before + row + 1} of those drawn from the train rows"));
            outputs.Add(batch, run.Pass.Logits);
        }

        return new TrainedRows(
            train.Space, counts, outputs.Rows,
            [.. Enumerable.Range(0, outputs.Members).Select(m => outputs.Metrics(m).LogLoss)], outputs.Metrics(-1).LogLoss);
    }

    /// <summary>How often each id of a column occurs, from the column's first id on.</summary>
    public ReadOnlySpan<long> CountsOf(Column column) => _counts[Array.IndexOf([.. _space.Categorical], column)];

    private static long[][] Count(EncodedSplit train, CancellationToken cancellation)
    {
        var columns = train.Space.Categorical;
        var counts = columns.Select(c => new long[c.Size]).ToArray();
        using var loader = new BatchLoader(train, new LoaderOptions(4096));
        loader.Start(0);
        while (loader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch.Rows; row++)
                for (var c = 0; c < counts.Length; c++)
                    foreach (var id in batch.IdsOf(row, c))
                        counts[c][id - columns[c].Offset]++;
        }

        return counts;
    }
}
