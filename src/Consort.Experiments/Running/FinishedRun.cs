using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Experiments.Running;

/// <summary>A run's family with its best weights, ready to be measured on other rows or to give probabilities.</summary>
public sealed class FinishedRun : IDisposable
{
    private readonly TrainedFamily _family;
    private readonly Workers _workers;
    private readonly Lazy<Program<float>> _program;
    private readonly Lazy<LogitPass> _pass;

    /// <summary>Opens a run folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="weights">Which of its weights; null for the best of its last phase.</param>
    /// <param name="catalogues">By which names in its experiment are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">It holds no run, or a damaged one, or no such weights.</exception>
    public FinishedRun(string path, int threads, RunWeights? weights = null, Catalogues? catalogues = null)
    {
        Folder = new RunFolder(path);
        if (!File.Exists(Folder.Experiment))
            throw new ConsortException($"{path}: found no run there, expected a folder that `consort train --out` has written");
        Folder.ClearLeftovers();
        Experiment = Experiment.OfRun(Folder.Experiment, catalogues);
        Encoder = Encoder.Load(Folder.Encoder);
        Weights = (weights ?? RunWeights.Final).Find(Folder, Experiment);
        _family = new TrainedFamily(Experiment.Family, Encoder.Space, Weights);
        _workers = new Workers(threads);
        // Made where rows are scored: what packs or exports needs the weights alone.
        _program = new(() => _family.Compile(
            MemoryCheck.RowsToScore(Graph, MeasuredRows.MostRows), _workers, Experiment.Training.Precision));
        _pass = new(() => new LogitPass(Program, Fusion) { Shift = Encoder.Schema.LogitShift });
    }

    /// <summary>The run folder.</summary>
    public RunFolder Folder { get; }

    /// <summary>The experiment it ran.</summary>
    public Experiment Experiment { get; }

    /// <summary>The encoder fitted on its training rows.</summary>
    public Encoder Encoder { get; }

    /// <summary>The file of the weights.</summary>
    public string Weights { get; }

    /// <summary>What the run's family computes.</summary>
    public Graph Graph => _family.Graph;

    /// <summary>The weights.</summary>
    public ParameterStore<float> Store => _family.Store;

    /// <summary>How the family fuses its members' logits.</summary>
    public Fusion Fusion => _family.Fusion;

    /// <summary>The members that make the logit which is served: all but an auxiliary head.</summary>
    public IReadOnlyList<int> Served => Fusion == Fusion.First ? [0] : [.. Enumerable.Range(0, Graph.Outputs.Count)];

    /// <summary>The family, compiled for batches of up to <see cref="BatchSize"/> rows.</summary>
    internal Program<float> Program => _program.Value;

    /// <summary>The most rows of a batch: fewer of a model so wide that more would not fit into memory.</summary>
    internal int BatchSize => Program.Capacity;

    /// <summary>Gives the logits of a batch.</summary>
    internal LogitPass Pass => _pass.Value;

    private SourceCatalogue Sources => Experiment.Catalogues.Of(SourceCatalogue.BuiltIn);

    /// <summary>Measures the raw rows of one file.</summary>
    /// <inheritdoc cref="Measure(IReadOnlyList{string}, IProgress{long}?, CancellationToken, RawRows?)"/>
    public SplitResult Measure(string path, IProgress<long>? progress, CancellationToken cancellation, RawRows? rules = null) =>
        Measure([path], progress, cancellation, rules);

    /// <summary>Gives the probability of each raw row of one file, in order.</summary>
    /// <inheritdoc cref="Predict(IReadOnlyList{string}, Action{BatchLogits}, IProgress{long}?, CancellationToken, RawRows?)"/>
    public void Predict(string path, Action<BatchLogits> rows, IProgress<long>? progress, CancellationToken cancellation,
        RawRows? rules = null) => Predict([path], rows, progress, cancellation, rules);

    /// <summary>Measures raw rows with labels, and the best reachable where the true probabilities lie beside the file.</summary>
    /// <param name="places">The rows, one place after another.</param>
    /// <param name="progress">Told the bytes of the files that were read, or null.</param>
    /// <param name="cancellation">Stops between batches, and waiting for a pipe.</param>
    /// <param name="rules">What becomes of columns that the run does not know; null passes over them without a word.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or there are none, or a row whose logit is not finite.</exception>
    public SplitResult Measure(IReadOnlyList<string> places, IProgress<long>? progress, CancellationToken cancellation,
        RawRows? rules = null)
    {
        rules = rules is null ? RawRows.Default : rules with { Keep = [] };
        using var reader = rules.Open(places, Encoder, BatchSize, labelRequired: true, Sources, cancellation);
        var result = MeasuredRows.Measure(Pass, Fusion, Encoder, reader, progress, cancellation);
        rules.Say(reader);
        return result;
    }

    /// <summary>Gives the probability of each raw row, in order.</summary>
    /// <param name="places">Rows, with labels or without, one place after another.</param>
    /// <param name="rows">Told the logits of each batch; they are valid during the call.</param>
    /// <param name="progress">Told the bytes of the file that were read, or null.</param>
    /// <param name="cancellation">Stops between batches, and waiting for a pipe.</param>
    /// <param name="rules">What becomes of columns that the run does not know; null passes over them without a word.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or one whose logit is not finite.</exception>
    public void Predict(IReadOnlyList<string> places, Action<BatchLogits> rows, IProgress<long>? progress, CancellationToken cancellation,
        RawRows? rules = null) => Predict(places, (logits, _) => rows(logits), progress, cancellation, rules);

    /// <summary>Gives the probability of each raw row, in order, and the texts that are kept of it.</summary>
    /// <param name="places">Rows, with labels or without, one place after another.</param>
    /// <param name="rows">Told the logits of each batch and what is kept of its rows; they are valid during the call.</param>
    /// <param name="progress">Told the bytes of the file that were read, or null.</param>
    /// <param name="cancellation">Stops between batches, and waiting for a pipe.</param>
    /// <param name="rules">What becomes of columns that the run does not know, and what is kept; null passes over all.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or one whose logit is not finite.</exception>
    public void Predict(IReadOnlyList<string> places, Action<BatchLogits, KeptCells> rows, IProgress<long>? progress,
        CancellationToken cancellation, RawRows? rules = null)
    {
        rules ??= RawRows.Default;
        using var reader = rules.Open(places, Encoder, BatchSize, labelRequired: false, Sources, cancellation);
        while (reader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            Pass.Run(batch, isTraining: false, seed: 0);
            Pass.CheckFinite(batch, Encoder, reader.PlaceOf);
            rows(Pass.Logits, reader.Kept);
            progress?.Report(reader.Position);
        }

        rules.Say(reader);
    }

    /// <summary>Reads encoded rows, in order.</summary>
    /// <param name="split">Rows of a dataset whose encoder is the run's.</param>
    /// <param name="rows">Told logits and probabilities of each batch; they are valid during the call.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <param name="most">No batch begins after so many rows.</param>
    public void Read(EncodedSplit split, Action<BatchLogits> rows, CancellationToken cancellation, int most = int.MaxValue)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(Math.Min(BatchSize, most)));
        loader.Start(0);
        for (long done = 0; done < most && loader.Next() is { } batch; done += batch.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            Pass.Run(batch, isTraining: false, seed: 0);
            Pass.CheckFinite(batch, Encoder, row => FormattableString.Invariant($"row {done + row + 1} of the {split.Name} rows"));
            rows(Pass.Logits);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_program.IsValueCreated)
            Program.Dispose();
        _family.Dispose();
        _workers.Dispose();
    }
}
