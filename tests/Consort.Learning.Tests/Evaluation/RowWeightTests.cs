using Consort.Learning.Diagnostics;
using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Evaluation;

/// <summary>A row of weight w is measured as the row w times.</summary>
public sealed class RowWeightTests
{
    private static (float[] Logits, float[] Labels, float[] Weights, int[] Groups) Draw(int rows)
    {
        var random = new Random(5);
        // Few values, so that there are ties.
        float[] logits = [.. Enumerable.Range(0, rows).Select(_ => random.Next(-20, 21) / 10f)];
        return (logits, [.. logits.Select(z => random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1f : 0f)],
            [.. logits.Select(_ => (float)random.Next(4))], [.. logits.Select(_ => random.Next(-1, 12))]);
    }

    private static T[] Written<T>(T[] values, float[] weights) => [.. values.SelectMany((v, i) => Enumerable.Repeat(v, (int)weights[i]))];

    [Fact]
    public void Evaluator_Weights_AreRepetitions()
    {
        var (logits, labels, weights, _) = Draw(500);
        using Evaluator weighted = new(isWeighted: true), plain = new();
        weighted.Add(logits, labels, weights);
        plain.Add(Written(logits, weights), Written(labels, weights));
        var (found, expected) = (weighted.Result(), plain.Result());
        Assert.Equal(expected.Auc, found.Auc, 13);
        Assert.Equal(expected.LogLoss, found.LogLoss, 13);
        Assert.Equal(expected.Calibration, found.Calibration, 13);
        Assert.Equal(expected.CalibrationError, found.CalibrationError, 13);
        Assert.Equal(500, found.Rows);
        weighted.Clear();
        weighted.Add(logits, labels, Enumerable.Repeat(1f, 500).ToArray());
        plain.Clear();
        plain.Add(logits, labels);
        Assert.Equal(plain.Result(), weighted.Result());
    }

    [Fact]
    public void Evaluator_NotMadeForWeights_Refuses()
    {
        using var evaluator = new Evaluator();
        Assert.Throws<ArgumentOutOfRangeException>(() => evaluator.Add(0, true, 2));
    }

    [Fact]
    public void Evaluator_OneKindCountsNothing_HasNoAuc()
    {
        using var evaluator = new Evaluator(isWeighted: true);
        evaluator.Add([1f, 2f, 3f], [1f, 0f, 1f], [0f, 1f, 0f]);
        Assert.True(double.IsNaN(evaluator.Result().Auc));
    }

    [Fact]
    public void GroupAuc_Weights_AreRepetitions()
    {
        var (logits, labels, weights, groups) = Draw(400);
        var found = GroupAuc.Of("user", logits, labels, groups, weights);
        var expected = GroupAuc.Of("user", Written(logits, weights), Written(labels, weights), Written(groups, weights));
        Assert.Equal(expected.Auc, found.Auc, 12);
        Assert.True(found.Groups > 3);
    }

    [Fact]
    public void ConsortEvaluator_Groups_GiveGroupAucOfMembersAndEnsemble()
    {
        var (logits, labels, weights, groups) = Draw(300);
        using var evaluator = new ConsortEvaluator(2, Fusion.Mean, isWeighted: true, hasGroups: true);
        for (var start = 0; start < 300; start += 100)
        {
            var batch = new BatchLogits(100, 2, 0) { HasWeights = true };
            for (var b = 0; b < 100; b++)
            {
                var i = start + b;
                (batch.Labels()[b], batch.Weights()[b]) = (labels[i], weights[i]);
                (batch.Logits(0)[b], batch.Logits(1)[b]) = (logits[i], i % 7);
            }

            batch.Fuse();
            evaluator.Add(batch, [.. groups.AsSpan(start, 100).ToArray().Select(g => g < 0 ? 0 : 0x9000_0000_0000_0000 + (ulong)g)]);
        }

        var metrics = evaluator.Result();
        Assert.Equal(GroupAuc.Of("g", logits, labels, groups, weights).Auc, metrics.Members[0].GroupAuc!.Value, 12);
        float[] other = [.. Enumerable.Range(0, 300).Select(i => (float)(i % 7))];
        Assert.Equal(GroupAuc.Of("g", other, labels, groups, weights).Auc, metrics.Members[1].GroupAuc!.Value, 12);
        float[] fused = [.. logits.Zip(other, (a, b) => (float)(((double)a + b) / 2))];
        Assert.Equal(GroupAuc.Of("g", fused, labels, groups, weights).Auc, metrics.Ensemble.GroupAuc!.Value, 12);
    }

    [Fact]
    public void CalibrationCurve_Weights_AreRepetitionsInTheRatio()
    {
        var (logits, labels, weights, _) = Draw(300);
        var (found, expected) = (CalibrationCurve.Of(logits, labels, 1, weights),
            CalibrationCurve.Of(Written(logits, weights), Written(labels, weights), 1));
        Assert.Equal(expected.Ratio, found.Ratio, 12);
        Assert.Equal(expected.ExpectedError, found.ExpectedError, 12);
    }
}
