using System.Text;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;
using Consort.Learning.Runs;
using Consort.Learning.Teachers;
using Consort.Learning.Training;

namespace Consort.Experiments.Running;

/// <summary>Runs an experiment from raw rows to a report, in a run folder.</summary>
public static class ExperimentRunner
{
    /// <summary>Encodes what is not encoded yet, trains, measures, and writes the run folder.</summary>
    /// <exception cref="ConsortException">A mistake in the data, the experiment, or the folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; a run that trained leaves a checkpoint.</exception>
    public static RunResult Run(RunRequest request, CancellationToken cancellation)
    {
        var experiment = request.Experiment;
        experiment.Training.CheckMachine();
        if (request.Ranks is { } ranks)
            RankAgreement.Check(ranks, RunEnvironment.WhatRanksShare(request));
        if (!request.Ranks.Follows())
            CheckNoChain(request.Folder);
        var folder = new RunFolder(request.Folder);
        var isNew = !request.Ranks.Follows() && !Directory.Exists(folder.Path);
        try
        {
            using var claim = request.Ranks.Follows() ? null : folder.Claim();
            return Run(request, folder, cancellation);
        }
        finally
        {
            // What was refused leaves nothing behind.
            if (isNew)
                folder.RemoveEmpty();
        }
    }

    // Rank 0 encodes what is not encoded yet, and the others find it so where they see the same files.
    private static (EncodedDataset Dataset, EncodeResult? Encoding) Open(
        RunRequest request, DataSource source, CancellationToken cancellation)
    {
        if (request.Ranks.Follows())
            request.Ranks!.Meet();
        var opened = source.Open(request.Threads, request.Encoding, cancellation);
        if (!request.Ranks.Follows())
            request.Ranks?.Meet();
        return opened;
    }

    private static RunResult Run(RunRequest request, RunFolder folder, CancellationToken cancellation)
    {
        var experiment = request.Experiment;
        if (!request.Ranks.Follows())
            CheckFree(folder, request);
        var goesOn = request.Ranks.AsRank0(() => request.Resume && File.Exists(folder.LastCheckpoint));
        if (request.Resume && !goesOn)
            request.Notice?.Invoke($"--resume: found no checkpoint in {folder.Path}, so training begins anew");
        // A run that goes on has the vectors in its checkpoint.
        if (!goesOn)
            PretrainedFiles.Check(experiment);
        var source = experiment.Data ?? throw new ArgumentException("the experiment names no data", nameof(request));
        var (dataset, encoding) = Open(request, source, cancellation);
        using (dataset)
        {
            // All that can be refused is, before anything is written.
            var identity = RunIdentity.Of(experiment, dataset, request.Start);
            if (request.Ranks is { } ranks)
                RankAgreement.Check(ranks, RunEnvironment.WhatRanksShare(identity, dataset));
            if (request.Resume && !request.Ranks.Follows())
                identity.CheckResumable(folder, experiment);
            var hasFinished = request.Ranks.AsRank0(
                () => goesOn && File.Exists(folder.Metrics) && LastCheckpoint.HasEpochs(folder, experiment.Phases));
            TrainingChecks.Splits(dataset, experiment.Training.Monitor);
            TeacherFolds.Check(experiment);
            if (!request.IgnoreMemory)
                CheckMemory(request, dataset);
            var events = new List<Action>();
            var vectors = PretrainedFiles.Source(dataset.Encoder, (name, fields) => events.Add(() => folder.Log(name, fields)),
                request.Notice);
            using var training = new TrainingRun(
                experiment.Family, dataset, experiment.Training, experiment.Phases, folder, request.Threads, request.Training,
                name => Teacher(name, dataset, experiment.Catalogues), vectors, isMeasureOnly: hasFinished, request.Ranks,
                new RankOptions(request.ShardTables, request.OverlapsExchange, request.Wire))
            {
                Start = request.Start?.Path,
            };
            if (hasFinished)
                return new RunResult(folder.Path, training.Run(identity.ToString(), resume: true, cancellation), encoding)
                { HadFinished = true };
            if (!goesOn)
                training.Prepare();
            if (!request.Ranks.Follows())
            {
                Begin(request, folder, source, dataset);
                events.ForEach(log => log());
            }

            var result = training.Run(identity.ToString(), request.Resume, cancellation);
            if (!request.IsAlone)
                result = result with { AllocatedBytesPerStep = double.NaN };
            if (request.Ranks.Follows())
                return new RunResult(folder.Path, result, encoding);
            WriteText(folder.Report, RunReport.Markdown(experiment, result, dataset));
            // The last: with it the run counts as finished.
            WriteText(folder.Metrics, TrainMetrics.ToJson(result));
            folder.Log("done", ("valid", result.Valid.Metrics.Ensemble), ("test", result.Test?.Metrics.Ensemble),
                ("seconds", result.Seconds));
            return new RunResult(folder.Path, result, encoding);
        }
    }

