using Consort.Learning.Losses;

namespace Consort.Learning.Tests.Losses;

/// <summary>Each loss against its formula and its gradient against central differences, in double precision.</summary>
public sealed class LossTests
{
    private const double Step = 1e-5;
    private static readonly double[] Logits = [-6, -1.5, -0.2, 0, 0.7, 3, 6];

    [Fact]
    public void BinaryCrossEntropy_AnyLogitAndLabel_MatchesFormulaAndDifferences() => Check(
        [0, 0.3, 1],
        (y, z) => -(y * Math.Log(P(z))) - ((1 - y) * Math.Log(1 - P(z))),
        (y, z) => BinaryCrossEntropy.Value(y, z),
        (y, z) => BinaryCrossEntropy.Gradient(1, y, P(z)));

    [Fact]
    public void SquaredError_AnyProbabilities_MatchesFormulaAndDifferences() => Check(
        [0.01, 0.5, 0.9],
        (q, z) => (P(z) - q) * (P(z) - q),
        (q, z) => SquaredError.Of(q, P(z)).Value,
        (q, z) => SquaredError.Of(q, P(z)).Gradient);

    [Fact]
    public void SquaredLogitError_AnyLogits_MatchesFormulaAndDifferences() => Check(
        [-4, 0, 2.5],
        (t, z) => (z - t) * (z - t),
        (t, z) => SquaredLogitError.Of(t, z).Value,
        (t, z) => SquaredLogitError.Of(t, z).Gradient);

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(3)]
    public void SoftLabel_AnyTemperature_MatchesFormulaAndDifferences(double temperature) => Check(
        [-4, 0, 2.5],
        (t, z) => temperature * temperature * -((P(t / temperature) * Math.Log(P(z / temperature)))
            + ((1 - P(t / temperature)) * Math.Log(1 - P(z / temperature)))),
        (t, z) => SoftLabel.Of(temperature, t, z).Value,
        (t, z) => SoftLabel.Of(temperature, t, z).Gradient);

    [Fact]
    public void BernoulliKl_AnyLogits_MatchesFormulaAndDifferences() => Check(
        [-4, 0, 2.5],
        (t, z) => (P(t) * Math.Log(P(t) / P(z))) + ((1 - P(t)) * Math.Log((1 - P(t)) / (1 - P(z)))),
        (t, z) => Kl(t, z, out _),
        (t, z) =>
        {
            Kl(t, z, out var gradient);
            return gradient;
        });

    [Fact]
    public void Add_ManyRows_AddsScaledGradientsAndSums()
    {
        double[] targets = [0, 1, 0.25, 1, 0, 0.5, 1], p = [.. Logits.Select(P)], gradients = new double[Logits.Length];
        Array.Fill(gradients, 5);
        var loss = BinaryCrossEntropy.Add(0.5, targets, Logits, [.. Logits.Select(Tail)], p, gradients);
        Assert.Equal(0.5 * targets.Zip(Logits, BinaryCrossEntropy.Value).Sum(), loss, 13);
        Assert.Equal(5 + (0.5 * (p[2] - 0.25)), gradients[2], 14);

        Array.Fill(gradients, 5);
        Assert.Equal(targets.Zip(p, (q, x) => (x - q) * (x - q)).Sum(), SquaredError.Add(0.5, targets, p, gradients), 13);
        Assert.Equal(5 + ((p[2] - 0.25) * p[2] * (1 - p[2])), gradients[2], 14);
    }

    [Theory]
    [InlineData(800, 1)]
    [InlineData(-800, 0)]
    public void Value_HugeLogit_StaysFinite(double z, double y)
    {
        Assert.Equal(0, BinaryCrossEntropy.Value(y, z));
        Assert.Equal(800, BinaryCrossEntropy.Value(1 - y, z));
        Assert.Equal(0, SoftLabel.Of(1, z, z).Value);
        Assert.True(double.IsFinite(Kl(-z, z, out _)));
    }

    private static void Check(double[] targets, Func<double, double, double> formula, Func<double, double, double> value,
        Func<double, double, double> gradient)
    {
        foreach (var t in targets)
            foreach (var z in Logits)
            {
                Assert.Equal(formula(t, z), value(t, z), 10); // the formula loses digits where p is near 1
                var expected = (value(t, z + Step) - value(t, z - Step)) / (2 * Step);
                Assert.True(Math.Abs(expected - gradient(t, z)) < 1e-9 * Math.Max(1, Math.Abs(expected)),
                    $"target {t}, logit {z}: {gradient(t, z)}, finite difference {expected}");
            }
    }

    private static double Tail(double z) => Logistic.SigmoidAndTail(z).Tail;

    private static double P(double z) => 1 / (1 + Math.Exp(-z));

    private static double Kl(double t, double z, out double gradient)
    {
        var gradients = new double[1];
        var value = BernoulliKl.Add(1, [t], [Tail(t)], [P(t)], [z], [Tail(z)], [P(z)], gradients);
        gradient = gradients[0];
        return value;
    }
}
