namespace Consort.Synthetic;

/// <summary>
/// A numeric field: whole numbers of which log(1 + value) is roughly normal, so skewed like counts, some missing, some −1. Effects are
/// quadratic in t, the standardised log(1 + value), with coefficients from the hash; missing and −1 have effects of their own.
/// </summary>
internal sealed class NumericClicksField : SyntheticField
{
    private const int SingleValues = 16;
    private const double BucketGrowth = 1.25;
    private const double LargestT = 2.5;

    private readonly double _logMean;
    private readonly double _logSpread;
    private readonly int _negativeOutcome;
    private readonly float[] _linear;
    private readonly float[] _quadratic;

    /// <summary>Builds the field.</summary>
    /// <param name="logMean">Mean of log(1 + value).</param>
    /// <param name="logSpread">Standard deviation of log(1 + value).</param>
    /// <param name="missing">Share of missing values.</param>
    /// <param name="negative">Share of −1 among values present.</param>
    /// <param name="salt">The field's salt.</param>
    /// <param name="latent">Dimension d of the latent vectors.</param>
    /// <param name="angle">How far effects have moved.</param>
    public NumericClicksField(double logMean, double logSpread, double missing, double negative, ulong salt, int latent, double angle)
        : base(salt, latent, angle)
    {
        _logMean = logMean;
        _logSpread = logSpread;
        _linear = new float[Width];
        _quadratic = new float[Width];
        FromHash(1, 1, _linear);
        FromHash(2, 0.5f, _quadratic);
        var outcomes = new List<(double Probability, long Low, uint Count)>();
        var largest = Math.Exp(logMean + 4 * logSpread);
        double total = 0;
        for (long low = 0; low <= largest;)
        {
            var high = low < SingleValues ? low + 1 : (long)(low * BucketGrowth);
            var mass = Normal(high) - (low == 0 ? 0 : Normal(low));
            outcomes.Add((mass, low, (uint)(high - low)));
            total += mass;
            low = high;
        }
        var present = (1 - missing) * (1 - negative);
        for (var i = 0; i < outcomes.Count; i++)
            outcomes[i] = outcomes[i] with { Probability = outcomes[i].Probability / total * present };
        outcomes.Insert(Missing, (missing, 0, 1));
        _negativeOutcome = outcomes.Count;
        outcomes.Add(((1 - missing) * negative, -1, 1));
        Build(outcomes);
    }

    protected override bool IsKept(int outcome) => true;

    protected override void RawEffects(int outcome, long value, Span<float> effects)
    {
        if (outcome == Missing || outcome == _negativeOutcome)
        {
            FromHash(outcome == Missing ? 3UL : 4UL, 1, effects);
            return;
        }
        // One t for the whole bucket: its effects are a function of the encoded bucket or nearly so, however a reader buckets it.
        var middle = Lows[outcome] + (Counts[outcome] - 1) / 2.0;
        var t = (float)Math.Clamp((Math.Log(1 + middle) - _logMean) / _logSpread, -LargestT, LargestT);
        for (var k = 0; k < effects.Length; k++)
            effects[k] = _linear[k] * t + _quadratic[k] * (t * t - 1);
    }

    /// <summary>P(exp(logMean + logSpread·n) &lt; 1 + value), logistic approximation of the normal distribution function.</summary>
    private double Normal(long value)
    {
        var x = (Math.Log(1 + value) - _logMean) / _logSpread;
        return 1 / (1 + Math.Exp(-1.5976 * x - 0.070566 * x * x * x));
    }
}
