namespace Consort.Synthetic;

/// <summary>A categorical field: tokens of Zipf frequency with effects damped towards the tail.</summary>
internal sealed class CategoricalClicksField : SyntheticField
{
    private const int HeadRanks = 256;
    private const double BucketGrowth = 1.08;
    private const ulong MissingKey = ulong.MaxValue;

    private readonly double _head;
    private readonly double _turnovers;

    /// <summary>Builds the field.</summary>
    /// <param name="cardinality">Distinct tokens, at least 1.</param>
    /// <param name="zipf">P(rank k) ∝ (k + 1)^(−zipf), k from 0.</param>
    /// <param name="missing">Share of missing values.</param>
    /// <param name="head">Damping, see <see cref="SyntheticOptions.Head"/>.</param>
    /// <param name="salt">The field's salt.</param>
    /// <param name="latent">Dimension d of the latent vectors.</param>
    /// <param name="angle">How far effects have moved.</param>
    /// <param name="turnovers">How many times all tokens would have been replaced since the first day.</param>
    public CategoricalClicksField(
        int cardinality, double zipf, double missing, double head, ulong salt, int latent, double angle = 0,
        double turnovers = 0)
        : base(salt, latent, angle)
    {
        (_head, _turnovers) = (head, turnovers);
        Cardinality = cardinality;
        var outcomes = new List<(double Probability, long Low, uint Count)>();
        double total = 0;
        for (long low = 0; low < cardinality;)
        {
            var high = low < HeadRanks ? low + 1 : Math.Min(cardinality, (long)(low * BucketGrowth) + 1);
            var mass = Mass(low + 1, high, zipf);
            outcomes.Add((mass, low, (uint)(high - low)));
            total += mass;
            low = high;
        }
        for (var i = 0; i < outcomes.Count; i++)
            outcomes[i] = outcomes[i] with { Probability = outcomes[i].Probability / total * (1 - missing) };
        outcomes.Insert(Missing, (missing, 0, 1));
        Build(outcomes);
    }

    public int Cardinality { get; }

    /// <summary>The 32 bits behind the token of a rank; no two ranks of a field share them.</summary>
    public uint Token(long rank) => RowRandom.Mix((uint)Life(rank) ^ (uint)Salt);

    // Of all tokens that have had a rank the present one has a number of its own: ranks take turns in changing it.
    private long Life(long rank) => rank + ((long)(_turnovers + RowRandom.Unit(RowRandom.Mix(Salt ^ ~(ulong)rank))) * Cardinality);

    protected override bool IsKept(int outcome) => Counts[outcome] == 1;

    protected override void RawEffects(int outcome, long value, Span<float> effects)
    {
        if (outcome == Missing)
        {
            FromHash(MissingKey, 1, effects);
            return;
        }
        FromHash((ulong)Life(value), (float)(1 / (1 + value / _head)), effects);
    }

    /// <summary>Σ_{k=first}^{last} k^(−a); by the midpoint integral where the terms are many and alike.</summary>
    private static double Mass(long first, long last, double exponent)
    {
        if (last - first < 64)
        {
            double sum = 0;
            for (var k = first; k <= last; k++)
                sum += Math.Pow(k, -exponent);
            return sum;
        }
        double from = first - 0.5, to = last + 0.5;
        return Math.Abs(exponent - 1) < 1e-9
            ? Math.Log(to / from)
            : (Math.Pow(to, 1 - exponent) - Math.Pow(from, 1 - exponent)) / (1 - exponent);
    }
}
