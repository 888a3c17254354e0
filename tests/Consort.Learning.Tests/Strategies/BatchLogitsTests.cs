using Consort.Compute.Cpu.Threads;
using Consort.Learning.Losses;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Strategies;

public sealed class BatchLogitsTests
{
    [Fact]
    public void Prepare_TwoByTwo_FillsProbabilitiesAndFusedLogits()
    {
        var batch = StrategyCases.TwoByTwo(Fusion.Mean);
        Assert.Equal(0.8, batch.Probabilities(0)[0], 14);
        Assert.Equal(0.4, batch.Probabilities(0)[1], 14);
        Assert.Equal(0.6, batch.Probabilities(1)[0], 14);
        Assert.Equal(0.1, batch.Probabilities(1)[1], 14);
        // mean of ln 4 and ln 1.5 is ln √6; sigmoid(ln √6) = √6/(1 + √6)
        Assert.Equal(Math.Log(Math.Sqrt(6)), batch.EnsembleLogits()[0], 14);
        Assert.Equal(Math.Sqrt(6) / (1 + Math.Sqrt(6)), batch.EnsembleProbabilities()[0], 14);
        batch = StrategyCases.TwoByTwo(Fusion.Sum);
        Assert.Equal(Math.Log(6), batch.EnsembleLogits()[0], 14);
        Assert.Equal(6.0 / 7, batch.EnsembleProbabilities()[0], 14);
    }

    [Theory]
    [InlineData(Fusion.Mean)]
    [InlineData(Fusion.Sum)]
    public void Fuse_AfterOtherLogits_GivesWhatPrepareDoes(Fusion fusion)
    {
        var batch = StrategyCases.TwoByTwo(fusion);
        var prepared = batch.EnsembleLogits().ToArray();
        batch.EnsembleLogits().Fill(7);
        batch.Fuse();
        Assert.Equal(prepared, batch.EnsembleLogits().ToArray());
    }

    [Fact]
    public void Prepare_SharedOut_GivesTheSameBits()
    {
        using var workers = new Workers(3);
        BatchLogits alone = new(1000, 2, 0) { Rows = 900 }, shared = new(1000, 2, 0) { Rows = 900, Workers = workers };
        foreach (var batch in new[] { alone, shared })
        {
            for (var i = 0; i < 2 * 900; i++)
                batch.Logits(i / 900)[i % 900] = Math.Sin(i) * 9;
            batch.Prepare();
        }

        for (var m = 0; m < 2; m++)
        {
            Assert.Equal(alone.Probabilities(m).ToArray(), shared.Probabilities(m).ToArray());
            Assert.Equal(alone.Tails(m).ToArray(), shared.Tails(m).ToArray());
            Assert.Equal(Logistic.LogOnePlus(Math.Exp(-Math.Abs(alone.Logits(m)[899]))), alone.Tails(m)[899]);
        }

        Assert.Equal(alone.EnsembleProbabilities().ToArray(), shared.EnsembleProbabilities().ToArray());
        Assert.NotEqual(0, shared.EnsembleTails()[899]);
    }

    [Fact]
    public void Prepare_SecondBatch_ZeroesGradients()
    {
        var batch = StrategyCases.TwoByTwo();
        batch.Gradients(1)[1] = 5;
        batch.Prepare();
        Assert.Equal(0, batch.Gradients(1)[1]);
    }

    [Fact]
    public void Rows_ShortBatch_SpansHaveThatLength()
    {
        var batch = new BatchLogits(8, 2, 1) { Rows = 3 };
        Assert.Equal(3, batch.Labels().Length);
        Assert.Equal(3, batch.Logits(1).Length);
        Assert.Equal(3, batch.TeacherLogits(0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Rows = 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Logits(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.TeacherLogits(1));
    }

    [Theory]
    [InlineData(0, 0.69314718055994531)]
    [InlineData(40, 40)]
    [InlineData(-40, 4.248354255291589e-18)]
    [InlineData(800, 800)]
    [InlineData(-800, 0)]
    public void Softplus_AnyLogit_KeepsAllDigits(double z, double expected) =>
        Assert.True(Math.Abs(Logistic.Softplus(z) - expected) <= 1e-15 * expected);
}
