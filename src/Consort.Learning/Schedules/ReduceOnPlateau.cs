using Consort.Foundation.Options;

namespace Consort.Learning.Schedules;

/// <summary>
/// Multiplies the learning rate by a factor at each evaluation that does not improve on the best so far by at least a minimum, never below
/// a floor. Defaults are those of FuxiCTR and BARS: factor 0.1, minimum 1e-6, floor 1e-6.
/// </summary>
public sealed class ReduceOnPlateau : Schedule
{
    private readonly ReduceOnPlateauOptions _options;
    private double _rate;
    private double _best = double.NegativeInfinity;

    /// <summary>Creates the schedule.</summary>
    /// <param name="rate">Learning rate until the first reduction, above 0; one below the floor stays as it is.</param>
    /// <param name="options">How it falls; null for FuxiCTR's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is out of range.</exception>
    public ReduceOnPlateau(double rate, ReduceOnPlateauOptions? options = null) => (_rate, _options) = (CheckRate(rate), options ?? new());

    /// <inheritdoc/>
    public override string Name => "plateau";

    /// <inheritdoc/>
    public override int StateSize => 2;

    /// <inheritdoc/>
    public override double Rate(long step) => _rate;

    /// <inheritdoc/>
    public override void Evaluated(double metric)
    {
        if (metric >= _best + _options.MinDelta && metric > _best)
        {
            _best = metric;
            return;
        }
        _rate = Math.Min(_rate, Math.Max(_rate * _options.Factor, _options.Floor));
    }

    /// <inheritdoc/>
    public override void SaveState(Span<double> state)
    {
        state[0] = _rate;
        state[1] = _best;
    }

    /// <inheritdoc/>
    public override void LoadState(ReadOnlySpan<double> state)
    {
        _rate = state[0];
        _best = state[1];
    }
}

/// <summary>The options of <see cref="ReduceOnPlateau"/>.</summary>
public sealed record ReduceOnPlateauOptions : ScheduleOptions
{
    internal static readonly OptionSet<ReduceOnPlateauOptions> Options = new OptionSet<ReduceOnPlateauOptions>(() => new())
        .Add("factor", o => o.Factor, (o, v) => o with { Factor = v }, Domain.Number(1e-6, 0.999999),
            "on the rate at each evaluation without an improvement")
        .Add("min_delta", o => o.MinDelta, (o, v) => o with { MinDelta = v }, Domain.Number(0, 1), "the least improvement that counts")
        .Add("floor", o => o.Floor, (o, v) => o with { Floor = v }, Domain.Number(0, 1), "rate below which no reduction goes");

    /// <summary>Factor of a reduction.</summary>
    public double Factor { get; init => field = Options.Checked("factor", value); } = 0.1;

    /// <summary>Least improvement that counts, in units of the monitored metric.</summary>
    public double MinDelta { get; init => field = Options.Checked("min_delta", value); } = 1e-6;

    /// <summary>Rate below which no reduction goes; a starting rate below it stays as it is.</summary>
    public double Floor { get; init => field = Options.Checked("floor", value); } = 1e-6;

    /// <inheritdoc/>
    protected override Schedule Make(double rate, long stepsPerEpoch) => new ReduceOnPlateau(rate, this);
}
