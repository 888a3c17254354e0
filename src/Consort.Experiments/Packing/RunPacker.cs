using System.Text.Json;
using System.Text.Json.Nodes;
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
using Consort.Serving.Profiles;

namespace Consort.Experiments.Packing;

/// <summary>Makes a package of a run, calibrates it on the run's validation rows, and measures what it costs.</summary>
public sealed class RunPacker
{
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
        var isUsable = dataset?.Valid is { } valid && valid.Clicks > 0 && valid.Clicks < valid.Rows;
        var kind = _request.Calibration ?? (learned && isUsable ? CalibrationKind.Platt : CalibrationKind.None);
        var calibration = Calibration.None;
        var splits = new List<PackedSplit>();
        JsonObject? measured = null;
        TrainingProfile? profile = null;
        if (dataset is not null)
        {
            profile = ProfileFit.Of(_run.Encoder, dataset.Train, cancellation);
            // Calibration is fitted to what the package's own numbers say.
            var draft = SafeFile.TempName(_request.Output);
            try
            {
                PackageWriter.Write(draft, Content(calibration, null, null));
                using var scorer = Scorer.Load(draft, storage: PackageStorage.Mapped, catalogues: _request.Catalogues);
                if (kind != CalibrationKind.None)
                    calibration = Fit(kind, scorer, dataset.Valid
                        ?? throw new ConsortException($"--calibration: found no validation rows in the run's data"), cancellation);
                foreach (var (name, split) in new[] { ("valid", dataset.Valid), ("test", dataset.Test) })
                {
                    if (split is null)
                        continue;
                    var rows = ScoredRows.Read(scorer, split, cancellation);
                    var (logits, packed) = rows.Measure(calibration, isFittedTo: split == dataset.Valid);
                    splits.Add(new PackedSplit(name, Trained(split, cancellation), packed)
                    {
                        Uncalibrated = kind == CalibrationKind.None ? null : rows.Measure(Calibration.None, isFittedTo: false).Metrics,
                    });
                    measured = PackageCard.Measured(name, packed, rows, logits); // of the last one: test, where there is one
                    profile = profile with { Scores = ProfileFit.Scores(rows.Probabilities(calibration), rows.Labels) };
                }
            }
            finally
            {
                File.Delete(draft);
            }
        }

        var members = Members().Select(m => _run.Experiment.Family.Members[m].Name).ToArray();
        PackageWriter.Write(_request.Output, Content(calibration, PackageCard.Of(_run, members, dataset, measured), profile));
        return new PackResult(_request.Output, new FileInfo(_request.Output).Length, members, calibration, splits, missing)
        {
            LacksCalibration = learned && !isUsable,
        };
    }

    private PackageContent Content(Calibration calibration, JsonElement? card, TrainingProfile? profile) => new()
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
        Card = card,
        Profile = profile,
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

    private static Calibration Fit(CalibrationKind kind, Scorer scorer, EncodedSplit split, CancellationToken cancellation)
    {
        try
        {
            return ScoredRows.Read(scorer, split, cancellation).Fit(kind);
        }
        catch (ArgumentException e)
        {
            throw new ConsortException($"--calibration: the run's validation rows cannot be used: {e.Message}", e);
        }
    }

    private Metrics Trained(EncodedSplit split, CancellationToken cancellation)
    {
        var metrics = _run.Pass.Evaluate(split, _run.Encoder, cancellation).Metrics;
        return _member is { } member ? metrics.Members[member] : metrics.Ensemble;
    }

    // Of an older run they may hold words where numbers are promised.
    private static JsonElement? ReadMetrics(string path) => !File.Exists(path) ? null
        : JsonText.Read(path, what => Damaged(path, what), root => JsonNumbers.Clean(JsonSerializer.SerializeToUtf8Bytes(root.Mapping())));

    private static ConsortException Damaged(string path, string what) => new($"{path}: the file is damaged: {what}");
}
