using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>The logits that a finished run gives to each row of its test split (its validation split where there is no other).</summary>
internal static class TestRows
{
    /// <summary>Where a run folder keeps them.</summary>
    public static string PathOf(string folder) => new RunFolder(folder).TestLogits;

    /// <summary>Removes those of a run that is to be trained anew or further.</summary>
    public static void Forget(RunFolder folder)
    {
        if (File.Exists(PathOf(folder.Path)))
            File.Delete(PathOf(folder.Path));
    }

    /// <summary>Computes and keeps them, unless that has been done.</summary>
    /// <exception cref="ConsortException">The run or its data are damaged.</exception>
    public static void Keep(RunFolder folder, Experiment experiment, int threads, CancellationToken cancellation) =>
        Keep(folder, () => experiment.Data!.Open(threads, null, cancellation).Dataset, threads, experiment.Catalogues, cancellation);

    /// <summary>Computes and keeps them, unless that has been done, on the rows that the run was trained on.</summary>
    /// <exception cref="ConsortException">The run is damaged, or its rows are not at hand.</exception>
    public static void Keep(RunFolder folder, string? data, int threads, CancellationToken cancellation, Catalogues? catalogues = null) =>
        Keep(folder, () => RunRows.Open(folder, data, threads, null, cancellation, catalogues), threads, catalogues, cancellation);

    /// <summary>
    /// What each test row belongs to, where the schema has a field of kind group: its value there; null without such a field.
    /// </summary>
    /// <exception cref="ConsortException">The data are not at hand.</exception>
    public static IReadOnlyList<int>? Groups(Experiment experiment, int threads, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        var hasGroups = experiment.Data!.Schema?.HasGroups
            ?? (EncodedDataset.IsAt(experiment.Data.Encoded) && EncodedDataset.EncoderAt(experiment.Data.Encoded).Schema.HasGroups);
        if (!hasGroups)
            return null;
        using var dataset = experiment.Data.Open(threads, progress, cancellation).Dataset;
        return Groups(dataset);
    }

    /// <inheritdoc cref="Groups(Experiment, int, IProgress{EncodeProgress}?, CancellationToken)"/>
    public static IReadOnlyList<int>? Groups(EncodedDataset dataset)
    {
        if (!dataset.Encoder.Schema.HasGroups)
            return null;
        using var loader = new BatchLoader(SplitOf(dataset), new LoaderOptions(4096));
        var groups = new RowGroups();
        for (loader.Start(0); loader.Next() is { } batch;)
            groups.Add(batch.Groups);
        return groups.Clusters;
    }

    /// <summary>What a run says of the test rows of a dataset that its encoder has made.</summary>
    public static RowLogits Of(FinishedRun run, EncodedDataset dataset, CancellationToken cancellation) =>
        Of(run, SplitOf(dataset), cancellation);

    /// <summary>
    /// What each test row belongs to: its value in a categorical column. A row whose value is missing or was not seen in training belongs
    /// to nothing but itself.
    /// </summary>
    /// <exception cref="ConsortException">There is no such column, or the data are not at hand.</exception>
    public static IReadOnlyList<int> Clusters(Experiment experiment, string column, int threads, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        using var dataset = experiment.Data!.Open(threads, progress, cancellation).Dataset;
        var columns = dataset.Categorical;
        var index = columns.ToList().FindIndex(c => c.Name == column && c.List is null);
        if (index < 0)
            throw new ConsortException($"--cluster {column}: found no such categorical column, expected one of {string.Join(", ", columns.Where(c => c.List is null).Select(c => c.Name))}");
        var place = index;
        var split = SplitOf(dataset);
        using var loader = new BatchLoader(split, new LoaderOptions(4096));
        loader.Start(0);
        var clusters = new List<int>();
        while (loader.Next() is { } batch)
            for (var row = 0; row < batch.Rows; row++)
            {
                // The first two ids of a column are no values: missing, and not seen in training.
                var id = batch.IdsOf(row)[place] - columns[index].Offset;
                clusters.Add(id < 2 ? -1 - clusters.Count : id);
            }

        return clusters;
    }

    private static EncodedSplit SplitOf(EncodedDataset dataset) => dataset.Test ?? dataset.Valid
        ?? throw new ConsortException($"{dataset.Folder}: found neither test nor validation rows");

    private static void Keep(RunFolder folder, Func<EncodedDataset> open, int threads, Catalogues? catalogues,
        CancellationToken cancellation)
    {
        var path = PathOf(folder.Path);
        if (File.Exists(path))
            return;
        using (var dataset = open())
        {
            using var run = new FinishedRun(folder.Path, threads, catalogues: catalogues);
            Of(run, dataset, cancellation).Save(path);
        }
    }

    private static RowLogits Of(FinishedRun run, EncodedSplit split, CancellationToken cancellation)
    {
        var (labels, logits, at) = (new float[split.Rows], new float[split.Rows], 0);
        var weights = split.Space.HasWeights ? new float[split.Rows] : null;
        var sums = new double[run.Experiment.Family.Members.Count];
        run.Read(split, batch =>
        {
            var y = batch.Labels();
            var z = batch.EnsembleLogits();
            var ensemble = batch.EnsembleProbabilities();
            for (var row = 0; row < y.Length; row++)
                (labels[at + row], logits[at + row]) = ((float)y[row], (float)z[row]);
            for (var row = 0; row < batch.Weights().Length; row++)
                weights![at + row] = (float)batch.Weights()[row];
            for (var member = 0; member < sums.Length; member++)
            {
                var p = batch.Probabilities(member);
                for (var row = 0; row < p.Length; row++)
                    sums[member] += Math.Abs(p[row] - ensemble[row]);
            }

            at += y.Length;
        }, cancellation);
        return new RowLogits(
            labels, logits, Array.ConvertAll(sums, s => (float)(s / Math.Max(1, at))), TruthOf(split))
        { Weights = weights };
    }

    private static float[]? TruthOf(EncodedSplit split)
    {
        if (!split.HasTruth)
            return null;
        var (truth, at) = (new float[split.Rows], 0);
        using var loader = new BatchLoader(split, new LoaderOptions(BatchSize: 4096));
        for (loader.Start(0); loader.Next() is { } batch; at += batch.Rows)
            batch.Truth.CopyTo(truth.AsSpan(at));
        return truth;
    }
}
