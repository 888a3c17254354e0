namespace Consort.Learning.Schedules;

/// <summary>
/// rate · fraction^(step / (epochs · stepsPerEpoch)): falls smoothly, step by step, to the fraction in that many epochs, and goes on
/// falling at the same pace. The mutual learning paper (arXiv 2406.12087) decays to a tenth in three epochs.
/// </summary>
public sealed class ExponentialDecay : Schedule
{
    private readonly double _rate;
    private readonly double _logFractionPerStep;

    /// <summary>Creates the schedule.</summary>
    /// <param name="rate">Learning rate of step 0, above 0.</param>
    /// <param name="fraction">What is left of it after the given epochs, 0 &lt; fraction ≤ 1.</param>
    /// <param name="epochs">Epochs until then, above 0.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public ExponentialDecay(double rate, double fraction, double epochs, long stepsPerEpoch)
    {
        _rate = CheckRate(rate);
        if (!(fraction > 0 && fraction <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "expected 0 < fraction <= 1");
        }
        if (!(epochs > 0 && double.IsFinite(epochs)))
        {
            throw new ArgumentOutOfRangeException(nameof(epochs), epochs, "expected a number above 0");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        _logFractionPerStep = Math.Log(fraction) / (epochs * stepsPerEpoch);
    }

    /// <inheritdoc/>
    public override string Name => "exponential";

    /// <inheritdoc/>
    public override double Rate(long step) => _rate * Math.Exp(_logFractionPerStep * step);
}
