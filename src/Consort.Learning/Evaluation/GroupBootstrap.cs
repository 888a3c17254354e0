using Consort.Foundation.Numbers;

namespace Consort.Learning.Evaluation;

/// <summary>
/// The 95 % interval of AUC within groups by drawing groups with replacement, each with all its rows: rows of one group are not
/// independent. Percentiles of 2,000 draws. Source: Efron and Tibshirani 1993, chapter 13; groups as what is drawn, Field and Welsh 2007.
/// </summary>
internal sealed class GroupBootstrap
{
    private const int Draws = 2000;
    private const double Tail = 0.025;

    // More groups than that are drawn several at once, dealt without order: the error of a mean stays what it is.
    private const int MostUnits = 512;

    private readonly List<(double Weighted, double Weight)> _groups = [];

    /// <summary>Adds a group.</summary>
    /// <param name="auc">Within it.</param>
    /// <param name="weight">How much it counts.</param>
    public void Add(double auc, double weight) => _groups.Add((auc * weight, weight));

    /// <summary>The ends; of fewer than two groups there are none.</summary>
    public (double Low, double High)? Interval()
    {
        if (_groups.Count < 2)
            return null;
        var units = Units();
        var random = new CounterRandom(1, "group bootstrap");
        var means = new double[Draws];
        ulong number = 0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var (weighted, weight) = (0.0, 0.0);
            for (var i = 0; i < units.Length; i++)
            {
                var unit = units[(int)(random.Uniform(number++) * units.Length)];
                (weighted, weight) = (weighted + unit.Weighted, weight + unit.Weight);
            }

            means[draw] = weighted / weight;
        }

        Array.Sort(means);
        return (means[(int)(Tail * Draws)], means[^(1 + (int)(Tail * Draws))]);
    }

    private (double Weighted, double Weight)[] Units()
    {
        var order = _groups.ToArray();
        var random = new CounterRandom(1, "group bootstrap units");
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = (int)(random.Uniform((ulong)i) * (i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        var units = new (double Weighted, double Weight)[Math.Min(order.Length, MostUnits)];
        for (var i = 0; i < order.Length; i++)
        {
            ref var unit = ref units[i % units.Length];
            unit = (unit.Weighted + order[i].Weighted, unit.Weight + order[i].Weight);
        }

        return units;
    }
}
