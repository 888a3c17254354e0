using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;
using Consort.Learning.Strategies;
using Consort.Learning.Tests.Training;
using Consort.Learning.Training;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Learning.Tests.Ranks;

/// <summary>Single steps of several ranks beside those of one process, from the same weights.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class RankStepTests(SmallData data)
{
    private const int Steps = 160;

    [Theory]
    [InlineData(Activation.Tanh, 2)]
    [InlineData(Activation.Relu, 2)]
    [InlineData(Activation.Relu, 4)]
    public void Run_FromTheSameWeights_GivesTheGradientsOfOneProcess(Activation activation, int ranks)
    {
        var alone = Walk(null, activation);
        var parted = ThreadRanks.Run(ranks, r => Walk(r, activation, alone.Weights));
        Assert.All(parted, p => Assert.Equal(parted[0].Gradients, p.Gradients));
        var apart = Enumerable.Range(0, Steps).Select(s => Distance(alone.Gradients[s], parted[0].Gradients[s])).ToArray();
        // A number within rounding of zero may lie on the other side of a ReLU, which changes one row's gradient.
        Assert.InRange(apart.Count(d => d > 1e-5), 0, activation == Activation.Relu ? Steps / 50 : 0);
        Assert.InRange(apart.Max(), 1e-9, 0.1);
    }

    [Theory]
    [InlineData(WirePrecision.Bf16, 2, 9)]
    [InlineData(WirePrecision.Bf16, 4, 9)]
    [InlineData(WirePrecision.Fp16, 3, 12)]
    public void Run_RoundedOnTheWire_GivesTheGradientsOfFloatsButForTheirLastBits(WirePrecision wire, int ranks, int bits)
    {
        var alone = Walk(null, Activation.Tanh);
        var parted = ThreadRanks.Run(ranks, r => Walk(r, Activation.Tanh, alone.Weights, wire: wire));
        Assert.All(parted, p => Assert.Equal(parted[0].Gradients, p.Gradients));
        // Each term is rounded, and so is the sum, by at most 2⁻ᵇ of itself; a term may be larger than the largest sum, for terms cancel.
        var most = 2 * (1 + ranks) * Math.Pow(2, -bits);
        for (var s = 0; s < Steps; s++)
            Assert.InRange(Distance(alone.Gradients[s], parted[0].Gradients[s]), 0.05 * Math.Pow(2, -bits), most);
    }

    [Theory]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Relu)]
    public void Run_OnTheirOwn_PartAsOneNumberOneUlpAwayWould(Activation activation)
    {
        var (alone, moved) = (Walk(null, activation, rate: 0.5), Walk(null, activation, rate: 0.5, isMoved: true));
        var parted = ThreadRanks.Run(2, r => Walk(r, activation, rate: 0.5))[0];
        var (byRanks, byUlp) = (Furthest(parted), Furthest(moved));
        Assert.InRange(byRanks, 1e-9, 20 * byUlp);

        double Furthest((float[][] Weights, float[][] Gradients) other) =>
            Enumerable.Range(1, Steps).Max(s => Distance(alone.Weights[s], other.Weights[s]));
    }

    // The largest difference, as a part of the largest number.
    private static double Distance(float[] one, float[] other) =>
        one.Zip(other, (a, b) => Math.Abs((double)a - b)).Max() / one.Max(a => Math.Abs((double)a));

    // Weights before each step and behind the last, and gradients of each.
    private (float[][] Weights, float[][] Gradients) Walk(
        IRanks? ranks, Activation activation, float[][]? given = null, double rate = 0.1, bool isMoved = false,
        WirePrecision wire = WirePrecision.Float)
    {
        using var workers = new Workers(1);
        var tower = new MlpOptions { HiddenUnits = [64, 32], Activation = activation, BatchNorm = true, Dropout = 0.1 };
        using var step = new TrainingStep(
            TrainerRig.Own(new DeepFm(tower)), data.Dataset.Space,
            new TrainingOptions { BatchSize = SmallData.BatchSize, Optimizer = new OptimizerOptions { Rule = new Sgd() } }, workers,
            vectors: null, shift: 0, ranks, new RankOptions(Wire: wire));
        step.Store.Initialize(1, workers);
        step.Open(new Supervised());
        using var loader = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize, Shuffle: true, Seed: 3)
        {
            Share = ranks is null ? (0, 1) : (ranks.Rank, ranks.Count),
        });
        var (weights, gradients) = (new float[Steps + 1][], new float[Steps][]);
        if (isMoved)
            step.Store.DenseValues.Span[0] = MathF.BitIncrement(step.Store.DenseValues.Span[0]);
        for (var (s, epoch) = (0, 0); s < Steps; epoch++)
        {
            loader.Start(epoch);
            for (; s < Steps && loader.Next() is { } batch; s++)
            {
                if (given is not null)
                    Put(step, given[s]);
                weights[s] = Numbers(step);
                step.Run(batch, (ulong)s, rate);
                gradients[s] = [.. step.Store.DenseGradients.Span, .. step.Store.Embeddings.SelectMany(TableGradient)];
            }
        }

        weights[Steps] = Numbers(step);
        return (weights, gradients);
    }

    // Of the whole table, whatever order its rows were touched in.
    private static float[] TableGradient(EmbeddingTable<float> table)
    {
        var gradient = new float[table.Values.Length];
        for (var group = 0; group < table.Groups; group++)
            for (var i = 0; i < table.TouchedCount(group); i++)
                table.TouchedGradients(group).Slice(i * table.Dimension, table.Dimension)
                    .CopyTo(gradient.AsSpan(table.TouchedRows(group)[i] * table.Dimension));
        return gradient;
    }

    private static float[] Numbers(TrainingStep step) =>
        [.. step.Store.DenseValues.Span, .. step.Store.Embeddings.SelectMany(e => e.Values.Span.ToArray())];

    private static void Put(TrainingStep step, float[] numbers)
    {
        var at = numbers.AsSpan();
        foreach (var target in step.Store.Embeddings.Select(e => e.Values).Prepend(step.Store.DenseValues))
        {
            at[..(int)target.Length].CopyTo(target.Span);
            at = at[(int)target.Length..];
        }
    }
}
