using System.Diagnostics;
using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Foundation.Numbers;
using Consort.Learning.Evaluation;
using Consort.Learning.Ranks;
using Consort.Learning.Schedules;
using Consort.Learning.Teachers;

namespace Consort.Learning.Training;

/// <summary>One phase: epochs of steps, an evaluation after each epoch or part of one, early stopping on the best weights.</summary>
internal sealed class PhaseRun
{
    private const int Stop = 1, Save = 2; // what ranks wish
    private readonly Phase _phase;
    private readonly TrainingStep _step;
    private readonly EncodedDataset _data;
    private readonly TrainingOptions _options;
    private readonly TrainingState _state;
    private readonly RunCheckpoints _checkpoints;
    private readonly TrainingObserver _observer;
    private readonly CounterRandom _dropout;
    private readonly CounterRandom _embeddings;
    private readonly BatchLoader _loader;
    private readonly Schedule _schedule;

    /// <summary>Opens a phase where the state stands in it: with the weights it names or finds.</summary>
    public PhaseRun(
        Phase phase, TrainingStep step, BatchLoader loader, EncodedDataset data, TrainingOptions options, TrainingState state,
        RunCheckpoints checkpoints, TrainingObserver observer, TeacherLogits? teachers)
    {
        (_phase, _step, _loader, _data, _options) = (phase, step, loader, data, options);
        (_state, _checkpoints, _observer) = (state, checkpoints, observer);
        _dropout = new CounterRandom(options.Seed, "dropout");
        _embeddings = new CounterRandom(options.Seed, "fresh embeddings");
        _schedule = phase.Schedule.Create(phase.LearningRate, loader.Batches);
        step.Open(phase.Strategy, phase.Frozen, teachers, phase.Overrides);
        checkpoints.Enter(phase, _schedule);
        observer.Enter(phase, loader.Batches, _schedule);
    }

    /// <summary>Trains to the phase's end, and leaves its best weights.</summary>
    /// <exception cref="ConsortException">Training diverged.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it between two steps or in an evaluation.</exception>
    public void Run(CancellationToken cancellation)
    {
        if (_phase.EvaluateFirst && _state is { PhaseSteps: 0, EvaluatedAt: < 0 })
            EndPart(cancellation);
        var isFresh = _phase.BeginsFresh(_state.Phase);
        while (!_state.IsPhaseDone && _state.Epoch < _phase.Epochs)
        {
            _phase.Strategy.BeginEpoch(_state.Epoch, isFresh);
            if (_phase.FreshEmbeddings && _state is { Epoch: > 0, Batch: 0 })
                _step.RenewEmbeddings(_embeddings.Bits((ulong)_state.RunEpochs));
            RunEpoch(cancellation);
            _state.NextEpoch();
            _checkpoints.SaveLast();
        }

        _observer.Measure(_step, _loader);
        _checkpoints.LoadBest();
    }

    private void RunEpoch(CancellationToken cancellation)
    {
        _loader.Start(_state.RunEpochs, _state.Batch);
        if (_state.Batch > 0 && IsPartEnd && _state.EvaluatedAt != _state.PhaseSteps)
            EndPart(cancellation); // the run was stopped in the middle of this evaluation
        if (_state.IsPhaseDone)
            return;
        _observer.BeginEpoch();
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            if (_loader.Next() is not { } batch)
                break;
            Tell(start, cancellation);
            Step(batch);
            var now = _observer.Stepped(batch.Whole, start);
            var (isEnd, isReport) = (IsPartEnd, _observer.IsDue(now));
            var isSave = !isEnd && (_step.Ranks is null ? _checkpoints.IsDue(now) : (_step.Pass.Wishes & Save) != 0);
            if (isEnd || isReport || isSave)
            {
                _observer.Pause();
                if (isReport)
                    _observer.Report(now);
                if (isEnd)
                    EndPart(cancellation);
                if (isSave)
                    _checkpoints.SaveLast();
                if (_state.IsPhaseDone)
                    return;
                _observer.Resume(now);
            }

            if (_state.Batch < _loader.Batches && IsStopped(cancellation))
                throw new OperationCanceledException(cancellation);
        }

