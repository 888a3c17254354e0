using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Strategies;

public sealed class TriCrossEntropyTests
{
    [Fact]
    public void Apply_TwoByTwo_MatchesHandComputed()
    {
        // Odds of the mean are √6 and √(2/27); both members do worse.
        var batch = StrategyCases.TwoByTwo();
        var terms = StrategyCases.Apply(new TriCrossEntropy(), batch);
        double[] q = [Math.Sqrt(6) / (1 + Math.Sqrt(6)), Math.Sqrt(2.0 / 27) / (1 + Math.Sqrt(2.0 / 27))];
        var ensemble = -(Math.Log(q[0]) + Math.Log(1 - q[1])) / 2;
        var (first, second) = (-(Math.Log(0.8) + Math.Log(0.6)) / 2, -(Math.Log(0.6) + Math.Log(0.9)) / 2);
        Assert.True(ensemble < second && second < first);
        Assert.Equal(ensemble, terms[0], 12);
        Assert.Equal(((first - ensemble) * first) + ((second - ensemble) * second), terms[1], 12);
        // (w + L)(p − y)/2 and (1 − L_1 − L_2)(p_ens − y)/4
        var common = 1 - first - second;
        Assert.Equal((((2 * first) - ensemble) * -0.1) + (common * (q[0] - 1) / 4), batch.Gradients(0)[0], 12);
        Assert.Equal((((2 * second) - ensemble) * 0.05) + (common * q[1] / 4), batch.Gradients(1)[1], 12);
    }

    [Theory]
    [InlineData(1, Fusion.Mean, false)]
    [InlineData(2, Fusion.Mean, false)]
    [InlineData(2, Fusion.Sum, false)]
    [InlineData(5, Fusion.Mean, false)]
    [InlineData(5, Fusion.Mean, true)]
    public void Apply_AnyFamily_EqualsANaiveLossAndItsFiniteDifferences(int members, Fusion fusion, bool detached)
    {
        var batch = StrategyCases.Random(7, members, 5, fusion);
        // One member that does better than the others together, which has no weight.
        for (var b = 0; b < batch.Rows && members > 2; b++)
            batch.Logits(0)[b] = (2 * batch.Labels()[b]) - 1;
        var labels = batch.Labels().ToArray();
        var strategy = new TriCrossEntropy(new TriCrossEntropyOptions { DetachWeights = detached });
        var terms = StrategyCases.Apply(strategy, batch);
        var p = Enumerable.Range(0, members).Select(m => batch.Probabilities(m).ToArray()).ToArray();
        Assert.Equal(Naive(p, p), terms.Sum(), 12);
        StrategyCases.CheckGradients(strategy, batch, Naive);
        Assert.Equal(members > 2, Weight(p, 0) == 0 && members > 1);

        double Naive(double[][] moving, double[][] start) => Ensemble(moving) + Enumerable.Range(0, members)
            .Sum(m => Weight(detached ? start : moving, m) * StrategyCases.CrossEntropy(moving[m], labels));

        double Weight(double[][] of, int member) => Math.Max(0, StrategyCases.CrossEntropy(of[member], labels) - Ensemble(of));

        double Ensemble(double[][] of)
        {
            var logits = Enumerable.Range(0, labels.Length).Select(b => of.Sum(q => Math.Log(q[b] / (1 - q[b]))) * fusion.Share(members));
            return StrategyCases.CrossEntropy(StrategyCases.Sigmoids([.. logits]), labels);
        }
    }

    [Fact]
    public void Apply_OneMember_IsPlainTraining()
    {
        var batch = StrategyCases.Random(9, 1, 2);
        StrategyCases.Apply(new Supervised(), batch);
        var gradient = batch.Gradients(0).ToArray();
        Assert.Equal(0, StrategyCases.Apply(new TriCrossEntropy(), batch)[1]);
        Assert.Equal(gradient, batch.Gradients(0).ToArray());
    }

    [Fact]
    public void Apply_HugeLogits_StaysFinite()
    {
        var batch = StrategyCases.TwoByTwo();
        StrategyCases.Fill(batch.Logits(0), -1000, 1000);
        Assert.All(StrategyCases.Apply(new TriCrossEntropy(), batch), term => Assert.True(double.IsFinite(term)));
        Assert.All(batch.Gradients(0).ToArray(), gradient => Assert.True(double.IsFinite(gradient)));
    }

    [Fact]
    public void Mistake_SlicesOfOneLayer_AreRefused() =>
        Assert.Equal("fusion", new TriCrossEntropy().Mistake(2, Fusion.Concat)?.Key);

    [Fact]
    public void Apply_Repeated_AllocatesNothing() => StrategyCases.CheckAllocations(new TriCrossEntropy());
}
