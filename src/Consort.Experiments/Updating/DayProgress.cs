using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>Says of a day's training which day it is: its phase is called <c>update</c> on every day.</summary>
/// <param name="name">What the day is called.</param>
/// <param name="inner">Who is told.</param>
internal sealed class DayProgress(string name, IProgress<TrainingProgress> inner) : IProgress<TrainingProgress>
{
    /// <inheritdoc/>
    public void Report(TrainingProgress value) => inner.Report(value with { Phase = $"{value.Phase} {name}" });

    /// <summary>For a day, or nobody where nobody is told.</summary>
    public static DayProgress? For(string name, IProgress<TrainingProgress>? inner) => inner is null ? null : new(name, inner);
}
