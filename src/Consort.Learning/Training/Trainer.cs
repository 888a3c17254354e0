using System.Diagnostics;
using System.Globalization;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Foundation.Numbers;
using Consort.Learning.Checkpoints;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Learning.Schedules;

namespace Consort.Learning.Training;

/// <summary>
/// The one training loop: phases of epochs of steps, an evaluation after each epoch (or part of one), early stopping on
/// the best weights, checkpoints to go on from. It knows neither architectures nor how members teach each other.
/// </summary>
public sealed partial class Trainer : IDisposable
{
    private static readonly long ReportTicks = Stopwatch.Frequency / 4;

    private readonly EncodedDataset _data;
    private readonly TrainingOptions _options;
    private readonly IReadOnlyList<Phase> _phases;
    private readonly RunFolder _folder;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly Workers _workers;
    private readonly ParameterStore<float> _store;
    private readonly Program<float> _program;
    private readonly Func<string, TeacherModel>? _findTeacher;
    private readonly List<FrozenTeacher> _teachers = [];
    private LogitPass _pass;
    private readonly AllocationMeter _allocations = new();
    private readonly double[] _terms = new double[16];
    private readonly CounterRandom _dropout;
    private TrainerState _state = new();
    private Optimizer<float>? _optimizer;
    private Schedule? _schedule;
    private readonly long _memoryBefore;
    private MemoryUse? _memory;
    private long _lastReport;
    private long _lastCheckpoint;
    private readonly Stopwatch _clock = new();
    private double _secondsBefore;
    private bool _isReady;

    /// <summary>Prepares a run.</summary>
    /// <param name="graph">The family.</param>
    /// <param name="data">With a validation split.</param>
    /// <param name="options">Options of all phases.</param>
    /// <param name="phases">At least one.</param>
    /// <param name="folder">Where checkpoints and the log go.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told a few times a second on the training thread, or null.</param>
    /// <param name="findTeacher">Finds what a phase names as a teacher; null where no phase names any.</param>
    /// <exception cref="ConsortException">The data have no validation split, or a phase does not fit the family.</exception>
    public Trainer(
        Graph graph, EncodedDataset data, TrainingOptions options, IReadOnlyList<Phase> phases, RunFolder folder, int threads,
        IProgress<TrainingProgress>? progress = null, Func<string, TeacherModel>? findTeacher = null)
    {
        CheckSplits(data, options.Monitor);
        options.CheckMachine();
        foreach (var phase in phases.Where(p => p.From.Count > 0 && p.From.Count != graph.Outputs.Count))
            throw new ConsortException(
                $"phase {phase.Name}, from: found {phase.From.Count} runs, expected {graph.Outputs.Count}, one a member");
        foreach (var phase in phases)
            CheckTeachers(phase, findTeacher);
        (_data, _options, _phases, _folder, _progress, _findTeacher) = (data, options, phases, folder, progress, findTeacher);
        _memoryBefore = Math.Max(0, MemoryUse.Now() - Mapped); // opening the data has read them all
        _workers = new Workers(threads);
        _store = new ParameterStore<float>(graph);
        _program = new Program<float>(graph, _store, OperationKernels.Of<float>(), options.BatchSize, _workers, gemm: Multiplies.Of(_workers, options.Precision, options.MatrixLibrary));
        _pass = new LogitPass(_program);
        _dropout = new CounterRandom(options.Seed, "dropout");
    }

    /// <summary>The weights: after <see cref="Run"/> the best of the last phase.</summary>
    public ParameterStore<float> Store => _store;

    /// <summary>What matrix multiplies really round their operands to on this machine.</summary>
    public Precision Precision => _program.Precision;

    /// <summary>Whether a finished run is only measured again: nothing is written into its folder.</summary>
    public bool IsMeasureOnly { get; init; }

