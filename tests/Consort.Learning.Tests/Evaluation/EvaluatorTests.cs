using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Evaluation;

public sealed class EvaluatorTests
{
    private static readonly float[] Logits = [(float)Math.Log(4), 0, (float)Math.Log(1.0 / 3), 2];
    private static readonly float[] Clicks = [1, 0, 0, 1];

    [Fact]
    public void Result_KnownValues_Match()
    {
        using var evaluator = new Evaluator();
        evaluator.Add(Logits, Clicks);
        var metrics = evaluator.Result();
        var p = 1 / (1 + Math.Exp(-2));
        Assert.Equal(1, metrics.Auc);
        Assert.Equal(-(Math.Log(0.8) + Math.Log(0.5) + Math.Log(0.75) + Math.Log(p)) / 4, metrics.LogLoss, 7);
        Assert.Equal((0.8 + 0.5 + 0.25 + p) / 2, metrics.Calibration, 7);
        // Each row has its own bin, except .8 and .8808 in bins 12 and 13.
        Assert.Equal((0.2 + 0.5 + 0.25 + 1 - p) / 4, metrics.CalibrationError, 7);
        Assert.Equal(4, metrics.Rows);
        Assert.Equal(2, metrics.Clicks);
    }

    [Theory]
    [InlineData(Fusion.Mean)]
    [InlineData(Fusion.Sum)]
    public void ConsortEvaluator_OfOneMember_IsItsOwnEnsemble(Fusion fusion)
    {
        using var alone = new Evaluator();
        using var family = new ConsortEvaluator(1, fusion);
        alone.Add(Logits, Clicks);
        family.Add(Logits, Clicks);
        var batch = new BatchLogits(Logits.Length, 1, 0, fusion);
        for (var i = 0; i < Logits.Length; i++) (batch.Logits(0)[i], batch.Labels()[i]) = (Logits[i], Clicks[i]);
        using var ofBatches = new ConsortEvaluator(1, fusion);
        batch.Fuse();
        ofBatches.Add(batch);
        Assert.Equal(alone.Result(), family.Result().Members[0]);
        Assert.Equal(alone.Result(), family.Result().Ensemble);
        Assert.Equal(alone.Result(), ofBatches.Result().Ensemble);
        family.Clear();
        Assert.Equal(0, family.Rows);
    }

    [Fact]
    public void Result_AnyBatchSize_IsTheSame()
    {
        (var values, var labels) = AucCounterTests.Draw(10_007, 3, 1e-3);
        using var whole = new Evaluator();
        using var pieces = new Evaluator();
        whole.Add(values, labels);
        for (var start = 0; start < values.Length; start += 61)
        {
            var count = Math.Min(61, values.Length - start);
            pieces.Add(values.AsSpan(start, count), labels.AsSpan(start, count));
        }
        Assert.Equal(whole.Result(), pieces.Result());
    }

    [Theory]
    [InlineData(1000f, 0f)]
    [InlineData(float.PositiveInfinity, 0f)]
    [InlineData(float.NegativeInfinity, 1f)]
    public void Result_WrongAndCertain_IsClipped(float logit, float label)
    {
        using var evaluator = new Evaluator();
        evaluator.Add([logit], [label]);
        Assert.Equal(-Math.Log(1e-7), evaluator.Result().LogLoss, 6);
        using var unclipped = new Evaluator(0);
        unclipped.Add([100f], [0f]);
        Assert.Equal(100, unclipped.Result().LogLoss, 10);
    }

    [Fact]
    public void Result_RightAndInfinite_IsZeroUnclipped()
    {
        using var evaluator = new Evaluator(0);
        evaluator.Add([float.PositiveInfinity, float.NegativeInfinity], [1, 0]);
        Assert.Equal(0, evaluator.Result().LogLoss);
    }

    [Fact]
    public void Result_OneClass_AucIsNaNAndTheRestIsThere()
    {
        using var evaluator = new Evaluator();
        evaluator.Add([0f, 0f], [0f, 0f]);
        var metrics = evaluator.Result();
        Assert.True(double.IsNaN(metrics.Auc));
        Assert.Equal(Math.Log(2), metrics.LogLoss, 12);
        Assert.Equal(double.PositiveInfinity, metrics.Calibration);
    }

