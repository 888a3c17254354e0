using Consort.Foundation.Options;

namespace Consort.Synthetic;

/// <summary>What the synthetic clicks look like; see <see cref="SyntheticClicks"/> for the formula.</summary>
public sealed record SyntheticOptions
{
    private const long MaxFirstRow = 1_000_000_000_000_000;

    private readonly double _clickRate = 0.25;
    private readonly double _cardinalityScale = 0.01;
    private readonly double _zipf = 1.1;
    private readonly double _head = 10;
    private readonly double _firstOrder = 0.5;
    private readonly double _pairwise = 0.35;
    private readonly double _thirdOrder = 0.15;
    private readonly double _signal = 1.5;
    private readonly double _noise = 0.05;
    private readonly double _missing = 1;
    private readonly long _firstRow;
    private readonly int _day;
    private readonly double _turnover = 0.03;
    private readonly double _movement = 0.05;
    private readonly int _latent = 3;
    private readonly int _pairs = 10;
    private readonly int _triples = 4;

    /// <summary>Key <c>seed</c>: decides the hidden effects and every row. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// Key <c>first_row</c>: index of the first row written, 0 to 1e15, default 0. With it a later file continues an earlier one: the same
    /// hidden effects, new impressions.
    /// </summary>
    public long FirstRow { get => _firstRow; init => _firstRow = (long)Check(value, 0, MaxFirstRow); }

    /// <summary>Key <c>click_rate</c>: expected share of clicks, 0.001 to 0.9, default 0.25 (Criteo: 0.256).</summary>
    public double ClickRate { get => _clickRate; init => _clickRate = Check(value, 0.001, 0.9); }

    /// <summary>
    /// Key <c>cardinality_scale</c>: distinct tokens of a categorical field as a share of Criteo's, 0.0001 to 1, default 0.01; fields with
    /// up to 100 tokens keep theirs and larger ones keep at least 100.
    /// </summary>
    public double CardinalityScale { get => _cardinalityScale; init => _cardinalityScale = Check(value, 0.0001, 1); }

    /// <summary>Key <c>zipf</c>: exponent a of P(rank k) ∝ k^(−a), 0 to 3, default 1.1.</summary>
    public double Zipf { get => _zipf; init => _zipf = Check(value, 0, 3); }

    /// <summary>
    /// Key <c>head</c>: effects of the token of rank k (from 0) are damped by 1/(1 + k/head), so that what is planted sits on tokens
    /// frequent enough to be learnt; 1 to 1e9, default 10.
    /// </summary>
    public double Head { get => _head; init => _head = Check(value, 1, 1e9); }

    /// <summary>
    /// Key <c>first_order</c>: share of the logit's variance from single fields, relative to the other shares, 0 to 1, default 0.5.
    /// </summary>
    public double FirstOrder { get => _firstOrder; init => _firstOrder = Check(value, 0, 1); }

    /// <summary>Key <c>pairwise</c>: share of the logit's variance from pairs of fields, 0 to 1, default 0.35.</summary>
    public double Pairwise { get => _pairwise; init => _pairwise = Check(value, 0, 1); }

    /// <summary>Key <c>third_order</c>: share of the logit's variance from triples of fields, 0 to 1, default 0.15.</summary>
    public double ThirdOrder { get => _thirdOrder; init => _thirdOrder = Check(value, 0, 1); }

    /// <summary>Key <c>signal</c>: standard deviation of the logit, 0 to 10, default 1.5.</summary>
    public double Signal { get => _signal; init => _signal = Check(value, 0, 10); }

    /// <summary>Key <c>noise</c>: share of impressions whose click has nothing to do with any field, 0 to 1, default 0.05.</summary>
    public double Noise { get => _noise; init => _noise = Check(value, 0, 1); }

    /// <summary>Key <c>missing</c>: factor on Criteo's shares of missing values, 0 to 1.25, default 1.</summary>
    public double Missing { get => _missing; init => _missing = Check(value, 0, 1.25); }

    /// <summary>Key <c>latent</c>: dimension of the hidden vectors behind interactions, 1 to 16, default 3.</summary>
    public int Latent { get => _latent; init => _latent = (int)Check(value, 1, 16); }

    /// <summary>Key <c>pairs</c>: pairs of fields that interact, 1 to 40, default 10: all pairs of five fields.</summary>
    public int Pairs { get => _pairs; init => _pairs = (int)Check(value, 1, 40); }

    /// <summary>Key <c>triples</c>: triples of fields that interact, 1 to 20, default 4: all triples of four other fields.</summary>
    public int Triples { get => _triples; init => _triples = (int)Check(value, 1, 20); }

    /// <summary>
    /// Key <c>day</c>: the day that the rows are of, 0 to 10,000, default 0. From day to day tokens die and effects move; rows of several
    /// days are best told apart by <see cref="FirstRow"/>.
    /// </summary>
    public int Day { get => _day; init => _day = (int)Check(value, 0, 10_000); }

    /// <summary>
    /// Key <c>turnover</c>: share of the tokens of a categorical field that a day replaces by new ones of the same frequency and of effects
    /// of their own, 0 to 1, default 0.03: a token lives 1/turnover days.
    /// </summary>
    public double Turnover { get => _turnover; init => _turnover = Check(value, 0, 1); }

    /// <summary>
    /// Key <c>movement</c>: how far all effects move in a day, as an angle in radians, 0 to 1, default 0.05: after t days they are
    /// cos(movement t) of what they were, and sin(movement t) of something else.
    /// </summary>
    public double Movement { get => _movement; init => _movement = Check(value, 0, 1); }

    /// <summary>Reads the options; keys that are absent take their defaults. The caller closes the map.</summary>
    /// <exception cref="ConsortException">A value is out of range.</exception>
    public static SyntheticOptions From(OptionMap map)
    {
        var defaults = new SyntheticOptions();
        return new SyntheticOptions
        {
            Seed = (ulong)map.Long("seed", (long)defaults.Seed, 0, long.MaxValue),
            FirstRow = map.Long("first_row", 0, 0, MaxFirstRow),
            Day = map.Integer("day", 0, 0, 10_000),
            Turnover = map.Number("turnover", defaults.Turnover, 0, 1),
            Movement = map.Number("movement", defaults.Movement, 0, 1),
            ClickRate = map.Number("click_rate", defaults.ClickRate, 0.001, 0.9),
            CardinalityScale = map.Number("cardinality_scale", defaults.CardinalityScale, 0.0001, 1),
            Zipf = map.Number("zipf", defaults.Zipf, 0, 3),
            Head = map.Number("head", defaults.Head, 1, 1e9),
            FirstOrder = map.Number("first_order", defaults.FirstOrder, 0, 1),
            Pairwise = map.Number("pairwise", defaults.Pairwise, 0, 1),
            ThirdOrder = map.Number("third_order", defaults.ThirdOrder, 0, 1),
            Signal = map.Number("signal", defaults.Signal, 0, 10),
            Noise = map.Number("noise", defaults.Noise, 0, 1),
            Missing = map.Number("missing", defaults.Missing, 0, 1.25),
            Latent = map.Integer("latent", defaults.Latent, 1, 16),
            Pairs = map.Integer("pairs", defaults.Pairs, 1, 40),
            Triples = map.Integer("triples", defaults.Triples, 1, 20),
        };
    }

    private static double Check(double value, double min, double max)
    {
        // Written so that NaN fails too.
        if (!(value >= min && value <= max))
            throw new ArgumentOutOfRangeException(nameof(value), value, FormattableString.Invariant($"expected {min} to {max}"));
        return value;
    }
}
