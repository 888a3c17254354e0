using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Strategies;

public sealed class SupervisedTests
{
    // BCE of member 1: (−ln 0.8 − ln 0.6)/2; of member 2: (−ln 0.6 − ln 0.9)/2
    private const double First = 0.36698458754010;
    private const double Second = 0.30809306971191;

    [Theory]
    [InlineData(MemberReduction.Sum, 1.0)]
    [InlineData(MemberReduction.Mean, 0.5)]
    public void Apply_MembersTwoByTwo_MatchesHandComputed(MemberReduction reduction, double weight)
    {
        var batch = StrategyCases.TwoByTwo();
        var terms = StrategyCases.Apply(new Supervised(new SupervisedOptions { Reduction = reduction }), batch);
        Assert.Equal(weight * (First + Second), terms[0], 10);
        // (p − y)/2
        Assert.Equal(weight * -0.1, batch.Gradients(0)[0], 14);
        Assert.Equal(weight * 0.2, batch.Gradients(0)[1], 14);
        Assert.Equal(weight * -0.2, batch.Gradients(1)[0], 14);
        Assert.Equal(weight * 0.05, batch.Gradients(1)[1], 14);
    }

    [Fact]
    public void Apply_SumEnsembleTwoByTwo_MatchesHandComputed()
    {
        // z = (ln 6, ln 2/27), p = (6/7, 2/29): BCE = (−ln 6/7 − ln 27/29)/2; every member gets (p − y)/2
        var batch = StrategyCases.TwoByTwo(Fusion.Sum);
        var terms = StrategyCases.Apply(new Supervised(new SupervisedOptions { Loss = LabelLoss.Ensemble }), batch);
        Assert.Equal(0.112804820, terms[0], 8);
        for (var m = 0; m < 2; m++)
        {
            Assert.Equal(-1.0 / 14, batch.Gradients(m)[0], 14);
            Assert.Equal(1.0 / 29, batch.Gradients(m)[1], 14);
        }
    }

    [Fact]
    public void Apply_MeanEnsemble_GradientsMatchFiniteDifferences()
    {
        var batch = StrategyCases.Random(7, 3, 5);
        var labels = batch.Labels().ToArray();
        StrategyCases.CheckGradients(new Supervised(new SupervisedOptions { Loss = LabelLoss.Ensemble }), batch,
            (p, _) => StrategyCases.CrossEntropy(StrategyCases.EnsembleProbabilities(p), labels));
    }

    [Fact]
    public void Apply_SelfDistillation_GradientsMatchFiniteDifferences()
    {
        // L = BCE(y, p_ens) + ½ Σ_m BCE(p_ens as it stood, p_m)
        var batch = StrategyCases.Random(7, 3, 5);
        var labels = batch.Labels().ToArray();
        StrategyCases.CheckGradients(new Supervised(new SupervisedOptions { Loss = LabelLoss.Ensemble, SelfDistillation = 0.5 }),
            batch, (p, start) =>
        {
            var target = StrategyCases.EnsembleProbabilities(start);
            return StrategyCases.CrossEntropy(StrategyCases.EnsembleProbabilities(p), labels)
                + (0.5 * p.Sum(q => StrategyCases.CrossEntropy(q, target)));
        });
    }

    [Fact]
    public void Apply_SelfDistillationTwoByTwo_MatchesHandComputed()
    {
        // z_ens = (½ ln 6, ½ ln 2/27), so the odds of p_ens are √6 and √(2/27)
        var batch = StrategyCases.TwoByTwo();
        var strategy = new Supervised(new SupervisedOptions { SelfDistillation = 2 });
        var terms = StrategyCases.Apply(strategy, batch);
        Assert.Equal(["label", "self"], strategy.TermNames);
        double[] q = [Math.Sqrt(6) / (1 + Math.Sqrt(6)), Math.Sqrt(2.0 / 27) / (1 + Math.Sqrt(2.0 / 27))];
        double[][] p = [[0.8, 0.4], [0.6, 0.1]];
        Assert.Equal(2 * p.Sum(member => StrategyCases.CrossEntropy(member, q)), terms[1], 8);
        Assert.Equal(-0.1 + (0.8 - q[0]), batch.Gradients(0)[0], 8);
        Assert.Equal(0.05 + (0.1 - q[1]), batch.Gradients(1)[1], 8);
    }

    [Fact]
    public void Apply_OneMember_MembersAndEnsembleAgree()
    {
        var batch = StrategyCases.Random(9, 1, 2);
        var members = StrategyCases.Apply(new Supervised(), batch)[0];
        var gradient = batch.Gradients(0).ToArray();
        var ensemble = StrategyCases.Apply(new Supervised(new SupervisedOptions { Loss = LabelLoss.Ensemble }), batch)[0];
        Assert.Equal(members, ensemble, 14);
        Assert.Equal(gradient, batch.Gradients(0).ToArray());
    }

    [Fact]
    public void Apply_HugeLogits_StaysFinite()
    {
        var batch = new BatchLogits(2, 1, 0);
        StrategyCases.Fill(batch.Labels(), 1, 0);
        StrategyCases.Fill(batch.Logits(0), -1000, 1000);
        Assert.Equal(1000, StrategyCases.Apply(new Supervised(), batch)[0]);
        Assert.Equal([-0.5, 0.5], batch.Gradients(0).ToArray());
    }

    [Fact]
    public void Apply_NoRows_IsZero()
    {
        var batch = StrategyCases.TwoByTwo();
        batch.Rows = 0;
        Assert.Equal([0], StrategyCases.Apply(new Supervised(), batch));
    }

    [Fact]
    public void Apply_NoRoomForTerms_Throws() =>
        Assert.Throws<ArgumentException>(() => new Supervised().Apply(StrategyCases.TwoByTwo(), []));

    [Fact]
    public void Apply_Repeated_AllocatesNothing() => StrategyCases.CheckAllocations(new Supervised());
}