    [Fact]
    public void Result_NoRows_IsNaN()
    {
        using var evaluator = new Evaluator();
        Assert.True(double.IsNaN(evaluator.Result().LogLoss));
        Assert.True(double.IsNaN(evaluator.Result().Auc));
    }

    [Fact]
    public void Result_NaNLogit_AucAndLossAreNaN()
    {
        using var evaluator = new Evaluator();
        evaluator.Add([float.NaN, 1f, 0f], [1f, 1f, 0f]);
        Assert.True(double.IsNaN(evaluator.Result().Auc));
        Assert.True(double.IsNaN(evaluator.Result().LogLoss));
    }

    [Fact]
    public void Clear_ThenSameRows_SameResult()
    {
        using var evaluator = new Evaluator();
        evaluator.Add(Logits, Clicks);
        var first = evaluator.Result();
        evaluator.Clear();
        Assert.Equal(0, evaluator.Rows);
        evaluator.Add(Logits, Clicks);
        Assert.Equal(first, evaluator.Result());
    }

    [Fact]
    public void Add_BadInput_Throws()
    {
        using var evaluator = new Evaluator();
        Assert.Throws<ArgumentException>(() => evaluator.Add([1f], [0.5f]));
        Assert.Throws<ArgumentException>(() => evaluator.Add([1f], [1f, 0f]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Evaluator(0.5));
    }

    [Theory]
    [InlineData(Fusion.Mean)]
    [InlineData(Fusion.Sum)]
    public void ConsortEvaluator_BothWaysIn_Agree(Fusion fusion)
    {
        const int Rows = 50, Members = 3;
        var batch = Strategies.StrategyCases.Random(Rows, Members, 4, fusion);
        var rowMajor = new float[Rows * Members];
        var labels = new float[Rows];
        for (var b = 0; b < Rows; b++)
        {
            labels[b] = (float)batch.Labels()[b];
            for (var m = 0; m < Members; m++)
                rowMajor[b * Members + m] = (float)batch.Logits(m)[b];
        }
        using var one = new ConsortEvaluator(Members, fusion);
        using var other = new ConsortEvaluator(Members, fusion);
        one.Add(batch);
        other.Add(rowMajor, labels);
        ConsortMetrics a = one.Result(), c = other.Result();
        Assert.Equal(a.Members, c.Members);
        Assert.Equal(a.Ensemble.LogLoss, c.Ensemble.LogLoss, 6);
        Assert.Equal(a.Ensemble.Auc, c.Ensemble.Auc, 6);
        using var member = new Evaluator();
        for (var b = 0; b < Rows; b++)
            member.Add((float)batch.Logits(1)[b], batch.Labels()[b] == 1);
        Assert.Equal(member.Result(), a.Members[1]);
        Assert.Throws<ArgumentException>(() => one.Add([1f], [1f]));
        Assert.Throws<ArgumentException>(() => one.Add(new BatchLogits(1, 2, 0)));
    }

    [Fact]
    public void Ceiling_KnownValues_Match()
    {
        using var ceiling = new Ceiling();
        ceiling.Add([0.75f, 0.25f, 0.5f, 0.5f], [1, 0, 1, 0]);
        // pairs: .75>.25, .75>.5, .5>.25, .5=.5 -> 3.5 of 4
        Assert.Equal(0.875, ceiling.Auc());
        Assert.Equal((-2 * Math.Log(0.75) - 2 * Math.Log(0.5)) / 4, ceiling.LogLoss(), 12);
        ceiling.Clear();
        ceiling.Add([0f, 1f], [1, 1]);
        Assert.True(double.IsNaN(ceiling.Auc()));
        Assert.Equal(-Math.Log(1e-7) / 2, ceiling.LogLoss(), 6);
        Assert.Throws<ArgumentException>(() => ceiling.Add([1.5f], [1f]));
    }

    [Theory]
    [InlineData(0.8, 0.8, 0)]
    [InlineData(0.83, 0.8, 10)]
    [InlineData(0.77, 0.8, -10)]
    public void RelaImp_KnownValues_Match(double auc, double baseAuc, double expected) =>
        Assert.Equal(expected, Metrics.RelaImp(auc, baseAuc), 10);
}
