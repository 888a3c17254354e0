using System.Diagnostics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Foundation.Ranks;
using Consort.Learning.Checkpoints;
using Consort.Learning.Runs;
using Consort.Learning.Schedules;

namespace Consort.Learning.Training;

/// <summary>What a run keeps on disk: the best weights of each phase, and all that it needs to go on from its last step.</summary>
internal sealed class RunCheckpoints(
    RunFolder folder, TrainingStep step, TrainingState state, IReadOnlyList<Phase> phases, TrainingOptions options,
    TrainingObserver observer)
{
    private long _saved = Stopwatch.GetTimestamp();
    private Phase _phase = phases[0];
    private Schedule? _schedule;

    /// <summary>Reads what a stopped run left, into the weights and the optimizer too.</summary>
    /// <exception cref="ConsortException">It is of another experiment, or damaged, or cannot go on with these epochs.</exception>
    public static TrainingState Restore(RunFolder folder, TrainingStep step, IReadOnlyList<Phase> phases, string identity)
    {
        var phase = 0;
        if (step.Ranks is not { Rank: > 0 })
        {
            if (LastCheckpoint.IdentityOf(folder) != identity)
                throw new ConsortException(
                    $"{folder.LastCheckpoint}: was written by another experiment or other data; start again without --resume, or in another folder");
            LastCheckpoint.CheckEpochs(folder, phases);
            phase = Math.Min(LastCheckpoint.PhaseOf(folder), phases.Count - 1);
        }

        if (step.Ranks is { } ranks)
            phase = ranks.GatherEqual<int>([phase])[0];
        return Begin(folder.LastCheckpoint, step, phases[phase]);
    }

    /// <summary>Reads weights and the state of a phase's optimizer. Of several ranks, rank 0 reads and tells the others.</summary>
    /// <returns>What the file says of the run.</returns>
    /// <exception cref="ConsortException">The file is damaged, or of another family.</exception>
    public static TrainingState Begin(string path, TrainingStep step, Phase phase)
    {
        // The optimizer must be laid out before its state can be read.
        var state = TrainingState.Parse(step.Load(path, phase.Frozen, phase.Overrides), path);
        step.Optimizer.Steps = state.OptimizerSteps;
        if (step.Optimizer.Average is { } average)
            average.Count = state.AverageCount;
        return state;
    }

    /// <summary>Gives a phase that is open what the state knows of it, or else the weights that it starts from.</summary>
    public void Enter(Phase phase, Schedule schedule)
    {
        (_phase, _schedule) = (phase, schedule);
        if (state.LossSums.Length != phase.Strategy.TermNames.Count)
            state.LossSums = new double[phase.Strategy.TermNames.Count];
        if (state.PhaseSteps == 0)
        {
            for (var member = 0; member < phase.From.Count; member++)
                Checkpoint.LoadMember(phase.From[member], step.Tensors(null), member);
            step.Optimizer.Average?.Restart();
            return;
        }

        if (state.Schedule.Length == schedule.StateSize)
            schedule.LoadState(state.Schedule);
        if (state.Strategy.Length == phase.Strategy.State.Length)
            state.Strategy.CopyTo(phase.Strategy.State);
    }

    /// <summary>Whether the last checkpoint is so old that an epoch is too long to wait for.</summary>
    public bool IsDue(long now) => Stopwatch.GetElapsedTime(_saved, now).TotalMinutes >= options.CheckpointMinutes;

    /// <summary>Keeps the weights as the phase's best so far.</summary>
    public void SaveBest() => Save(folder.BestCheckpoint(_phase.Name), null, $"{{\"steps\":{state.Steps}}}");

    /// <summary>Goes back to them.</summary>
    public void LoadBest() => step.LoadWeights(folder.BestCheckpoint(_phase.Name), optimizer: null);

    /// <summary>Keeps all that is needed to go on from here.</summary>
    public void SaveLast()
    {
        state.Schedule = new double[_schedule!.StateSize];
        _schedule.SaveState(state.Schedule);
        state.Strategy = _phase.Strategy.State.ToArray();
        state.OptimizerSteps = step.Optimizer.Steps;
        state.AverageCount = step.Optimizer.Average?.Count ?? 0;
        state.Seconds = observer.Seconds;
        state.Limits = [.. phases.Select(p => p.Epochs)];
        Save(folder.LastCheckpoint, step.Optimizer, state.ToJson());
        _saved = Stopwatch.GetTimestamp();
    }

    private void Save(string path, Optimizer<float>? optimizer, string text)
    {
        if (observer.IsMeasureOnly)
            return;
        // This may bring deferred rows up to date, which all ranks must do at the same step, or their last bits part.
        var tensors = step.Tensors(optimizer);
        var follows = step.Ranks is { Rank: > 0 };
        if (follows && step.Shards is null)
            return;
        try
        {
            Checkpoint.Save(follows ? null : path, tensors, text);
        }
        catch (NotFiniteNumberException e)
        {
            throw state.Diverged(e.Message);
        }
    }
}
