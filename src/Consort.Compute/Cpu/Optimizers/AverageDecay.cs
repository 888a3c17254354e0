namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// What an exponential moving average keeps of itself in a step, and over many. βₜ = min(β, (1 + t)/(10 + t)): until t = (10β − 1)/(1 − β)
/// the average reaches back over a ninth of the steps so far, or the first weights would weigh on it for 1/(1 − β) steps. Source: the
/// <c>num_updates</c> of TensorFlow's <c>ExponentialMovingAverage</c>; nearly the polynomial decay of Shamir and Zhang 2013.
/// </summary>
/// <remarks>
/// The product over the first steps telescopes: ∏ᵢ (1 + i)/(10 + i), i = s+1..t, is ∏ₖ (s + k)/(t + k), k = 2..10. So whatever the gap, its
/// cost is the same and no history of steps is needed.
/// </remarks>
internal sealed class AverageDecay
{
    private readonly double _beta;
    private readonly long _rise; // steps whose βₜ is below β
    private readonly double[] _powers = new double[4096]; // βⁿ

    /// <param name="beta">β, in [0, 1).</param>
    public AverageDecay(double beta)
    {
        _beta = beta;
        _rise = Math.Max(0, (long)Math.Ceiling(((10 * beta) - 1) / (1 - beta)) - 1);
        for (var n = 0; n < _powers.Length; n++)
            _powers[n] = Math.Pow(beta, n);
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => _powers.Length * sizeof(double);

    /// <summary>βₜ of step t, counted from 1.</summary>
    public double At(long step) => step <= _rise ? (1.0 + step) / (10.0 + step) : _beta;

    /// <summary>∏ βᵢ over i = from + 1..to.</summary>
    public double Over(long from, long to)
    {
        var rising = from < _rise ? Rising(from) / Rising(Math.Min(to, _rise)) : 1;
        var steady = to - Math.Max(from, _rise);
        if (steady <= 0)
            return rising;
        return rising * (steady < _powers.Length ? _powers[steady] : Math.Pow(_beta, steady));
    }

    private static double Rising(double step) =>
        (step + 2) * (step + 3) * (step + 4) * ((step + 5) * (step + 6) * (step + 7)) * ((step + 8) * (step + 9) * (step + 10));
}