    // What a run is, before its first step.
    private static void Begin(RunRequest request, RunFolder folder, DataSource source, EncodedDataset dataset)
    {
        var experiment = request.Experiment;
        WriteText(folder.Experiment, experiment.Text);
        RunData.Write(folder, source, dataset);
        var (precision, missing) = (experiment.Training.Precision, experiment.Training.Precision.Missing());
        if (missing is not null)
            precision = Precision.Fp32;
        WriteText(folder.Environment, RunEnvironment.Describe(request, dataset.Key, precision));
        dataset.Encoder.Save(folder.Encoder);
        folder.Log("start", ("experiment", experiment.Name), ("data_key", dataset.Key), ("seed", experiment.Training.Seed),
            ("resume", request.Resume));
        foreach (var warning in SplitWarnings.Of(dataset))
        {
            folder.Log("warning", ("text", warning));
            request.Notice?.Invoke($"warning: {warning}");
        }

        if (missing is not null)
            folder.Log("precision", ("asked", experiment.Training.Precision.Name()), ("used", precision.Name()), ("why", missing));
    }

    private static void CheckMemory(RunRequest request, EncodedDataset dataset)
    {
        var (experiment, ranks) = (request.Experiment, request.Ranks?.Count ?? 1);
        var largest = PhaseOverrides.LargestBatch(experiment.Training, experiment.Phases);
        foreach (var phase in experiment.Phases.DistinctBy(p => string.Join('\n', p.Teachers)))
            MemoryCheck.Training(
                experiment.Family.Build(request.ShardTables ? ShardSpaces.OfRank(dataset.Space, ranks) : dataset.Space),
                experiment.Training with { BatchSize = (largest + ranks - 1) / ranks },
                [.. phase.Teachers.Where(t => !t.IsPredictions).Select(t =>
                    Experiment.OfRun(new RunFolder(t.Path).Experiment, experiment.Catalogues).Family.Build(dataset.Space))],
                sizeof(float) * (dataset.Train.Rows + (dataset.Transfer?.Rows ?? 0)) * phase.Teachers.Count);
    }

    // Ids mean the same to teacher and students only if one encoder made them.
    private static ITeacher Teacher(TeacherName name, EncodedDataset dataset, Catalogues catalogues)
    {
        if (name.IsPredictions)
            return new PredictionTeacher(name, dataset.Encoder.Schema.LogitShift);
        var (path, folder) = (name.Path, new RunFolder(name.Path));
        var experiment = Experiment.OfRun(folder.Experiment, catalogues);
        if (!File.Exists(folder.Encoder) || !Data.Encoders.Encoder.AreSame(folder.Encoder, dataset.EncoderFile))
            throw new ConsortException($"teacher {path}: was trained on other data, expected an encoder equal to that of this run");
        return new FrozenTeacher(new TrainedFamily(experiment.Family, dataset.Space, RunWeights.Final.Find(folder, experiment)), path);
    }

    /// <summary>Refuses the folder of a run with days: these are written by <c>train</c> with a file that has them.</summary>
    internal static void CheckNoChain(string folder)
    {
        if (new RunChain(folder).IsThere)
            throw new ConsortException($"{folder}: holds a run and its days; name another folder with --out, or train a file whose phases have days");
    }

    // A folder that holds a run is not overwritten by accident.
    private static void CheckFree(RunFolder folder, RunRequest request)
    {
        if (request.Resume || !folder.HasTrained)
            return;
        if (File.Exists(folder.Experiment) && DecisiveOptions.Kept(folder.Experiment).Equals(request.Experiment.Options)
            && !File.Exists(folder.LastCheckpoint))
            return;
        throw new ConsortException(
            $"{folder.Path}: holds a run already; go on with --resume, name another folder with --out, or delete it");
    }

    private static void WriteText(string path, string text) => SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
