using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Strategies;

/// <summary>A row of weight w is the row w times: in every loss and in every gradient.</summary>
public sealed class RowWeightTests
{
    private static readonly int[] Weights = [1, 2, 0, 3, 1, 2, 1];

    public static TheoryData<string> Strategies => [.. Made.Keys];

    private static Dictionary<string, Func<Strategy>> Made { get; } = new(StringComparer.Ordinal)
    {
        ["supervised"] = () => new Supervised(),
        ["plain ensemble"] = () => new Supervised(new() { Loss = LabelLoss.Ensemble }),
        ["self-distillation"] = () => new Supervised(new() { SelfDistillation = 0.7 }),
        ["mutual"] = () => new MutualLearning(),
        ["mutual, squared"] = () => new MutualLearning(new() { Divergence = PeerDivergence.SquaredError }),
        ["kdef"] = () => new KnowledgeDrivenEnsemble(),
        ["tri_bce"] = () => new TriCrossEntropy(),
        ["distillation"] = () => new Distillation(),
        ["distillation, gated"] = () => new Distillation(new() { Gate = TeacherGate.Label, Distance = TeacherDistance.SoftLabel }),
        ["distillation, learned gate"] = () => new Distillation(new() { Gate = TeacherGate.Learned }),
    };

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Apply_WeightTwo_IsTheRowTwice(string name)
    {
        var rows = Weights.SelectMany((w, row) => Enumerable.Repeat(row, w)).ToArray();
        var (weighted, written) = (Batch([.. Enumerable.Range(0, Weights.Length)]), Batch(rows));
        weighted.HasWeights = true;
        for (var b = 0; b < Weights.Length; b++)
            weighted.Weights()[b] = Weights[b];
        weighted.BalanceWeights();
        Assert.Equal(Weights.Length, weighted.Weights().ToArray().Sum(), 12);
        var (first, second) = (Made[name](), Made[name]());
        for (var step = 0; step < 2; step++) // what a strategy has learned itself is seen in the second
        {
            var terms = StrategyCases.Apply(first, weighted);
            weighted.WeighGradients();
            var expected = StrategyCases.Apply(second, written);
            for (var t = 0; t < terms.Length; t++)
                Assert.Equal(expected[t], terms[t], 12);
            for (var m = 0; m < weighted.Members; m++)
                for (var b = 0; b < Weights.Length; b++)
                {
                    var sum = 0.0;
                    for (var i = 0; i < rows.Length; i++)
                        sum += rows[i] == b ? written.Gradients(m)[i] : 0;
                    Assert.Equal(sum, weighted.Gradients(m)[b], 12);
                }
        }
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Apply_AllWeightsAlike_IsAsWithout(string name)
    {
        var (weighted, plain) = (Batch([.. Enumerable.Range(0, 7)]), Batch([.. Enumerable.Range(0, 7)]));
        weighted.HasWeights = true;
        weighted.Weights().Fill(0.25);
        weighted.BalanceWeights();
        Assert.Equal(StrategyCases.Apply(Made[name](), plain), StrategyCases.Apply(Made[name](), weighted));
        weighted.WeighGradients();
        Assert.Equal(plain.Gradients(1).ToArray(), weighted.Gradients(1).ToArray());
    }

    [Fact]
    public void BalanceWeights_AllZero_LearnsNothing()
    {
        var batch = Batch([0, 1]);
        batch.HasWeights = true;
        batch.Weights().Clear();
        batch.BalanceWeights();
        Assert.Equal(0, StrategyCases.Apply(new Supervised(), batch)[0]);
        batch.WeighGradients();
        Assert.Equal([0, 0], batch.Gradients(0).ToArray());
    }

    private static BatchLogits Batch(int[] rows)
    {
        var batch = new BatchLogits(rows.Length, 3, 2, Fusion.Mean);
        for (var b = 0; b < rows.Length; b++)
        {
            var random = new Random(rows[b]);
            batch.Labels()[b] = random.Next(2);
            for (var m = 0; m < 3; m++)
                batch.Logits(m)[b] = (3 * random.NextDouble()) - 1.5;
            for (var t = 0; t < 2; t++)
                batch.TeacherLogits(t)[b] = (3 * random.NextDouble()) - 1.5;
        }

        return batch;
    }
}
