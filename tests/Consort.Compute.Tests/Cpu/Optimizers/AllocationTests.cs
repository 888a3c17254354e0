using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.Optimizers;

[Collection(nameof(AllocationCollection))]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(EmbeddingUpdate.Dense, 1e-3, 0)]
    [InlineData(EmbeddingUpdate.Touched, 1e-3, 0)]
    [InlineData(EmbeddingUpdate.Deferred, 1e-3, 0)]
    [InlineData(EmbeddingUpdate.Deferred, 0, 0)]
    [InlineData(EmbeddingUpdate.Dense, 1e-3, 0.99)]
    [InlineData(EmbeddingUpdate.Touched, 1e-3, 0.99)]
    [InlineData(EmbeddingUpdate.Deferred, 1e-3, 0.99)]
    [InlineData(EmbeddingUpdate.Deferred, 0, 0.99)]
    public void Step_WholeTrainingStepAfterWarmUp_AllocatesNothing(EmbeddingUpdate update, double l2, double average)
    {
        const int Capacity = 300;
        using var workers = new Workers(3);
        using var trial = new Trial<float>(SmallFamily.Build(10), Capacity, workers);
        using var optimizer = new Optimizer<float>(
            trial.Store,
            new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = l2, MaxGradientNorm = 1, AverageDecay = average }, workers);
        // Few rows first: a later batch touches more, which must not make anything grow.
        trial.Draw(3, 1);
        for (var step = 0; step < 60; step++)
            One(3);
        trial.Draw(Capacity, 2);
        // The count is the whole process's, and the test host reports results meanwhile: a quiet stretch is enough.
        var least = long.MaxValue;
        for (var stretch = 0; stretch < 10 && least > 0; stretch++)
        {
            var before = GC.GetTotalAllocatedBytes(true);
            for (var step = 0; step < 5; step++)
                One(Capacity);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(true) - before);
        }

        Assert.Equal(0, least);

        void One(int rows)
        {
            trial.Forward(rows, seed: 3);
            trial.Backward(rows, 3);
            optimizer.Step(0.01);
        }
    }
}