    /// <summary>Trains, or goes on where a checkpoint stands.</summary>
    /// <param name="identity">A digest of everything that decides the result; a checkpoint of another one is refused.</param>
    /// <param name="resume">Whether to go on from the folder's checkpoint if there is one.</param>
    /// <param name="cancellation">Stops after the step under way, with a checkpoint to go on from.</param>
    /// <exception cref="ConsortException">A checkpoint is damaged or of another experiment, or training diverged.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; the checkpoint is written.</exception>
    public TrainingResult Run(string identity, bool resume, CancellationToken cancellation)
    {
        _clock.Start();
        if (resume && File.Exists(_folder.LastCheckpoint))
        {
            Restore(identity);
        }
        else
        {
            Prepare();
            _state = new TrainerState { Identity = identity };
        }

        _lastCheckpoint = Stopwatch.GetTimestamp();
        try
        {
            for (; _state.Phase < _phases.Count; _state.Phase++)
            {
                RunPhase(_phases[_state.Phase], cancellation);
                NextPhase();
            }
        }
        catch (OperationCanceledException)
        {
            if (IsMeasureOnly)
                throw;
            SaveLast();
            _folder.Log("stopped", ("phase", _state.Phase), ("epoch", _state.Epoch), ("batch", _state.Batch));
            throw;
        }

        var fusion = _phases[^1].Strategy.Fusion;
        var valid = _pass.Evaluate(_data.Valid!, _data.Encoder, fusion, cancellation);
        var test = _data.Test is { } split ? _pass.Evaluate(split, _data.Encoder, fusion, cancellation) : null;
        return new TrainingResult(
            valid, test, _state.Epochs, _state.TrainedRows == 0 ? 0 : _state.TrainedRows / _state.TrainedSeconds, _program.Graph.ParameterCount,
            MemoryUse.PeakBytes(), _allocations.BytesPerStep, Seconds, _memory is { } memory ? memory with { Peak = MemoryUse.PeakBytes() } : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer?.Dispose();
        CloseTeachers();
        _program.Dispose();
        _store.Dispose();
        _workers.Dispose();
    }

    private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    private long Mapped => _data.Train.Bytes + _data.Valid!.Bytes + (_data.Test?.Bytes ?? 0);

    private void RunPhase(Phase phase, CancellationToken cancellation)
    {
        using var loader = new BatchLoader(_data.Train, new LoaderOptions(_options.BatchSize, Shuffle: true, _options.Seed));
        OpenPhase(phase, loader.Batches);
        if (phase.EvaluateFirst && _state is { PhaseSteps: 0, EvaluatedAt: < 0 })
            EndPart(phase, cancellation);

        while (!_state.IsPhaseDone && _state.Epoch < phase.Epochs)
        {
            RunEpoch(phase, loader, cancellation);
            (_state.Epoch, _state.RunEpochs, _state.Batch) = (_state.Epoch + 1, _state.RunEpochs + 1, 0);
            Array.Clear(_state.LossSums);
            SaveLast();
        }

        _memory = MemoryUse.Of(_program, _optimizer!, loader, Mapped, _memoryBefore);
        Checkpoint.Load(_folder.BestCheckpoint(phase.Name), _store);
    }

    // A phase begins with the weights it names or finds, and with a fresh optimizer.
    private void OpenPhase(Phase phase, long stepsPerEpoch)
    {
        if (phase.Strategy.TermNames.Count > _terms.Length)
            throw new InvalidOperationException($"strategy {phase.Strategy.Name} has more than {_terms.Length} loss terms");
        _schedule = phase.Schedule.Create(phase.LearningRate, stepsPerEpoch);
        _program.FrozenMembers = phase.Frozen;
        OpenTeachers(phase);
        if (_optimizer is null)
            _optimizer = new Optimizer<float>(_store, _options.Optimizer with { FrozenMembers = phase.Frozen }, _workers);
        if (_state.LossSums.Length != phase.Strategy.TermNames.Count)
            _state.LossSums = new double[phase.Strategy.TermNames.Count];
        if (_state.Schedule.Length == _schedule.StateSize && _state.PhaseSteps > 0)
            _schedule.LoadState(_state.Schedule);
        if (_state.Strategy.Length == phase.Strategy.State.Length && _state.PhaseSteps > 0)
            _state.Strategy.CopyTo(phase.Strategy.State);
        if (_state.PhaseSteps > 0)
            return;
        for (var member = 0; member < phase.From.Count; member++)
            Checkpoint.LoadMember(phase.From[member], _store, member);
        if (!IsMeasureOnly)
            _folder.Log("phase", ("name", phase.Name), ("strategy", phase.Strategy.Name), ("steps_per_epoch", stepsPerEpoch));
    }

    private static void CheckTeachers(Phase phase, Func<string, TeacherModel>? findTeacher)
    {
        if (phase.Strategy.LearnsFromTeachers && phase.Teachers.Count == 0)
            throw new ConsortException($"phase {phase.Name}, teachers: found none, expected at least one for strategy {phase.Strategy.Name}");
        if (!phase.Strategy.LearnsFromTeachers && phase.Teachers.Count > 0)
            throw new ConsortException($"phase {phase.Name}, teachers: found {phase.Teachers.Count}, expected none for strategy {phase.Strategy.Name}");
        if (phase.Teachers.Count > 0)
            ArgumentNullException.ThrowIfNull(findTeacher);
    }

    private void OpenTeachers(Phase phase)
    {
        CloseTeachers();
        foreach (var teacher in phase.Teachers)
            _teachers.Add(new FrozenTeacher(_findTeacher!(teacher), _options.BatchSize, _workers));
        _pass = new LogitPass(_program, _teachers);
        phase.Strategy.Open(_teachers.Count);
    }

    private void CloseTeachers()
    {
        foreach (var teacher in _teachers)
            teacher.Dispose();
        _teachers.Clear();
    }

    private void NextPhase()
    {
        _optimizer!.Dispose();
        _optimizer = null;
        (_state.Epoch, _state.Batch, _state.PhaseSteps, _state.EvaluatedAt, _state.WithoutImprovement) = (0, 0, 0, -1, 0);
        (_state.Best, _state.IsPhaseDone, _state.Schedule, _state.LossSums, _state.Strategy) = (double.NegativeInfinity, false, [], [], []);
    }

    private void RunEpoch(Phase phase, BatchLoader loader, CancellationToken cancellation)
    {
        var batches = loader.Batches;
        loader.Start(_state.RunEpochs, _state.Batch);
        if (_state.Batch > 0 && IsPartEnd(batches) && _state.EvaluatedAt != _state.PhaseSteps)
            EndPart(phase, cancellation); // the run was stopped in the middle of this evaluation
        if (_state.IsPhaseDone)
            return;
        _allocations.Resume();
        var (epochRows, epochStart, evaluationTicks) = (0L, Stopwatch.GetTimestamp(), 0L);
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            if (loader.Next() is not { } batch)
                break;
            TrainStep(phase, batch);
            _allocations.Step();
            var now = Stopwatch.GetTimestamp();
            _state.TrainedRows += batch.Rows;
            _state.TrainedSeconds += Stopwatch.GetElapsedTime(start, now).TotalSeconds;
            epochRows += batch.Rows;

            var isEnd = IsPartEnd(batches);
            var isReport = now - _lastReport > ReportTicks;
            var isSave = !isEnd && Stopwatch.GetElapsedTime(_lastCheckpoint, now).TotalMinutes >= _options.CheckpointMinutes;
            if (isEnd || isReport || isSave)
            {
                _allocations.Pause();
                if (isReport)
                    Report(phase, batches, epochRows, Stopwatch.GetElapsedTime(epochStart + evaluationTicks, now).TotalSeconds, now, _schedule!.Rate(_state.PhaseSteps - 1));
                if (isEnd)
                    EndPart(phase, cancellation);
                if (isSave)
                    SaveLast();
                evaluationTicks += Stopwatch.GetTimestamp() - now;
                if (_state.IsPhaseDone)
                    break;
                _allocations.Resume();
            }

            if (_state.Batch < batches)
                cancellation.ThrowIfCancellationRequested();
        }

        _allocations.Pause();
    }

