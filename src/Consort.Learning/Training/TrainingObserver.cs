using System.Diagnostics;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Learning.Schedules;

namespace Consort.Learning.Training;

/// <summary>Sees a training and changes nothing of it: the run's log, who is told how far it has come, time, memory, allocations.</summary>
internal sealed class TrainingObserver
{
    private static readonly long ReportTicks = Stopwatch.Frequency / 4;

    private readonly RunFolder _folder;
    private readonly TrainingOptions _options;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly AllocationMeter _allocations = new();
    private readonly Stopwatch _clock = new();
    private readonly long _mapped;
    private readonly long _memoryBefore;
    private double _secondsBefore;
    private TrainingState _state = new();
    private Phase? _phase;
    private Schedule? _schedule;
    private long _batches;
    private long _lastReport;
    private long _epochStart;
    private long _epochRows;
    private MemoryUse? _memory;

    /// <summary>Looks at the process before anything of the training is made.</summary>
    public TrainingObserver(RunFolder folder, EncodedDataset data, TrainingOptions options, IProgress<TrainingProgress>? progress)
    {
        (_folder, _options, _progress) = (folder, options, progress);
        _mapped = data.Train.Bytes + data.Valid!.Bytes + (data.Test?.Bytes ?? 0) + (data.Transfer?.Bytes ?? 0);
        _memoryBefore = Math.Max(0, MemoryUse.Now() - _mapped); // opening the data has read them all
    }

    /// <summary>Whether nothing is written into the run's folder.</summary>
    public bool IsMeasureOnly { get; init; }

    /// <summary>Whether another rank writes the log.</summary>
    public bool IsFollower { get; init; }

    /// <summary>Time of all processes that worked on the run.</summary>
    public double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>Managed bytes a step.</summary>
    public double BytesPerStep => _allocations.BytesPerStep;

    /// <summary>What the process's memory is made of, or null where nothing was trained.</summary>
    public MemoryUse? Memory => _memory is { } memory ? memory with { Peak = MemoryUse.PeakBytes() } : null;

    /// <summary>The time counts from here.</summary>
    public void Start() => _clock.Start();

    /// <summary>Training begins, or goes on, from a state.</summary>
    public void Begin(TrainingState state, bool isResumed)
    {
        _state = state;
        if (!isResumed)
            return;
        _secondsBefore = Math.Max(state.Seconds, state.TrainedSeconds);
        Log("resumed", ("phase", state.Phase), ("epoch", state.Epoch), ("batch", state.Batch), ("steps", state.Steps));
    }

    /// <summary>A phase is open.</summary>
    public void Enter(Phase phase, long batches, Schedule schedule)
    {
        (_phase, _batches, _schedule) = (phase, batches, schedule);
        if (_state.PhaseSteps == 0)
            Log("phase", ("name", phase.Name), ("strategy", phase.Strategy.Name), ("steps_per_epoch", batches));
    }

    /// <summary>Teachers are asked before the first step of a phase.</summary>
    /// <param name="phase">Whose teachers they are.</param>
    /// <param name="done">Rows, of all teachers together.</param>
    /// <param name="all">Likewise.</param>
    public void Asked(Phase phase, long done, long all)
    {
        var now = Stopwatch.GetTimestamp();
        if (_progress is null || !IsDue(now))
            return;
        _lastReport = now;
        _progress.Report(new TrainingProgress(phase.Name, 0, phase.Epochs, done, all, 0, 0, 0, null, 0, false));
    }

    /// <summary>An epoch, or what is left of it, begins.</summary>
    public void BeginEpoch()
    {
        _allocations.Resume();
        (_epochRows, _epochStart) = (0, Stopwatch.GetTimestamp());
    }

    /// <summary>A step is done; gives the time.</summary>
    public long Stepped(int rows, long start)
    {
        _allocations.Step();
        var now = Stopwatch.GetTimestamp();
        _state.TrainedRows += rows;
        _state.TrainedSeconds += Stopwatch.GetElapsedTime(start, now).TotalSeconds;
        _epochRows += rows;
        return now;
    }

    /// <summary>Whether it is time for a report.</summary>
    public bool IsDue(long now) => now - _lastReport > ReportTicks;

    /// <summary>What follows is no training step.</summary>
    public void Pause() => _allocations.Pause();

    /// <summary>Steps go on that were paused at a time.</summary>
    public void Resume(long paused)
    {
        _epochStart += Stopwatch.GetTimestamp() - paused;
        _allocations.Resume();
    }

    /// <summary>Tells how far training has come.</summary>
    public void Report(long now) =>
        Report(now, _batches, _epochRows, Stopwatch.GetElapsedTime(_epochStart, now).TotalSeconds, _schedule!.Rate(_state.PhaseSteps - 1));

    /// <summary>The validation rows were measured.</summary>
    /// <param name="valid">What came of it.</param>
    /// <param name="isBest">Whether the weights are the phase's best so far.</param>
    /// <param name="rate">Of the last step.</param>
    public void Evaluated(ConsortMetrics valid, bool isBest, double rate)
    {
        var loss = new Dictionary<string, double>();
        for (var term = 0; term < _state.LossSums.Length && _state.Batch > 0; term++)
            loss[_phase!.Strategy.TermNames[term]] = _state.LossSums[term] / _state.Batch;
        var epoch = _state.PhaseSteps == 0 ? 0 : _state.Epoch + 1;
        var result = new EpochResult(_phase!.Name, epoch, _state.Steps, rate, loss, valid, isBest, _state.TrainedSeconds);
        _state.Epochs.Add(result);
        Log(
            "evaluation", ("phase", result.Phase), ("epoch", result.Epoch), ("steps", result.Steps), ("learning_rate", result.LearningRate),
            ("loss", result.Loss), ("valid", valid.Ensemble), ("members", valid.Members.Select(m => m.Auc)),
            ("best", result.IsBest), ("seconds", result.Seconds));
        Report(Stopwatch.GetTimestamp(), 0, 0, 0, rate);
    }

    /// <summary>The user stopped the training.</summary>
    public void Stopped() => Log("stopped", ("phase", _state.Phase), ("epoch", _state.Epoch), ("batch", _state.Batch));

    /// <summary>Measures what a phase has in memory.</summary>
    public void Measure(TrainingStep step, BatchLoader loader) =>
        _memory = MemoryUse.Of(step.Program, step.Optimizer, loader, _mapped, _memoryBefore);

    private void Report(long now, long batches, long rows, double seconds, double rate)
    {
        _lastReport = now;
        if (_progress is null)
            return;
        var loss = 0.0;
        foreach (var sum in _state.LossSums)
            loss += sum / Math.Max(1, _state.Batch);
        var pace = seconds > 0 ? rows / seconds : _state.TrainedRows / Math.Max(1e-9, _state.TrainedSeconds);
        var left = pace > 0 ? Math.Max(0, batches - _state.Batch) * (_phase!.Overrides.BatchSize ?? _options.BatchSize) / pace : 0;
        var latest = _state.Epochs.Count > 0 ? _state.Epochs[^1] : null;
        _progress.Report(new TrainingProgress(
            _phase!.Name, _state.Epoch + 1, _phase.Epochs, _state.Batch, batches, pace, loss, rate,
            latest?.Valid.Ensemble, left, latest is { IsBest: true }));
    }

    private void Log(string name, params (string Key, object? Value)[] fields)
    {
        if (!IsMeasureOnly && !IsFollower)
            _folder.Log(name, fields);
    }
}
