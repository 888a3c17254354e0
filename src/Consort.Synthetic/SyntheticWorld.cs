namespace Consort.Synthetic;

/// <summary>
/// The hidden truth behind synthetic clicks: fields, which of them interact, and the logit; see <see cref="SyntheticClicks"/>.
/// </summary>
internal sealed class SyntheticWorld
{
    private const int PilotRows = 1 << 16;
    private const ulong PilotSeed = 0x5DEECE66DUL;
    private const int KeptCardinality = 100;
    private const int FewestInteracting = 10;
    private const double MostMissingInteracting = 0.5;

    private readonly SyntheticOptions _options;
    private readonly SyntheticField[] _fields = new SyntheticField[CriteoShape.Fields];
    private readonly double[] _firstWeights = new double[CriteoShape.Fields];
    private readonly (int A, int B, double Weight)[] _pairs;
    private readonly (int A, int B, int C, double Weight)[] _triples;
    private readonly double _firstScale;
    private readonly double _pairScale;
    private readonly double _thirdScale;
    private readonly double _bias;

    public SyntheticWorld(SyntheticOptions options)
    {
        _options = options;
        var salt = RowRandom.Mix(options.Seed ^ 0xC0115EEDUL);
        BuildFields(salt);
        BuildFirstOrder(salt);
        var random = new RowRandom(salt, 1);
        var eligible = Enumerable.Range(0, CriteoShape.Fields).Where(Interacts).ToArray();
        Shuffle(eligible, ref random);
        _pairs = BuildPairs(eligible);
        // From the other end: pairs and triples share fields only where options ask for many.
        Array.Reverse(eligible);
        _triples = BuildTriples(eligible);

        var shares = options.FirstOrder + options.Pairwise + options.ThirdOrder;
        double Scale(double share) => shares == 0 ? 0 : options.Signal * Math.Sqrt(share / shares);
        _firstScale = Scale(options.FirstOrder);
        _pairScale = Scale(options.Pairwise);
        _thirdScale = Scale(options.ThirdOrder);
        _bias = FitBias();
    }

    public SyntheticRow NewRow() => new(1 + _options.Latent);

    public IReadOnlyList<SyntheticField> Fields => _fields;

    /// <summary>Generates row <paramref name="index"/>, which depends on the options and the index alone.</summary>
    public void Generate(long index, SyntheticRow row)
    {
        var random = new RowRandom(_options.Seed, (ulong)index);
        DrawParts(ref random, row);
        var logit = _bias + _firstScale * row.First + _pairScale * row.Pairwise + _thirdScale * row.Third;
        row.Truth = (float)Probability(logit);
        // The click is drawn from the float32 that the sidecar holds, so that the sidecar is the truth to the last bit.
        row.Click = RowRandom.Unit(random.Next()) < row.Truth;
    }

    private void DrawParts(ref RowRandom random, SyntheticRow row)
    {
        var width = 1 + _options.Latent;
        Span<float> effects = row.Effects;
        double first = 0;
        for (var f = 0; f < _fields.Length; f++)
        {
            row.Values[f] = _fields[f].Draw(ref random, effects.Slice(f * width, width));
            first += _firstWeights[f] * effects[f * width];
        }
        double pairwise = 0;
        foreach ((var a, var b, var weight) in _pairs)
        {
            ReadOnlySpan<float> u = effects.Slice(a * width + 1, width - 1);
            ReadOnlySpan<float> v = effects.Slice(b * width + 1, width - 1);
            float sum = 0;
            for (var k = 0; k < u.Length; k++)
                sum += u[k] * v[k];
            pairwise += weight * sum;
        }
        double third = 0;
        foreach ((var a, var b, var c, var weight) in _triples)
        {
            ReadOnlySpan<float> u = effects.Slice(a * width + 1, width - 1);
            ReadOnlySpan<float> v = effects.Slice(b * width + 1, width - 1);
            ReadOnlySpan<float> w = effects.Slice(c * width + 1, width - 1);
            float sum = 0;
            for (var k = 0; k < u.Length; k++)
                sum += u[k] * v[k] * w[k];
            third += weight * sum;
        }
        row.First = first;
        row.Pairwise = pairwise;
        row.Third = third;
    }

    private double Probability(double logit) => (1 - _options.Noise) / (1 + Math.Exp(-logit)) + _options.Noise * _options.ClickRate;

