using System.Globalization;

namespace Consort.Learning.Training;

/// <summary>
/// Whether a run that has come so far can go on with other most epochs and end as one that had them from the start. No schedule's shape
/// depends on them, so it can, unless more have been trained already, or a phase was ended by them and the next one has begun.
/// </summary>
internal static class EpochLimits
{
    /// <summary>Why it cannot, in the user's words; null where it can.</summary>
    public static string? Mistake(TrainingState state, IReadOnlyList<Phase> phases)
    {
        for (var i = 0; i < phases.Count && i <= state.Phase; i++)
        {
            var (now, done) = (phases[i].Epochs, i == state.Phase ? Begun(state) : Trained(state, phases[i].Name));
            var before = i < state.Limits.Length ? state.Limits[i] : now;
            if (now == before)
                continue;
            if (now < done)
                return Text($"phase {phases[i].Name}, epochs: {before}, now {now}: {done} have been trained; expected at least {done}, or a run of its own with --out");
            if (i < state.Phase && now > before && done >= before)
                return Text($"phase {phases[i].Name}, epochs: {before}, now {now}: phase {phases[i + 1].Name} has begun from what {before} gave; expected {before}, or a run of its own with --out");
        }

        return null;
    }

    private static int Begun(TrainingState state) => state.Epoch + (state.Batch > 0 && !state.IsPhaseDone ? 1 : 0);

    private static int Trained(TrainingState state, string phase) =>
        state.Epochs.Where(e => e.Phase == phase).Select(e => e.Epoch).DefaultIfEmpty(0).Max();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
