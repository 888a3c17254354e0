using System.Text.Json;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Models;
using Consort.Serving;
using Consort.Serving.Calibrations;
using Consort.Serving.Packages;

namespace Consort.Experiments.Packing;

/// <summary>Makes a package of a run, calibrates it on the run's validation rows, and measures what it costs.</summary>
public sealed class RunPacker
{
    private const int BatchSize = 4096;
    private readonly PackRequest _request;
    private readonly FinishedRun _run;
    private readonly string _model;
    private readonly string _dataKey;
    private int? _member; // null for the ensemble of all

    private RunPacker(PackRequest request, FinishedRun run)
    {
        var count = run.Experiment.Family.Members.Count;
        if (request.Member is { } member && (member < 0 || member >= count))
            throw new ConsortException($"--member: found {member}, expected 0 to {count - 1}, the members of {request.Run}");
        (_request, _run, _member) = (request, run, request.Member);
        var options = OptionMap.Load(run.Folder.Experiment, request.Catalogues);
        Family.From(options);
        _model = options.Resolved(); // what was asked for: the family, with every default
        _dataKey = RunEnvironment.DataKeyOf(run.Folder);
    }

    /// <summary>Packs a run.</summary>
    /// <exception cref="ConsortException">There is no such run or member, the package cannot be written, or it is to be calibrated and the
    /// run's rows are not at hand.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; nothing was written.</exception>
    public static PackResult Pack(PackRequest request, CancellationToken cancellation)
    {
        using var run = new FinishedRun(request.Run, request.Threads, catalogues: request.Catalogues);
        var packer = new RunPacker(request, run);
        // A draft lies beside the package, which another process would take for a leftover.
        using var claim = Claim.Take(request.Output, Path.GetFullPath(request.Output), "name another file with --out");
        return packer.Pack(cancellation);
    }

    private PackResult Pack(CancellationToken cancellation)
    {
        using var dataset = OpenData(out var missing, cancellation);
        if (dataset is null && _request.Calibration is { } asked and not CalibrationKind.None)
            throw new ConsortException($"--calibration {asked.ToString().ToLowerInvariant()}: {missing}");
        if (_request.BestMember)
            _member = BestMember.Of(_run, dataset?.Valid, missing, cancellation);
        var learned = _request.Calibration is null && _run.Experiment.Phases[^1].Strategy.LearnsFromTeachers;
        var isUsable = dataset?.Valid is { } rows && rows.Clicks > 0 && rows.Clicks < rows.Rows;
        var kind = _request.Calibration ?? (learned && isUsable ? CalibrationKind.Platt : CalibrationKind.None);
        var calibration = Calibration.None;
        var splits = new List<PackedSplit>();
        if (dataset is not null)
        {
            // Calibration is fitted to what the package's own numbers say.
            var draft = SafeFile.TempName(_request.Output);
            try
            {
                PackageWriter.Write(draft, Content(calibration));
                using var scorer = Scorer.Load(draft, storage: PackageStorage.Mapped, catalogues: _request.Catalogues);
                if (kind != CalibrationKind.None)
                    calibration = Fit(kind, scorer, dataset.Valid
                        ?? throw new ConsortException($"--calibration: found no validation rows in the run's data"), cancellation);
                foreach (var (name, split) in new[] { ("valid", dataset.Valid), ("test", dataset.Test) })
                    if (split is not null)
                        splits.Add(new PackedSplit(name, Trained(split, cancellation), Packed(scorer, split, calibration, cancellation)));
            }
            finally
            {
                File.Delete(draft);
            }
        }

        PackageWriter.Write(_request.Output, Content(calibration));
        var members = Members().Select(m => _run.Experiment.Family.Members[m].Name).ToArray();
        return new PackResult(_request.Output, new FileInfo(_request.Output).Length, members, calibration, splits, missing)
        {
            LacksCalibration = learned && !isUsable,
        };
    }

