using Consort.Foundation.Options;

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
    /// <param name="options">How fast it falls.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public ExponentialDecay(double rate, ExponentialDecayOptions options, long stepsPerEpoch)
    {
        _rate = CheckRate(rate);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        _logFractionPerStep = Math.Log(options.Fraction) / (options.Epochs * stepsPerEpoch);
    }

    /// <inheritdoc/>
    public override string Name => "exponential";

    /// <inheritdoc/>
    public override double Rate(long step) => _rate * Math.Exp(_logFractionPerStep * step);
}

/// <summary>The options of <see cref="ExponentialDecay"/>.</summary>
public sealed record ExponentialDecayOptions : ScheduleOptions
{
    internal static readonly OptionSet<ExponentialDecayOptions> Options = new OptionSet<ExponentialDecayOptions>(() => new())
        .Add("fraction", o => o.Fraction, (o, v) => o with { Fraction = v }, Domain.Number(1e-6, 1),
            "what is left of the rate after so many epochs")
        .Add("epochs", o => o.Epochs, (o, v) => o with { Epochs = v }, Domain.Number(0.01, 10_000), "epochs until then");

    /// <summary>What is left of the rate after the epochs.</summary>
    public double Fraction { get; init => field = Options.Checked("fraction", value); } = 0.1;

    /// <summary>Epochs until then.</summary>
    public double Epochs { get; init => field = Options.Checked("epochs", value); } = 3;

    /// <inheritdoc/>
    protected override Schedule Make(double rate, long stepsPerEpoch) => new ExponentialDecay(rate, this, stepsPerEpoch);
}
