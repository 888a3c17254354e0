namespace Consort.Learning.Schedules;

/// <summary>The same learning rate at every step.</summary>
public sealed class ConstantRate : Schedule
{
    private readonly double _rate;

    /// <summary>Creates the schedule.</summary>
    /// <param name="rate">Learning rate, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not finite and above 0.</exception>
    public ConstantRate(double rate) => _rate = CheckRate(rate);

    /// <inheritdoc/>
    public override string Name => "constant";

    /// <inheritdoc/>
    public override double Rate(long step) => _rate;
}

/// <summary>The options of <see cref="ConstantRate"/>: none of its own.</summary>
public sealed record ConstantRateOptions : ScheduleOptions
{
    /// <inheritdoc/>
    protected override Schedule Make(double rate, long stepsPerEpoch) => new ConstantRate(rate);
}