    private PackageContent Content(Calibration calibration) => new()
    {
        Name = _run.Experiment.Name,
        Model = _model,
        Graph = _run.Graph,
        Store = _run.Store,
        Encoder = _run.Encoder,
        Members = Members(),
        Fusion = _run.Fusion == Fusion.First ? Fusion.Mean : _run.Fusion, // of the one that is served
        Weights = _request.Weights,
        Calibration = calibration,
        TrainingData = _dataKey,
        Metrics = ReadMetrics(_run.Folder.Metrics),
    };

    // A member alone is its own ensemble.
    private IReadOnlyList<int> Members() => _member is { } member ? [member] : _run.Served;

    private EncodedDataset? OpenData(out string? missing, CancellationToken cancellation)
    {
        try
        {
            missing = null;
            return RunRows.Open(_run.Folder, _request.Data, _request.Threads, _request.Encoding, cancellation, _request.Catalogues);
        }
        catch (ConsortException e) when (_request.Data is null)
        {
            missing = e.Message;
        }

        return null;
    }

    private static Calibration Fit(CalibrationKind kind, List<float> logits, List<float> labels, List<float> weights)
    {
        try
        {
            return CalibrationFit.Fit(kind, logits.ToArray(), labels.ToArray(), weights.ToArray());
        }
        catch (ArgumentException e)
        {
            throw new ConsortException($"--calibration: the run's validation rows cannot be used: {e.Message}", e);
        }
    }

    private static Calibration Fit(CalibrationKind kind, Scorer scorer, EncodedSplit split, CancellationToken cancellation)
    {
        var (all, clicks, counts) = (new List<float>(), new List<float>(), new List<float>());
        ForEachBatch(scorer, split, (logits, labels, weights) =>
        {
            all.AddRange(logits);
            clicks.AddRange(labels);
            counts.AddRange(weights);
        }, cancellation);
        return Fit(kind, all, clicks, counts);
    }

    private Metrics Trained(EncodedSplit split, CancellationToken cancellation)
    {
        var metrics = _run.Pass.Evaluate(split, _run.Encoder, cancellation).Metrics;
        return _member is { } member ? metrics.Members[member] : metrics.Ensemble;
    }

    private static Metrics Packed(Scorer scorer, EncodedSplit split, Calibration calibration, CancellationToken cancellation)
    {
        using var evaluator = new Evaluator(isWeighted: split.Space.HasWeights);
        ForEachBatch(scorer, split, (logits, labels, weights) =>
        {
            for (var row = 0; row < logits.Length && calibration.Kind != CalibrationKind.None; row++)
                logits[row] = Logit(calibration.Probability(logits[row]));
            evaluator.Add(logits, labels, weights);
        }, cancellation);
        return evaluator.Result();

        // The evaluator reads logits; isotonic probabilities may be 0 or 1.
        static float Logit(double p) => (float)Math.Log(Math.Max(p, 1e-12) / Math.Max(1 - p, 1e-12));
    }

    private delegate void ReadLogits(Span<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights);

    private static void ForEachBatch(Scorer scorer, EncodedSplit split, ReadLogits read, CancellationToken cancellation)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(BatchSize));
        var impressions = scorer.NewBatch(BatchSize);
        var logits = new float[BatchSize];
        loader.Start(0);
        while (loader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            impressions.Clear();
            for (var row = 0; row < batch.Rows; row++)
                impressions.AddEncoded(batch.IdsOf(row), batch.NumericOf(row), batch.Lists);
            scorer.FusedLogits(impressions, logits);
            read(logits.AsSpan(0, batch.Rows), batch.Labels, batch.Weights);
        }
    }

    // Of an older run they may hold words where numbers are promised.
    private static JsonElement? ReadMetrics(string path) => !File.Exists(path) ? null
        : JsonText.Read(path, what => Damaged(path, what), root => JsonNumbers.Clean(JsonSerializer.SerializeToUtf8Bytes(root.Mapping())));

    private static ConsortException Damaged(string path, string what) => new($"{path}: the file is damaged: {what}");
}
