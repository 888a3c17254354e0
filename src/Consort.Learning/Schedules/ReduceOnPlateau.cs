namespace Consort.Learning.Schedules;

/// <summary>
/// Multiplies the learning rate by a factor at each evaluation that does not improve on the best so far by at least a minimum, never
/// below a floor. Defaults are those of FuxiCTR and BARS: factor 0.1, minimum 1e-6, floor 1e-6.
/// </summary>
public sealed class ReduceOnPlateau : Schedule
{
    private readonly double _factor;
    private readonly double _minDelta;
    private readonly double _floor;
    private double _rate;
    private double _best = double.NegativeInfinity;

    /// <summary>Creates the schedule.</summary>
    /// <param name="rate">Learning rate until the first reduction, above 0.</param>
    /// <param name="factor">Factor of a reduction, 0 &lt; factor &lt; 1.</param>
    /// <param name="minDelta">Least improvement that counts, in units of the monitored metric, 0 or more.</param>
    /// <param name="floor">Rate below which no reduction goes, 0 or more; a starting rate below it stays as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public ReduceOnPlateau(double rate, double factor = 0.1, double minDelta = 1e-6, double floor = 1e-6)
    {
        _rate = CheckRate(rate);
        if (!(factor > 0 && factor < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "expected 0 < factor < 1");
        }
        if (!(minDelta >= 0 && double.IsFinite(minDelta)))
        {
            throw new ArgumentOutOfRangeException(nameof(minDelta), minDelta, "expected 0 or more");
        }
        if (!(floor >= 0 && double.IsFinite(floor)))
        {
            throw new ArgumentOutOfRangeException(nameof(floor), floor, "expected 0 or more");
        }
        _factor = factor;
        _minDelta = minDelta;
        _floor = floor;
    }

    /// <inheritdoc/>
    public override string Name => "plateau";

    /// <inheritdoc/>
    public override int StateSize => 2;

    /// <inheritdoc/>
    public override double Rate(long step) => _rate;

    /// <inheritdoc/>
    public override void Evaluated(double metric)
    {
        if (metric >= _best + _minDelta && metric > _best)
        {
            _best = metric;
            return;
        }
        _rate = Math.Min(_rate, Math.Max(_rate * _factor, _floor));
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
