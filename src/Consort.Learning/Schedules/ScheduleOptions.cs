using Consort.Foundation.Options;

namespace Consort.Learning.Schedules;

/// <summary>Which schedule a phase has.</summary>
public abstract record ScheduleOptions
{
    internal static readonly Domain<long> Steps = Domain.Long(0, 1_000_000_000);

    /// <summary>Steps of a linear rise before it.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Makes it.</summary>
    /// <param name="rate">Learning rate of step 0, above 0.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public Schedule Create(double rate, long stepsPerEpoch) =>
        WarmUpSteps == 0 ? Make(rate, stepsPerEpoch) : new WarmUp(Make(rate, stepsPerEpoch), WarmUpSteps);

    /// <summary>Makes it without the rise.</summary>
    protected abstract Schedule Make(double rate, long stepsPerEpoch);
}