    private void BuildFields(ulong salt)
    {
        var angle = _options.Movement * _options.Day;
        for (var f = 0; f < CriteoShape.NumericFields; f++)
        {
            _fields[f] = new NumericClicksField(
                CriteoShape.NumericLogMean[f], CriteoShape.NumericLogSpread[f], CriteoShape.NumericMissing[f] * _options.Missing,
                f == CriteoShape.NegativeField ? CriteoShape.NegativeShare : 0, RowRandom.Mix(salt + (ulong)f), _options.Latent,
                angle);
        }
        for (var c = 0; c < CriteoShape.CategoricalFields; c++)
        {
            var full = CriteoShape.Cardinalities[c];
            var cardinality = Math.Max(Math.Min(full, KeptCardinality), (int)Math.Round(full * _options.CardinalityScale));
            var f = CriteoShape.NumericFields + c;
            _fields[f] = new CategoricalClicksField(
                cardinality, _options.Zipf, CriteoShape.CategoricalMissing[c] * _options.Missing, _options.Head,
                RowRandom.Mix(salt + (ulong)f), _options.Latent, angle, _options.Turnover * _options.Day);
        }
    }

    /// <summary>Fields differ in importance by up to a factor of three; the sum has variance 1.</summary>
    private void BuildFirstOrder(ulong salt)
    {
        double variance = 0;
        for (var f = 0; f < _fields.Length; f++)
        {
            var importance = 0.5 + RowRandom.Unit(RowRandom.Mix(salt ^ ((ulong)f << 32)));
            _firstWeights[f] = _fields[f].EffectVariance > 0 ? importance / Math.Sqrt(_fields[f].EffectVariance) : 0;
            variance += _fields[f].EffectVariance > 0 ? importance * importance : 0;
        }
        for (var f = 0; f < _fields.Length; f++)
            _firstWeights[f] /= Math.Sqrt(variance);
    }

    private bool Interacts(int field) =>
        _fields[field].Probabilities[SyntheticField.Missing] <= MostMissingInteracting
        && (_fields[field] is not CategoricalClicksField categorical || categorical.Cardinality >= FewestInteracting);

    /// <summary>
    /// The first pairs of an order in which the first n fields are complete before the next one joins: few fields that all interact, as
    /// factorisation machines assume. Of equal variance: as fields are independent and vectors centred, Var⟨u, v⟩ = Σ_kl Cov(u)_kl
    /// Cov(v)_kl.
    /// </summary>
    private (int A, int B, double Weight)[] BuildPairs(ReadOnlySpan<int> fields)
    {
        var pairs = new List<(int A, int B, double Weight)>();
        for (var b = 1; pairs.Count < _options.Pairs; b++)
        {
            for (var a = 0; a < b && pairs.Count < _options.Pairs; a++)
                pairs.Add((fields[a], fields[b], 1 / Math.Sqrt(_options.Pairs * Variance(fields[a], fields[b], null))));
        }
        return [.. pairs];
    }

    /// <summary>Triples in the same kind of order, of equal variance.</summary>
    private (int A, int B, int C, double Weight)[] BuildTriples(ReadOnlySpan<int> fields)
    {
        var triples = new List<(int A, int B, int C, double Weight)>();
        for (var c = 2; triples.Count < _options.Triples; c++)
        {
            for (var b = 1; b < c; b++)
            {
                for (var a = 0; a < b && triples.Count < _options.Triples; a++)
                {
                    var variance = Variance(fields[a], fields[b], fields[c]);
                    triples.Add((fields[a], fields[b], fields[c], 1 / Math.Sqrt(_options.Triples * variance)));
                }
            }
        }
        return [.. triples];
    }

    private double Variance(int a, int b, int? c)
    {
        double sum = 0;
        for (var k = 0; k < _options.Latent; k++)
        {
            for (var l = 0; l < _options.Latent; l++)
                sum += _fields[a].Covariance[k, l] * _fields[b].Covariance[k, l] * (c is { } third ? _fields[third].Covariance[k, l] : 1);
        }
        return Math.Max(sum, 1e-12);
    }

    private static void Shuffle(int[] fields, ref RowRandom random)
    {
        for (var i = fields.Length - 1; i > 0; i--)
        {
            var j = (int)(((random.Next() >> 32) * (ulong)(i + 1)) >> 32);
            (fields[i], fields[j]) = (fields[j], fields[i]);
        }
    }

    /// <summary>The bias that gives the wanted click rate on pilot rows, which are none of the rows written.</summary>
    private double FitBias()
    {
        var row = NewRow();
        var logits = new double[PilotRows];
        for (var i = 0; i < PilotRows; i++)
        {
            var random = new RowRandom(_options.Seed ^ PilotSeed, (ulong)i);
            DrawParts(ref random, row);
            logits[i] = _firstScale * row.First + _pairScale * row.Pairwise + _thirdScale * row.Third;
        }
        double low = -40, high = 40;
        for (var i = 0; i < 50; i++)
        {
            var middle = (low + high) / 2;
            double sum = 0;
            foreach (var logit in logits)
                sum += 1 / (1 + Math.Exp(-logit - middle));
            (low, high) = sum < _options.ClickRate * PilotRows ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }
}
