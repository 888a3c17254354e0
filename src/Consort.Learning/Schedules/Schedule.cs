namespace Consort.Learning.Schedules;

/// <summary>The learning rate as a function of the step, and, for some, of the evaluations so far.</summary>
public abstract class Schedule
{
    /// <summary>The name in <see cref="ScheduleCatalogue"/>.</summary>
    public abstract string Name { get; }

    /// <summary>How many numbers <see cref="SaveState"/> writes; 0 for schedules that depend on the step alone.</summary>
    public virtual int StateSize => 0;

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">Steps done before it in this phase, from 0.</param>
    public abstract double Rate(long step);

    /// <summary>Tells the schedule the result of an evaluation.</summary>
    /// <param name="metric">The monitored value, larger is better (the AUC, or the log-loss negated); NaN is no improvement.</param>
    public virtual void Evaluated(double metric)
    {
    }

    /// <summary>Writes what a checkpoint must keep; restoring it bit by bit continues the run exactly.</summary>
    /// <param name="state">Receives <see cref="StateSize"/> numbers.</param>
    public virtual void SaveState(Span<double> state)
    {
    }

    /// <summary>Restores what <see cref="SaveState"/> wrote.</summary>
    /// <param name="state">At least <see cref="StateSize"/> numbers.</param>
    public virtual void LoadState(ReadOnlySpan<double> state)
    {
    }

    private protected static double CheckRate(double rate)
    {
        // Written so that NaN fails too.
        if (!(rate > 0 && double.IsFinite(rate)))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "expected a finite learning rate above 0");
        return rate;
    }
}
