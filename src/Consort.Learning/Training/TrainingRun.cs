using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Foundation.Ranks;
using Consort.Learning.Checkpoints;
using Consort.Learning.Ranks;
using Consort.Learning.Runs;
using Consort.Learning.Teachers;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Learning.Training;

/// <summary>
/// A training from its first weights to the results: phases one after the other, each beginning with the best weights of the one before,
/// with checkpoints to go on from. What a phase does is <see cref="PhaseRun"/>'s, what a step does <see cref="TrainingStep"/>'s.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly EncodedDataset _data;
    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<Phase> _phases;
    private readonly RunFolder _folder;
    private readonly Func<TeacherName, ITeacher> _findTeacher;
    private readonly TrainingObserver _observer;
    private readonly IRanks? _ranks;
    private readonly Workers _workers;
    private readonly TrainingStep _step;
    private bool _isReady;

    /// <summary>Prepares a run.</summary>
    /// <param name="family">What is trained.</param>
    /// <param name="data">With a validation split.</param>
    /// <param name="options">Options of all phases.</param>
    /// <param name="phases">At least one.</param>
    /// <param name="folder">Where checkpoints and the log go.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told a few times a second on the training thread, or null.</param>
    /// <param name="findTeacher">Opens what a phase names as a teacher; null where no phase names any.</param>
    /// <param name="vectors">Gives pretrained vectors, or null.</param>
    /// <param name="isMeasureOnly">Whether a finished run is only measured again: nothing is written into its folder.</param>
    /// <exception cref="ConsortException">The data have no validation split, or a phase does not fit the family.</exception>
    public TrainingRun(
        Family family, EncodedDataset data, TrainingOptions options, IReadOnlyList<Phase> phases, RunFolder folder, int threads,
        IProgress<TrainingProgress>? progress = null, Func<TeacherName, ITeacher>? findTeacher = null, VectorSource? vectors = null,
        bool isMeasureOnly = false)
        : this(family, data, options, phases, folder, threads, progress, findTeacher, vectors, isMeasureOnly, ranks: null)
    {
    }

    /// <summary>One of several ranks: each trains on its share of each batch, and rank 0 alone writes.</summary>
    internal TrainingRun(
        Family family, EncodedDataset data, TrainingOptions options, IReadOnlyList<Phase> phases, RunFolder folder, int threads,
        IProgress<TrainingProgress>? progress, Func<TeacherName, ITeacher>? findTeacher, VectorSource? vectors, bool isMeasureOnly,
        IRanks? ranks, RankOptions? sharing = null)
    {
        TrainingChecks.Splits(data, options.Monitor);
        options.CheckMachine();
        TrainingChecks.Phases(phases, family);
        TrainingChecks.Rows(phases, data.Transfer is not null);
        (_data, _options, _phases, _folder) = (data, options, phases, folder);
        _findTeacher = findTeacher ?? (name => throw new ArgumentException($"nothing finds the teacher {name.Path}", nameof(findTeacher)));
        _observer = new TrainingObserver(folder, data, options, progress)
        { IsMeasureOnly = isMeasureOnly, IsFollower = ranks is { Rank: > 0 } };
        _ranks = ranks;
        _workers = new Workers(threads);
        _step = new TrainingStep(
            family, data.Space, options with { BatchSize = PhaseOverrides.LargestBatch(options, phases) }, _workers, vectors,
            data.Encoder.Schema.LogitShift, ranks, sharing);
    }

    /// <summary>
    /// Weights and an optimizer's state that the first phase begins with, as <see cref="GrownWeights"/> writes them; null to draw weights.
    /// </summary>
    internal string? Start { get; init; }

    /// <summary>The weights: after <see cref="Run"/> the best of the last phase.</summary>
    public ParameterStore<float> Store => _step.Store;

    /// <summary>The same as a checkpoint has them, also where each rank has a part: then all ask together.</summary>
    internal List<WeightTensor> Tensors() => _step.Tensors(optimizer: null);

    /// <summary>What matrix multiplies really round their operands to on this machine.</summary>
    public Precision Precision => _step.Program.Precision;

    /// <summary>
    /// Makes the first weights of a run that begins, and reads all that it starts from or learns from once, so that what cannot be used is
    /// refused before anything is written. <see cref="Run"/> does it where it has not been done.
    /// </summary>
    /// <exception cref="ConsortException">Weights or vectors are missing, damaged, or do not fit the family.</exception>
    public void Prepare()
    {
        if (_isReady)
            return;
        if (Start is null && TrainingChecks.WithoutStatistics(_phases) is >= 0 and var fresh)
            throw new ConsortException($"phase {_phases[fresh].Name}, batch_norm: {TrainingChecks.NoStatistics}");
        _observer.Start();
        foreach (var phase in _phases)
        {
            // Into the weights themselves, which are drawn below: a store for the trial would take as much memory again.
            for (var member = 0; member < phase.From.Count; member++)
                Checkpoint.LoadMember(phase.From[member], _step.Tensors(null), member);
            foreach (var name in phase.Teachers)
            {
                using var teacher = _findTeacher(name);
                using var rows = Loader(phase, isShuffled: false);
                teacher.Check(rows);
            }
        }

        if (Start is not { } start)
            _step.Initialize(_options.Seed);
        else
            RunCheckpoints.Begin(start, _step, _phases[0]);
        _isReady = true;
    }

    /// <summary>Trains, or goes on where a checkpoint stands.</summary>
    /// <param name="identity">A digest of everything that decides the result; a checkpoint of another one is refused.</param>
    /// <param name="resume">Whether to go on from the folder's checkpoint if there is one.</param>
    /// <param name="cancellation">Stops after the step under way, with a checkpoint to go on from.</param>
    /// <exception cref="ConsortException">A checkpoint is damaged or of another experiment, or training diverged.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; the checkpoint is written.</exception>
    public TrainingResult Run(string identity, bool resume, CancellationToken cancellation)
    {
        _observer.Start();
        var goesOn = resume && File.Exists(_folder.LastCheckpoint);
        if (_ranks is not null)
            goesOn = _ranks.GatherEqual<byte>([goesOn ? (byte)1 : (byte)0])[0] == 1; // as rank 0 finds it
        if (!goesOn)
            Prepare();
        var state = goesOn ? RunCheckpoints.Restore(_folder, _step, _phases, identity) : new TrainingState { Identity = identity };
        _observer.Begin(state, goesOn);
        var checkpoints = new RunCheckpoints(_folder, _step, state, _phases, _options, _observer);
        while (state.Phase < _phases.Count)
            RunPhase(_phases[state.Phase], state, checkpoints, cancellation);

        if (_ranks is not null)
            cancellation = CancellationToken.None;
        var valid = _step.Pass.Evaluate(_data.Valid!, _data.Encoder, _options.ValidLeftOut, cancellation);
        var test = _data.Test is { } split ? _step.Pass.Evaluate(split, _data.Encoder, cancellation) : null;
        return new TrainingResult(
            valid, test, state.Epochs, state.TrainedRows == 0
            ? 0 : state.TrainedRows / state.TrainedSeconds, _step.ParameterCount,
            MemoryUse.PeakBytes(), _observer.BytesPerStep, _observer.Seconds, _observer.Memory)
        {
            Ship = _phases[^1].Strategy.ShipsOneMember && valid.Metrics.Members.Count > 1
                ? _options.BestMember(valid.Metrics.Members.Select(m => (m.Auc, m.LogLoss))) : null,
            Ranks = _ranks?.Count ?? 1,
            Wire = WireUse.Of(_step.Traffic),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        _workers.Dispose();
    }

    private void RunPhase(Phase phase, TrainingState state, RunCheckpoints checkpoints, CancellationToken cancellation)
    {
        using var loader = Loader(phase, isShuffled: true);
        var teachers = phase.Teachers.Count == 0 ? null : Ask(phase, state, cancellation);
        var run = new PhaseRun(phase, _step, loader, _data, _options, state, checkpoints, _observer, teachers);
        try
        {
            run.Run(cancellation);
        }
        catch (OperationCanceledException)
        {
            checkpoints.SaveLast();
            _observer.Stopped();
            throw;
        }

        state.NextPhase();
        if (state.Phase < _phases.Count && !_phases[state.Phase].KeepOptimizer)
            _step.ForgetOptimizer();
    }

    // Teachers say something of every row; students leave a part out.
    private BatchLoader Loader(Phase phase, bool isShuffled)
    {
        var rows = phase.RowsOf(_data.Transfer is not null);
        var options = new LoaderOptions(phase.Overrides.BatchSize ?? _options.BatchSize, isShuffled, _options.Seed)
        {
            LeaveOut = isShuffled ? phase.LeftOut : null,
            Masked = isShuffled && _options.OovRate > 0 ? new MaskedTokens(_options.OovRate, _data.Encoder.Open) : null,
            Share = isShuffled && _ranks is not null ? (_ranks.Rank, _ranks.Count) : (0, 1),
        };
        return rows == PhaseRows.Transfer
            ? new BatchLoader(_data.Transfer!, options with { LeaveOut = null })
            : new BatchLoader(_data.Train, options, rows == PhaseRows.All ? _data.Transfer : null);
    }

    // One teacher after the other: none is in memory while the students learn.
    private TeacherLogits Ask(Phase phase, TrainingState state, CancellationToken cancellation)
    {
        using var rows = Loader(phase, isShuffled: false);
        var isOver = state.IsPhaseDone || state.Epoch >= phase.Epochs;
        var logits = new TeacherLogits(isOver ? 0 : rows.Rows, phase.Teachers.Count);
        try
        {
            for (var t = 0; t < phase.Teachers.Count && !isOver; t++)
            {
                using var teacher = _findTeacher(phase.Teachers[t]);
                var before = t * rows.Rows;
                teacher.Teach(rows, logits, t, _workers, done => _observer.Asked(phase, before + done, rows.Rows * phase.Teachers.Count),
                    cancellation);
            }

            if (phase.OutOfFold && !isOver && phase.RowsOf(_data.Transfer is not null) != PhaseRows.Transfer)
                logits.OutOfFold(_data.Train.Rows);
        }
        catch
        {
            logits.Dispose();
            throw;
        }

        return logits;
    }
}
