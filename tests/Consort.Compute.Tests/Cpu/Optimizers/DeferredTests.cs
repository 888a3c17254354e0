using System.Numerics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Optimizers;

/// <summary>Deferred rows against the dense update that they stand for.</summary>
public sealed unsafe class DeferredTests(ITestOutputHelper output) : IDisposable
{
    private const int Steps = 4600; // more than the history holds: rows that nobody reads are brought up to date on the way
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(1, true)]
    [InlineData(10, false)]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Step_WithoutRegulariser_IsTheDenseStepToThePrecisionOfTheNumbers(int dimension, bool isSkewed)
    {
        var options = new OptimizerOptions { MaxGradientNorm = 3 };
        Assert.InRange(Compare<double>(options, dimension, isSkewed, dimension == 16 ? Steps : 1000), 0, 1e-11);
        Assert.InRange(Compare<float>(options, dimension, isSkewed, Steps), 0, 5e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void Step_FloatWithoutRegulariser_IsAsNearToDoublePrecisionAsTheDenseStep(int dimension)
    {
        using var exact = new DeferredRun<double>(new OptimizerOptions(), dimension, true, _workers);
        using var dense = new DeferredRun<float>(new OptimizerOptions(), dimension, true, _workers);
        using var deferred = new DeferredRun<float>(
            new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Deferred }, dimension, true, _workers);
        exact.Train(0, Steps);
        dense.Train(0, Steps);
        deferred.Train(0, Steps);
        var (own, found) = (Distance(exact, dense), Distance(exact, deferred));
        output.WriteLine($"from double precision, D {dimension}: dense {own:g3}, deferred {found:g3}");
        Assert.InRange(found, 0, 1.5 * own);
    }

    [Theory]
    [InlineData(0.5, 0.9, 1e-3)]
    [InlineData(0, 0.99, 1e-8)]
    [InlineData(0.9, 0.5, 1e-8)] // m outlives v: no movement may be left out
    [InlineData(0.9, 0.999, 1e-3)] // ε far above √v
    [InlineData(0.9, 0.999, 1e-30)]
    public void Step_OddSettingsWithoutRegulariser_IsTheDenseStep(double beta1, double beta2, double epsilon) =>
        Assert.InRange(Compare<double>(new OptimizerOptions { Rule = new Adam(beta1, beta2, epsilon) }, 10, true, 1500), 0, 1e-10);

    [Fact]
    public void Step_EpsilonHatWithoutRegulariser_IsTheDenseStep() =>
        Assert.InRange(Compare<double>(new OptimizerOptions { Rule = new Adam(Epsilon: 1e-4, IsEpsilonHat: true) }, 10, true, 1500), 0,
            1e-10);

    [Theory]
    [InlineData(1, 1e-5, true)]
    [InlineData(10, 1e-3, false)]
    [InlineData(16, 0.05, true)] // settles into a jitter about zero that no approximation would follow
    [InlineData(17, 0.05, false)]
    public void Step_WithRegulariser_IsTheDenseStepBitForBit(int dimension, double l2, bool isSkewed)
    {
        Assert.Equal(0, Compare<float>(new OptimizerOptions { EmbeddingL2 = l2 }, dimension, isSkewed, Steps));
        // Never clipped, but this has to be shown with most rows far behind.
        Assert.Equal(0, Compare<float>(new OptimizerOptions { EmbeddingL2 = l2, MaxGradientNorm = 100 }, dimension, isSkewed, Steps));
        Assert.Equal(0, Compare<double>(new OptimizerOptions { EmbeddingL2 = l2 }, dimension, isSkewed, 500));
    }

    [Theory]
    [InlineData(0.002)] // always clipped
    [InlineData(0.1)] // now and then
    public void Step_WithRegulariserAndClipping_IsTheDenseStep(double limit) => // norms are summed in another order
        Assert.InRange(Compare<double>(new OptimizerOptions { EmbeddingL2 = 0.01, MaxGradientNorm = limit }, 10, true, 1000), 0, 1e-7);

    [Fact]
    public void Step_OtherRules_AreTheDenseStep()
    {
        foreach (var rule in new UpdateRule[] { new Sgd(), new Sgd(0.9), new Adagrad(0.1) })
            foreach (var l2 in new[] { 0, 0.05 })
                Assert.Equal(0, Compare<float>(new OptimizerOptions { Rule = rule, EmbeddingL2 = l2 }, 10, true, 600));
    }

    [Fact]
    public void Step_WholeFamily_HasTheBitsOfTheDenseStep()
    {
        var options = new OptimizerOptions { EmbeddingL2 = 1e-3, DenseL2 = 1e-3 };
        Assert.Equal(TrainFamily(options with { EmbeddingUpdate = EmbeddingUpdate.Dense }, 2),
            TrainFamily(options with { EmbeddingUpdate = EmbeddingUpdate.Deferred }, 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-3)]
    public void Step_AnyThreadCount_GivesTheSameBits(double l2)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Deferred, EmbeddingL2 = l2, MaxGradientNorm = 1 };
        var one = TrainFamily(options, 1);
        Assert.Equal(one, TrainFamily(options, 2));
        Assert.Equal(one, TrainFamily(options, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.01)]
    public void State_ReadWithRowsBehind_ResumesAsIfNeverStopped(double l2)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Deferred, EmbeddingL2 = l2, MaxGradientNorm = 5 };
        using var whole = new DeferredRun<double>(options, 10, true, _workers);
        using var first = new DeferredRun<double>(options, 10, true, _workers);
        using var second = new DeferredRun<double>(options, 10, true, _workers);
        whole.Train(0, 900);
        first.Train(0, 500);
        first.Store.Embeddings[0].Values.Span.CopyTo(second.Store.Embeddings[0].Values.Span);
        for (var i = 0; i < first.Optimizer.State.Count; i++)
            first.Optimizer.State[i].Buffer.Span.CopyTo(second.Optimizer.State[i].Buffer.Span);
        second.Optimizer.Steps = first.Optimizer.Steps;
        second.Train(500, 900);
        Assert.InRange(Distance(whole, second), 0, l2 == 0 ? 1e-11 : 0);
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Step_WeightsLoadedBetweenSteps_CountInTheNorm(EmbeddingUpdate update)
    {
        // The sum of squares that the step before left must not outlive the weights it was of.
        using var run = new DeferredRun<double>(
            new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 0.1, MaxGradientNorm = 1e6 }, 10,
            true, _workers);
        run.Train(0, 20);
        run.Store.Embeddings[0].Values.Span.Fill(2);
        run.Train(20, 21);
        var norm = 0.1 * 2 * Math.Sqrt(DeferredRun<float>.Features * 10);
        Assert.InRange(run.Optimizer.LastGradientNorm, 0.9 * norm, 1.1 * norm);
        run.Store.Initialize(7);
        run.Train(21, 22);
        Assert.InRange(run.Optimizer.LastGradientNorm, 0, 10);
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void LastGradientNorm_ManySteps_IsTheSumOverTheWholeTable(EmbeddingUpdate update)
    {
        using var run = new DeferredRun<float>(
            new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 0.1, MaxGradientNorm = 1e-3 }, 16,
            true, _workers);
        using var fresh = new DeferredRun<float>(new OptimizerOptions
        {
            EmbeddingUpdate = EmbeddingUpdate.Dense,
            EmbeddingL2 = 0.1,
            MaxGradientNorm = 1e-3
        }, 16, true, _workers);
        run.Train(0, 300);
        run.Store.Embeddings[0].Values.Span.CopyTo(fresh.Store.Embeddings[0].Values.Span);
        run.Train(300, 301);
        fresh.Train(300, 301);
        Assert.Equal(fresh.Optimizer.LastGradientNorm, run.Optimizer.LastGradientNorm, 1e-6 * fresh.Optimizer.LastGradientNorm);
    }

    [Fact]
    public void Forward_NotTraining_ReadsAllRowsUpToDate()
    {
        var options = new OptimizerOptions { EmbeddingL2 = 0.01 };
        using var dense = new DeferredRun<float>(options, 10, true, _workers);
        using var deferred = new DeferredRun<float>(options with { EmbeddingUpdate = EmbeddingUpdate.Deferred }, 10, true, _workers);
        using var denseEvaluation = new Program<float>(dense.Trial.Graph, dense.Store, OperationKernels.Of<float>(), 64, _workers,
            withGradients: false);
        using var evaluation = new Program<float>(deferred.Trial.Graph, deferred.Store, OperationKernels.Of<float>(), 64, _workers,
            withGradients: false);
        dense.Train(0, 50);
        deferred.Train(0, 50);
        for (var i = 0; i < 64; i++)
            (dense.Trial.Ids[i], deferred.Trial.Ids[i]) = (i * 10, i * 10);
        denseEvaluation.Forward(dense.Trial.Ids, [], new Step(64, false));
        evaluation.Forward(deferred.Trial.Ids, [], new Step(64, false));
        Assert.Equal(denseEvaluation.Logits(0).ToArray(), evaluation.Logits(0).ToArray());
    }

    [Fact]
    public void Step_BatchWentForwardAlone_Throws()
    {
        using var run = new DeferredRun<float>(new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Deferred }, 10, true, _workers);
        run.Train(0, 2);
        run.Trial.Forward(4);
        Assert.Contains("not backward", Assert.Throws<InvalidOperationException>(() => run.Optimizer.Step(0.1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Create_TableAlreadyDeferred_Throws()
    {
        var options = new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Deferred };
        using var run = new DeferredRun<float>(options, 10, true, _workers);
        Assert.Throws<InvalidOperationException>(() => new Optimizer<float>(run.Store, options, _workers));
        run.Optimizer.Dispose();
        new Optimizer<float>(run.Store, options, _workers).Dispose();
    }

    [Fact]
    public void Dispose_RowsBehind_BringsThemUpToDate()
    {
        var options = new OptimizerOptions { EmbeddingL2 = 0.01 };
        using var dense = new DeferredRun<float>(options, 10, true, _workers);
        using var deferred = new DeferredRun<float>(options with { EmbeddingUpdate = EmbeddingUpdate.Deferred }, 10, true, _workers);
        dense.Train(0, 50);
        deferred.Train(0, 50);
        deferred.Optimizer.Dispose();
        Assert.Equal(0, Distance(dense, deferred));
    }

    [Fact]
    public void Reach_AnyGradientsThenNone_IsNeverExceeded()
    {
        var random = new System.Random(3);
        foreach (var rule in new[] { new Adam(), new Adam(0.5, 0.9), new Adam(0.9, 0.999, 1e-3) })
            for (var trial = 0; trial < 200; trial++)
            {
                // Gradients that grow make the largest m / √v.
                var growth = 1 + (random.NextDouble() * 0.2);
                var (w, m, v, rate, touched, l2) =
                    (random.NextDouble() - 0.5, 0.0, 0.0, 0.01, random.Next(1, 200), Math.Pow(10, -6 * random.NextDouble()));
                var start = 0.0;
                for (var t = 1; t < 1000; t++)
                {
                    var gradient = (t <= touched ? Math.Pow(growth, t) * 1e-3 * (trial % 2 == 0 ? 1 : -1) : 0) + (l2 * w);
                    m = (rule.Beta1 * m) + ((1 - rule.Beta1) * gradient);
                    v = (rule.Beta2 * v) + ((1 - rule.Beta2) * gradient * gradient);
                    var move = rate * m / (1 - Math.Pow(rule.Beta1, t)) / (Math.Sqrt(v / (1 - Math.Pow(rule.Beta2, t))) + rule.Epsilon);
                    Assert.InRange(Math.Abs(move), 0, rule.LargestStep() * rate * (1 + 1e-9));
                    w -= move;
                    if (t == touched)
                        start = Math.Abs(w);
                    if (t > touched)
                        Assert.InRange(Math.Abs(w), 0, start + (rule.Reach * rate));
                }
            }
    }

    [Fact]
    public void WindowFor_UsualBetas_IsSome200Steps()
    {
        Assert.InRange(AdamGap<float>.WindowFor(new Adam(), AdamGap<float>.TailError), 150, 250);
        Assert.InRange(AdamGap<double>.WindowFor(new Adam(), AdamGap<double>.TailError), 300, 450);
        Assert.Equal(1, AdamGap<float>.WindowFor(new Adam(Beta1: 0), 1e-7));
    }

    // The largest distance of any logit on the way and of any number at the end.
    private double Compare<T>(OptimizerOptions options, int dimension, bool isSkewed, int steps)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var dense = new DeferredRun<T>(options with { EmbeddingUpdate = EmbeddingUpdate.Dense }, dimension, isSkewed, _workers);
        using var deferred = new DeferredRun<T>(options with { EmbeddingUpdate = EmbeddingUpdate.Deferred }, dimension, isSkewed, _workers);
        var most = 0.0;
        for (var step = 0; step < steps; step++)
        {
            var expected = dense.Train(step, step + 1);
            var found = deferred.Train(step, step + 1);
            for (var row = 0; row < expected.Length; row++)
                most = Math.Max(most, Relative(found[row], expected[row]));
        }

        var distance = Math.Max(most, Distance(dense, deferred));
        output.WriteLine($"{typeof(T).Name}, D {dimension}, λ {options.EmbeddingL2}, clip {options.MaxGradientNorm}, {steps} steps: {distance:g3}, norm {dense.Optimizer.LastGradientNorm:g3}");
        return distance;
    }

    private static double Distance<TExpected, TFound>(DeferredRun<TExpected> expected, DeferredRun<TFound> found)
        where TExpected : unmanaged, IBinaryFloatingPointIeee754<TExpected>
        where TFound : unmanaged, IBinaryFloatingPointIeee754<TFound>
    {
        var most = 0.0;
        var (numbers, others) = (expected.Trial.Numbers(), found.Trial.Numbers());
        for (var i = 0; i < numbers.Length; i++)
            most = Math.Max(most, Relative(double.CreateChecked(others[i]), double.CreateChecked(numbers[i])));
        return most;
    }

    private static double Relative(double found, double expected)
    {
        var distance = Math.Abs(found - expected) / (1 + Math.Abs(expected));
        return double.IsNaN(distance) ? double.PositiveInfinity : distance;
    }

    private static float[] TrainFamily(OptimizerOptions options, int threads)
    {
        using var workers = new Workers(threads);
        using var trial = new Trial<float>(SmallFamily.Build(10), 300, workers);
        using var optimizer = new Optimizer<float>(trial.Store, options, workers);
        for (var step = 0; step < 150; step++)
        {
            var rows = step % 20 == 0 ? 300 : 5;
            trial.Draw(rows, step);
            trial.Forward(rows, seed: (ulong)step);
            trial.Backward(rows, step, 0.1);
            optimizer.Step(0.01 / (1 + (step / 50)));
        }

        return trial.Numbers();
    }
}
