namespace Consort.Learning.Schedules;

/// <summary>Another schedule, whose rate rises linearly over the first steps: rate(step) · min(1, (step + 1)/n).</summary>
public sealed class WarmUp : Schedule
{
    private readonly Schedule _inner;
    private readonly long _steps;

    /// <summary>Creates the schedule.</summary>
    /// <param name="inner">The schedule that holds after the rise; it sees every step and evaluation.</param>
    /// <param name="steps">Steps n of the rise; 0 or 1 changes nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The steps are negative.</exception>
    public WarmUp(Schedule inner, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        _inner = inner;
        _steps = steps;
    }

    /// <inheritdoc/>
    public override string Name => _inner.Name;

    /// <inheritdoc/>
    public override int StateSize => _inner.StateSize;

    /// <inheritdoc/>
    public override double Rate(long step) => step + 1 >= _steps ? _inner.Rate(step) : _inner.Rate(step) * ((step + 1) / (double)_steps);

    /// <inheritdoc/>
    public override void Evaluated(double metric) => _inner.Evaluated(metric);

    /// <inheritdoc/>
    public override void SaveState(Span<double> state) => _inner.SaveState(state);

    /// <inheritdoc/>
    public override void LoadState(ReadOnlySpan<double> state) => _inner.LoadState(state);
}