    private void TrainStep(Phase phase, Batch batch)
    {
        _pass.Run(batch, phase.Strategy.Fusion, isTraining: true, _dropout.Bits((ulong)_state.Steps));
        phase.Strategy.Apply(_pass.Logits, _terms);
        _pass.Backward();
        var rate = _schedule!.Rate(_state.PhaseSteps);
        try
        {
            _optimizer!.Step(rate);
        }
        catch (NotFiniteNumberException e)
        {
            throw Diverged(e.Message);
        }

        for (var term = 0; term < _state.LossSums.Length; term++)
        {
            if (!double.IsFinite(_terms[term]))
                throw Diverged(string.Create(CultureInfo.InvariantCulture, $"the loss term {phase.Strategy.TermNames[term]} is {_terms[term]}"));
            _state.LossSums[term] += _terms[term];
        }

        (_state.Batch, _state.PhaseSteps, _state.Steps) = (_state.Batch + 1, _state.PhaseSteps + 1, _state.Steps + 1);
    }

    // Parts are as equal as batches allow; the last one ends with the epoch.
    private bool IsPartEnd(long batches)
    {
        var parts = Math.Min(_options.EvaluationsPerEpoch, batches);
        return _state.Batch * parts / batches > (_state.Batch - 1) * parts / batches;
    }

