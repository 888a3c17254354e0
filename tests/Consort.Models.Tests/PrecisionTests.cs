using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Models.Embeddings;

namespace Consort.Models.Tests;

/// <summary>What bf16 operands do to learning.</summary>
public sealed class PrecisionTests
{
    private const int Rows = 200, Columns = 8, Steps = 60;

    [Theory]
    [InlineData("DNN")]
    [InlineData("DCNv2")]
    [InlineData("FinalMLP")]
    public void Train_Bf16_LearnsAsFp32Does(string model)
    {
        var (single, singleLosses, _) = Train(model, Precision.Fp32, threads: 2);
        var (half, halfLosses, used) = Train(model, Precision.Bf16, threads: 2);
        if (used != Precision.Bf16)
        {
            Assert.Equal(single, half);
            Assert.Skip($"fp32 in place of bf16: {Precision.Bf16.Missing()}");
        }

        Assert.NotEqual(single, half);
        Assert.All(half, weight => Assert.True(float.IsFinite(weight)));
        Assert.InRange(singleLosses[^1], 0, 0.75 * singleLosses[0]);
        for (var step = 0; step < Steps; step++)
            Assert.InRange(halfLosses[step], singleLosses[step] - 0.02, singleLosses[step] + 0.02);
        Assert.Equal(half, Train(model, Precision.Bf16, threads: 3).Weights);
    }

    private static (float[] Weights, double[] Losses, Precision Used) Train(string name, Precision precision, int threads)
    {
        var model = ModelCatalogue.Create(OptionMap.Parse($"model: {name}", "test"));
        var space = FeatureSpace.Of([.. Enumerable.Repeat(20, Columns)]);
        var family = new Family(new EmbeddingOptions { Dimension = 8, InitialDeviation = 0.1 }, [model]);
        using var rig = new Rig<float>(family, space, Rows, threads: threads, precision: precision);
        rig.Draw(Rows, 1);
        for (var row = 0; row < Rows; row++)
            rig.Labels[row] = (rig.Ids[row * Columns] + rig.Ids[(row * Columns) + 1]) % 3 == 0 ? 1 : 0;
        var losses = new double[Steps];
        for (var step = 0; step < Steps; step++)
            losses[step] = rig.Train(Rows, (ulong)step, rate: 1e-3);
        return (rig.Numbers(), losses, rig.Program.Precision);
    }
}