        _observer.Pause();
    }

    // Ranks stop and save at the same step: each says what it wishes before it, and all do it behind it.
    private void Tell(long now, CancellationToken cancellation)
    {
        if (_step.Ranks is { } ranks)
            _step.Pass.Wish = (cancellation.IsCancellationRequested ? Stop : 0) | (ranks.Rank == 0 && _checkpoints.IsDue(now) ? Save : 0);
    }

    private bool IsStopped(CancellationToken cancellation) =>
        _step.Ranks is null ? cancellation.IsCancellationRequested : (_step.Pass.Wishes & Stop) != 0;

    private void Step(Batch batch)
    {
        try
        {
            _step.Run(batch, _dropout.Bits((ulong)_state.Steps), _schedule.Rate(_state.PhaseSteps));
        }
        catch (NotFiniteNumberException e)
        {
            throw _state.Diverged(e.Message);
        }

        for (var term = 0; term < _state.LossSums.Length; term++)
        {
            if (!double.IsFinite(_step.Terms[term]))
                throw _state.Diverged(string.Create(
                    CultureInfo.InvariantCulture, $"the loss term {_phase.Strategy.TermNames[term]} is {_step.Terms[term]}"));
            _state.LossSums[term] += _step.Terms[term];
        }

        _state.NextStep();
    }

    // Parts are as equal as batches allow; the last one ends with the epoch.
    private bool IsPartEnd
    {
        get
        {
            var parts = Math.Min(_options.EvaluationsPerEpoch, _loader.Batches);
            return _state.Batch * parts / _loader.Batches > (_state.Batch - 1) * parts / _loader.Batches;
        }
    }

    // What is measured, watched and kept as the best is the average of the weights where there is one.
    private void EndPart(CancellationToken cancellation)
    {
        var average = _step.Optimizer.Average;
        if (_options.Swa > 0 && _state.Epoch + 1 >= _options.Swa && _state.PhaseSteps > 0 && _state.AddedAt != _state.PhaseSteps)
        {
            average!.Add();
            _state.AddedAt = _state.PhaseSteps;
        }

        if (average is not { IsReady: true })
        {
            Evaluate(cancellation);
            return;
        }

        average.Exchange();
        try
        {
            Evaluate(cancellation);
        }
        finally
        {
            average.Exchange();
        }
    }

    private void Evaluate(CancellationToken cancellation)
    {
        var valid = EvaluateValid(cancellation);
        var metric = _options.Monitor switch
        {
            Monitor.Auc => valid.Ensemble.Auc,
            Monitor.GroupAuc => valid.Ensemble.GroupAuc!.Value, // TrainingChecks has seen to it
            Monitor.MemberAuc => valid.Members.Average(m => m.Auc),
            _ => -valid.Ensemble.LogLoss,
        };
        // Data of one class have no AUC: the first weights then stay the best, rather than none.
        var isBest = metric > _state.Best + _phase.MinDelta || (_state.Best == double.NegativeInfinity && !double.IsFinite(metric));
        // The rate is that of the last step: the evaluation may change that of the next.
        var rate = _schedule.Rate(Math.Max(0, _state.PhaseSteps - 1));
        _schedule.Evaluated(metric);
        _state.EvaluatedAt = _state.PhaseSteps;
        if (isBest)
        {
            _state.Best = double.IsFinite(metric) ? metric : double.MinValue;
            _state.WithoutImprovement = 0;
            _checkpoints.SaveBest();
        }
        else if (++_state.WithoutImprovement >= _phase.Patience && _phase.Patience > 0)
        {
            _state.IsPhaseDone = true;
        }

        _observer.Evaluated(valid, isBest, rate);
    }

    private ConsortMetrics EvaluateValid(CancellationToken cancellation)
    {
        if (_step.Ranks is { } ranks)
        {
            RankWeights.Check(ranks, _step.Store, _state.Steps);
            cancellation = CancellationToken.None; // one that stopped alone would leave the others waiting
        }

        try
        {
            return _step.Pass.Evaluate(_data.Valid!, _data.Encoder, _options.ValidLeftOut, cancellation).Metrics;
        }
        catch (ConsortException e)
        {
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"evaluation after epoch {_state.Epoch + 1}, step {_state.Batch}: {e.Message}"), e);
        }
    }
}
