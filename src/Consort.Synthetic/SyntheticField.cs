namespace Consort.Synthetic;

/// <summary>
/// One field: how its values are drawn, and the hidden effect and latent vector of each value. A value is an outcome of an alias table, a
/// single rank or number, or a bucket of them within which it is uniform; outcome 0 is "missing". Effects of the head are kept, those of
/// the tail come from a hash of the rank, so memory does not depend on the cardinality.
/// </summary>
internal abstract class SyntheticField
{
    public const int Missing = 0;

    private const ulong Elsewhere = 0xA0761D6478BD642FUL; // the key of what effects move to

    private readonly float _stays;
    private readonly float _comes;
    private AliasTable? _alias;
    private float[] _effects = []; // [outcomes, 1 + d]: first-order effect, latent vector

    protected SyntheticField(ulong salt, int latent, double angle)
    {
        Salt = salt;
        (_stays, _comes) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        Width = 1 + latent;
        Means = new double[Width];
        Covariance = new double[latent, latent];
    }

    /// <summary>Width of a row of effects, 1 + d.</summary>
    public int Width { get; }

    /// <summary>Probability of each outcome.</summary>
    public double[] Probabilities { get; private set; } = [];

    /// <summary>First rank or number of each outcome.</summary>
    protected long[] Lows { get; private set; } = [];

    /// <summary>How many ranks or numbers each outcome holds.</summary>
    protected uint[] Counts { get; private set; } = [];

    /// <summary>Variance of the first-order effect.</summary>
    public double EffectVariance { get; private set; }

    /// <summary>Covariance of the latent vector, [d, d].</summary>
    public double[,] Covariance { get; }

    /// <summary>Means that <see cref="RawEffects"/> must be freed of, [1 + d].</summary>
    protected double[] Means { get; }

    protected ulong Salt { get; }

    /// <summary>Draws a value and its effects.</summary>
    /// <param name="random">The row's random numbers.</param>
    /// <param name="effects">Receives the centred effect and latent vector, [1 + d].</param>
    /// <returns>The rank or number, or <see cref="long.MinValue"/> when missing.</returns>
    public long Draw(ref RowRandom random, Span<float> effects)
    {
        var outcome = _alias!.Draw(random.Next());
        var count = Counts[outcome];
        var value = Lows[outcome];
        if (count > 1)
            value += (long)(((random.Next() >> 32) * count) >> 32);
        if (IsKept(outcome))
            _effects.AsSpan(outcome * Width, Width).CopyTo(effects);
        else
            Effects(outcome, value, effects);
        return outcome == Missing ? long.MinValue : value;
    }

    /// <summary>Effects before centring; may depend on the outcome, on the value, or on both.</summary>
    protected abstract void RawEffects(int outcome, long value, Span<float> effects);

    /// <summary>Whether all values of the outcome have the same effects.</summary>
    protected abstract bool IsKept(int outcome);

    /// <summary>Weighs the values of an outcome that is not kept, for the moments: a few values of the bucket, evenly spread.</summary>
    private IEnumerable<long> Sample(int outcome)
    {
        const int Most = 64;
        var count = IsKept(outcome) ? 1 : Counts[outcome];
        var taken = (int)Math.Min(count, Most);
        for (var i = 0; i < taken; i++)
            yield return Lows[outcome] + (long)((i + 0.5) * count / taken);
    }

    /// <summary>Sets the distribution, then centres the effects and takes their moments.</summary>
    protected void Build(IReadOnlyList<(double Probability, long Low, uint Count)> outcomes)
    {
        var total = outcomes.Sum(outcome => outcome.Probability);
        Probabilities = outcomes.Select(outcome => outcome.Probability / total).ToArray();
        Lows = outcomes.Select(outcome => outcome.Low).ToArray();
        Counts = outcomes.Select(outcome => outcome.Count).ToArray();
        _alias = new AliasTable(Probabilities);
        BeforeEffects();

        Span<float> effects = stackalloc float[Width];
        var sums = new double[Width];
        ForEachValue(effects, (weight, row) =>
        {
            for (var k = 0; k < row.Length; k++)
                sums[k] += weight * row[k];
        });
        sums.CopyTo(Means, 0);
        ForEachValue(effects, (weight, row) =>
        {
            EffectVariance += weight * row[0] * row[0];
            for (var k = 1; k < row.Length; k++)
            {
                for (var l = 1; l < row.Length; l++)
                    Covariance[k - 1, l - 1] += weight * row[k] * row[l];
            }
        });
        _effects = new float[outcomes.Count * Width];
        for (var i = 0; i < outcomes.Count; i++)
        {
            if (IsKept(i))
                Effects(i, Lows[i], _effects.AsSpan(i * Width, Width));
        }
    }

    /// <summary>Called when the distribution is known and effects are not yet asked for.</summary>
    protected virtual void BeforeEffects()
    {
    }

    private delegate void Visit(double weight, ReadOnlySpan<float> effects);

    private void ForEachValue(Span<float> effects, Visit visit)
    {
        for (var i = 0; i < Probabilities.Length; i++)
        {
            var values = Sample(i).ToArray();
            foreach (var value in values)
            {
                Effects(i, value, effects);
                visit(Probabilities[i] / values.Length, effects);
            }
        }
    }

    private void Effects(int outcome, long value, Span<float> effects)
    {
        RawEffects(outcome, value, effects);
        for (var k = 0; k < effects.Length; k++)
            effects[k] -= (float)Means[k];
    }

    /// <summary>Fills with numbers of variance 1 derived from a key and the day, times a factor.</summary>
    protected void FromHash(ulong key, float factor, Span<float> effects)
    {
        Draw(key, factor, effects);
        if (_comes == 0)
            return;
        Span<float> other = stackalloc float[effects.Length];
        Draw(key ^ Elsewhere, factor, other);
        for (var k = 0; k < effects.Length; k++)
            effects[k] = (_stays * effects[k]) + (_comes * other[k]);
    }

    private void Draw(ulong key, float factor, Span<float> effects)
    {
        ulong bits = 0;
        for (var k = 0; k < effects.Length; k++)
        {
            if ((k & 3) == 0)
                bits = RowRandom.Mix(Salt + key * 0x9E3779B97F4A7C15UL + (ulong)(k >> 2) * 0xD6E8FEB86659FD93UL);
            effects[k] = RowRandom.Uniform(bits) * factor;
            bits >>= 16;
        }
    }
}
