using Consort.Learning.Checkpoints;
using Consort.Learning.Runs;

namespace Consort.Learning.Training;

/// <summary>
/// What the checkpoint of a stopped or finished run says of it, without its weights: enough to tell whether it can go on.
/// </summary>
public static class LastCheckpoint
{
    /// <summary>What <see cref="TrainingRun.Run"/> was given when it was written; null without a checkpoint.</summary>
    /// <exception cref="ConsortException">It is damaged.</exception>
    public static string? IdentityOf(RunFolder folder) => File.Exists(folder.LastCheckpoint) ? StateOf(folder).Identity : null;

    /// <summary>The phase it stands in, counted from 0.</summary>
    /// <exception cref="ConsortException">There is none, or it is damaged.</exception>
    public static int PhaseOf(RunFolder folder) => StateOf(folder).Phase;

    /// <summary>Checks that a run can go on from it with these most epochs, as one would that had them from the start.</summary>
    /// <param name="folder">A run folder with a checkpoint.</param>
    /// <param name="phases">Those of its experiment but for their epochs.</param>
    /// <exception cref="ConsortException">It cannot: more have been trained, or a later phase has begun. Or it is damaged.</exception>
    public static void CheckEpochs(RunFolder folder, IReadOnlyList<Phase> phases)
    {
        if (EpochLimits.Mistake(StateOf(folder), phases) is { } mistake)
            throw new ConsortException($"{folder.LastCheckpoint}: {mistake}");
    }

    /// <summary>Whether it was written with these most epochs, so that a run with results has nothing left to train.</summary>
    /// <param name="folder">A run folder with a checkpoint.</param>
    /// <param name="phases">Those of its experiment.</param>
    /// <exception cref="ConsortException">It is damaged.</exception>
    public static bool HasEpochs(RunFolder folder, IReadOnlyList<Phase> phases) =>
        StateOf(folder).Limits.SequenceEqual(phases.Select(p => p.Epochs));

    /// <summary>The phase and the epoch that weights are of; no epoch where the process was killed before it was noted.</summary>
    /// <param name="folder">A run folder.</param>
    /// <param name="weights">Its last checkpoint or the best of a phase.</param>
    /// <param name="phases">Those of its experiment.</param>
    /// <exception cref="ConsortException">A checkpoint is damaged.</exception>
    public static (string Phase, int? Epoch) EpochOf(RunFolder folder, string weights, IReadOnlyList<Phase> phases)
    {
        var state = File.Exists(folder.LastCheckpoint) ? StateOf(folder) : new TrainingState();
        if (weights == folder.LastCheckpoint)
            return (phases[Math.Min(state.Phase, phases.Count - 1)].Name, state.Batch > 0 ? state.Epoch + 1 : state.Epoch);
        var phase = phases.FirstOrDefault(p => folder.BestCheckpoint(p.Name) == weights)?.Name ?? "";
        return (phase, state.Epochs.LastOrDefault(e => e.Phase == phase && e.IsBest)?.Epoch);
    }

    // Not checked against the checksum yet: good enough to decide whether to read the rest.
    private static TrainingState StateOf(RunFolder folder) =>
        TrainingState.Parse(TensorFile.ReadState(folder.LastCheckpoint), folder.LastCheckpoint);
}