    private void EndPart(Phase phase, CancellationToken cancellation)
    {
        var valid = EvaluateValid(phase, cancellation);
        var metric = Monitored(valid);
        // Data of one class have no AUC: the first weights then stay the best, rather than none.
        var isBest = metric > _state.Best + phase.MinDelta || (_state.Best == double.NegativeInfinity && !double.IsFinite(metric));
        var rate = _schedule!.Rate(Math.Max(0, _state.PhaseSteps - 1));
        _schedule.Evaluated(metric);
        _state.EvaluatedAt = _state.PhaseSteps;
        if (isBest)
        {
            _state.Best = double.IsFinite(metric) ? metric : double.MinValue;
            _state.WithoutImprovement = 0;
            Save(_folder.BestCheckpoint(phase.Name), null, $"{{\"steps\":{_state.Steps}}}");
        }
        else if (++_state.WithoutImprovement >= phase.Patience && phase.Patience > 0)
        {
            _state.IsPhaseDone = true;
        }

        var loss = new Dictionary<string, double>();
        for (var term = 0; term < _state.LossSums.Length && _state.Batch > 0; term++)
            loss[phase.Strategy.TermNames[term]] = _state.LossSums[term] / _state.Batch;
        var epoch = _state.PhaseSteps == 0 ? 0 : _state.Epoch + 1;
        var result = new EpochResult(phase.Name, epoch, _state.Steps, rate, loss, valid, isBest, _state.TrainedSeconds);
        _state.Epochs.Add(result);
        if (!IsMeasureOnly)
            _folder.LogEpoch(result);
        Report(phase, 0, 0, 0, Stopwatch.GetTimestamp(), rate);
    }

    private double Monitored(ConsortMetrics valid) => _options.Monitor switch
    {
        Monitor.Auc => valid.Ensemble.Auc,
        Monitor.MemberAuc => valid.Members.Average(m => m.Auc),
        _ => -valid.Ensemble.LogLoss,
    };

    // The rate is that of the last step, which the log has too: an evaluation may have changed that of the next.
    private void Report(Phase phase, long batches, long rows, double seconds, long now, double rate)
    {
        _lastReport = now;
        if (_progress is null)
            return;
        var loss = 0.0;
        foreach (var sum in _state.LossSums)
            loss += sum / Math.Max(1, _state.Batch);
        var pace = seconds > 0 ? rows / seconds : _state.TrainedRows / Math.Max(1e-9, _state.TrainedSeconds);
        var left = pace > 0 ? Math.Max(0, batches - _state.Batch) * _options.BatchSize / pace : 0;
        var latest = _state.Epochs.Count > 0 ? _state.Epochs[^1] : null;
        _progress.Report(new TrainingProgress(
            phase.Name, _state.Epoch + 1, phase.Epochs, _state.Batch, batches, pace, loss, rate,
            latest?.Valid.Ensemble, left, latest is { IsBest: true }));
    }

    private void SaveLast()
    {
        _state.Schedule = new double[_schedule!.StateSize];
        _schedule.SaveState(_state.Schedule);
        _state.Strategy = _phases[_state.Phase].Strategy.State.ToArray();
        _state.OptimizerSteps = _optimizer!.Steps;
        _state.Seconds = Seconds;
        _state.Limits = [.. _phases.Select(p => p.Epochs)];
        Save(_folder.LastCheckpoint, _optimizer, _state.ToJson());
        _lastCheckpoint = Stopwatch.GetTimestamp();
    }

    private void Restore(string identity)
    {
        if (LastCheckpoint.IdentityOf(_folder) != identity)
            throw new ConsortException(
                $"{_folder.LastCheckpoint}: was written by another experiment or other data; start again without --resume, or in another folder");
        LastCheckpoint.CheckEpochs(_folder, _phases);
        // The optimizer must exist before its state can be read; its kind is the same in all phases.
        var phase = Math.Min(LastCheckpoint.PhaseOf(_folder), _phases.Count - 1);
        _optimizer = new Optimizer<float>(_store, _options.Optimizer with { FrozenMembers = _phases[phase].Frozen }, _workers);
        _state = TrainerState.Parse(Checkpoint.Load(_folder.LastCheckpoint, _store, _optimizer), _folder.LastCheckpoint);
        _optimizer.Steps = _state.OptimizerSteps;
        _secondsBefore = Math.Max(_state.Seconds, _state.TrainedSeconds);
        if (!IsMeasureOnly)
            _folder.Log("resumed", ("phase", _state.Phase), ("epoch", _state.Epoch), ("batch", _state.Batch), ("steps", _state.Steps));
    }
}
