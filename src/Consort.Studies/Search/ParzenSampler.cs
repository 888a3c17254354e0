using Consort.Foundation.Numbers;

namespace Consort.Studies.Search;

/// <summary>
/// Draws what to try next: at first by chance, then by a tree-structured Parzen estimator, dimension by dimension. With l the density of
/// the best quarter of what was tried and g that of the rest, of several values drawn from l the one with the largest l/g is tried.
/// Densities are mixtures of a normal distribution around each value, cut off at 0 and 1, and of an even one. Source: Bergstra et al. 2011;
/// by the deepest rung with enough trials, as in BOHB (Falkner et al. 2018). Each third is drawn near the best in all dimensions at once:
/// densities of single dimensions know no combinations, and a good start alone among bad trials would else be left behind.
/// </summary>
/// <param name="dimensions">What is searched.</param>
/// <param name="seed">Of the draws: number, seed and what was seen decide them.</param>
internal sealed class ParzenSampler(IReadOnlyList<SearchDimension> dimensions, ulong seed)
{
    private const double Good = 0.25, LeastWidth = 0.04;
    private const int Candidates = 24, PerNear = 3, PerTrial = 1 << 12, PerDimension = 1 << 6;

    private readonly CounterRandom _random = new(seed, "tune");

    /// <summary>Trials that are drawn by chance, the first among them.</summary>
    public int Start { get; } = Math.Max(8, 2 * dimensions.Count);

    /// <summary>The places of a trial.</summary>
    /// <param name="number">Of the trial.</param>
    /// <param name="trials">Those so far.</param>
    public double[] Next(int number, IReadOnlyList<SearchTrial> trials)
    {
        var seen = Seen(trials);
        return number < Start || seen.Count < Start / 2
            ? [.. dimensions.Select((_, d) => Uniform(number, d, 0))]
            : number % PerNear == 0
            ? [.. dimensions.Select((_, d) => Around(seen[0].Places[d], Width(seen.Count), Uniform(number, d, 0)))]
            : [.. dimensions.Select((dimension, d) => Best(number, d, dimension, seen))];
    }

    // The deepest rung that enough have come to; who failed is worse than all.
    private List<(IReadOnlyList<double> Places, double Score)> Seen(IReadOnlyList<SearchTrial> trials)
    {
        var rung = trials.Count == 0 ? 0 : trials.Max(t => t.Rungs.Count);
        while (rung > 1 && trials.Count(t => t.Rungs.Count >= rung) < Start)
            rung--;
        return [.. trials.Where(t => rung > 0 && (t.Rungs.Count >= rung || t.Failure is not null))
            .Select(t => (t.Places, t.Rungs.Count >= rung ? t.Rungs[rung - 1].Score : double.NegativeInfinity))
            .OrderByDescending(t => t.Item2)];
    }

    private double Best(int number, int d, SearchDimension dimension, List<(IReadOnlyList<double> Places, double Score)> seen)
    {
        var count = Math.Max(2, (int)Math.Ceiling(Good * seen.Count));
        double[] good = [.. seen.Take(count).Select(s => s.Places[d])], rest = [.. seen.Skip(count).Select(s => s.Places[d])];
        return Enumerable.Range(0, Candidates).Select(c => Draw(number, d, 2 * c + 1, good))
            .MaxBy(place => Math.Log(Density(dimension, good, place)) - Math.Log(Density(dimension, rest, place)));
    }

    // From the mixture: an even draw, or one around a value.
    private double Draw(int number, int d, int draw, double[] values)
    {
        var which = (int)(Uniform(number, d, draw) * (values.Length + 1));
        if (which == values.Length)
            return Uniform(number, d, draw + 1);
        return Around(values[which], Width(values.Length), Uniform(number, d, draw + 1));
    }

    // By the share of the distribution that is within, of which an even draw picks one.
    private static double Around(double place, double width, double even)
    {
        var (low, high) = (Below(-place / width), Below((1 - place) / width));
        return Math.Clamp(place + width * Quantile(double.Lerp(low, high, even)), 0, 1);
    }

    private static double Density(SearchDimension dimension, double[] values, double place)
    {
        if (dimension is { Choices: > 0 and var choices, IsOrdered: false })
            return (1.0 + values.Count(v => dimension.ChoiceAt(v) == dimension.ChoiceAt(place))) / (choices + values.Length);
        var (sum, width) = (1.0, Width(values.Length));
        foreach (var value in values)
        {
            var z = (place - value) / width;
            sum += Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) / width
                / (Below((1 - value) / width) - Below(-value / width));
        }

        return sum / (values.Length + 1);
    }

    // The more there are, the nearer each may stand for itself.
    private static double Width(int values) => Math.Max(LeastWidth, 0.35 * Math.Pow(Math.Max(1, values), -0.4));

    private static double Below(double z) => MathNet.Numerics.Distributions.Normal.CDF(0, 1, z);

    private static double Quantile(double share) => MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, Math.Clamp(share, 1e-9, 1 - 1e-9));

    private double Uniform(int number, int d, int draw) =>
        _random.Uniform(((ulong)number * PerTrial) + ((ulong)d * PerDimension) + (ulong)draw);
}
