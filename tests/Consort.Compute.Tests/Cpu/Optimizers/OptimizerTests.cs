using System.Numerics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.Optimizers;

public sealed class OptimizerTests : IDisposable
{
    private const int Capacity = 300;
    private readonly Workers _workers = new(2);

    public static TheoryData<string, EmbeddingUpdate, int> Rules()
    {
        var data = new TheoryData<string, EmbeddingUpdate, int>();
        foreach (var rule in RuleNames.Keys)
            foreach (var update in Enum.GetValues<EmbeddingUpdate>())
                foreach (var dimension in new[] { 1, 10, 16, 17 })
                    data.Add(rule, update, dimension);
        return data;
    }

    private static Dictionary<string, UpdateRule> RuleNames { get; } = new()
    {
        ["adam"] = new Adam(),
        ["adam with odd settings"] = new Adam(0.5, 0.9, 1e-3),
        ["adam with epsilon hat"] = new Adam(Epsilon: 1e-3, IsEpsilonHat: true),
        ["sgd"] = new Sgd(),
        ["momentum"] = new Sgd(0.9),
        ["adagrad"] = new Adagrad(),
        ["adagrad from 0.1"] = new Adagrad(0.1, 1e-6),
    };

    public void Dispose() => _workers.Dispose();

    [Theory]
    [MemberData(nameof(Rules))]
    public void Step_ManySteps_EqualsPlainReference(string rule, EmbeddingUpdate update, int dimension)
    {
        var options = new OptimizerOptions { Rule = RuleNames[rule], EmbeddingUpdate = update, EmbeddingL2 = 0.02, DenseL2 = 0.01 };
        CheckAgainstPlain<double>(options, dimension, steps: 12, tolerance: 1e-9);
        CheckAgainstPlain<double>(options with { MaxGradientNorm = 0.5 }, dimension, steps: 12, tolerance: 1e-9);
        CheckAgainstPlain<double>(options with { MaxGradientNorm = 0.5, EmbeddingL2 = 0 }, dimension, steps: 6, tolerance: 1e-9);
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Step_Float_EqualsPlainReferenceToFloatPrecision(EmbeddingUpdate update)
    {
        foreach (var rule in RuleNames.Values)
            foreach (var dimension in new[] { 1, 10, 16 })
                CheckAgainstPlain<float>(new OptimizerOptions
                {
                    Rule = rule,
                    EmbeddingUpdate = update,
                    EmbeddingL2 = 0.02,
                    DenseL2 = 0.01,
                    MaxGradientNorm = 5
                }, dimension, 8, 2e-4);
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Step_FrozenMembers_ChangesTheOthersAlone(EmbeddingUpdate update)
    {
        foreach (var frozen in new[] { new HashSet<int> { 0 }, [-1], [-1, 1], [-1, 0, 1] })
        {
            var options = new OptimizerOptions
            {
                EmbeddingUpdate = update,
                EmbeddingL2 = 0.02,
                DenseL2 = 0.02,
                MaxGradientNorm = 0.5,
                FrozenMembers = frozen
            };
            CheckAgainstPlain<double>(options, 10, 4, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Step_TablesAtARateOfTheirOwn_EqualsPlainReference(string rule, EmbeddingUpdate update, int dimension)
    {
        var options = new OptimizerOptions { Rule = RuleNames[rule], EmbeddingUpdate = update, EmbeddingRate = 3, DenseL2 = 0.01 };
        CheckAgainstPlain<double>(options with { EmbeddingL2 = 0.02, MaxGradientNorm = 0.5 }, dimension, steps: 8, tolerance: 1e-9);
        CheckAgainstPlain<double>(options, dimension, steps: 6, tolerance: 1e-9);
    }

    [Fact]
    public void Step_TouchedRows_LeavesOtherRowsAndTheirStateBitEqual()
    {
        using var trial = new Trial<float>(SmallFamily.Build(10), Capacity, _workers);
        using var optimizer = new Optimizer<float>(
            trial.Store, new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Touched, EmbeddingL2 = 0.5 }, _workers);
        for (var step = 0; step < 5; step++)
        {
            trial.Draw(40, step);
            trial.Forward(40);
            trial.Backward(40, step);
            var tables = trial.Store.Embeddings;
            var touched = tables.Select(t => Enumerable.Range(0, t.Table.Rows).Where(r => Trial<float>.IsTouched(t, r)).ToHashSet())
                .ToArray();
            var before = tables.Select(t => t.Values.Span.ToArray()).ToArray();
            var states = optimizer.State.Select(s => s.Buffer.Span.ToArray()).ToArray();
            optimizer.Step(0.01);
            for (var t = 0; t < tables.Count; t++)
            {
                var dimension = tables[t].Dimension;
                for (var i = 0; i < before[t].Length; i++)
                {
                    var isTouched = touched[t].Contains(i / dimension);
                    Assert.Equal(isTouched, before[t][i] != tables[t].Values.Span[i]);
                    foreach (var state in new[] { 2 + (2 * t), 3 + (2 * t) })
                        if (!isTouched)
                            Assert.Equal(states[state][i], optimizer.State[state].Buffer.Span[i]);
                }
            }
        }
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Step_AnyThreadCount_GivesTheSameBits(EmbeddingUpdate update)
    {
        foreach (var dimension in new[] { 1, 10, 16 })
        {
            var options = new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 1e-3, DenseL2 = 1e-3, MaxGradientNorm = 1 };
            var one = Train(options, dimension, 1, out var norm);
            foreach (var threads in new[] { 2, 3 })
            {
                Assert.Equal(one, Train(options, dimension, threads, out var other));
                Assert.Equal(norm, other);
            }
        }
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void State_CopiedIntoAFreshOptimizer_ContinuesBitForBit(EmbeddingUpdate update)
    {
        foreach (var rule in RuleNames.Values)
        {
            var options = new OptimizerOptions { Rule = rule, EmbeddingUpdate = update, EmbeddingL2 = 1e-3, MaxGradientNorm = 1 };
            using var trial = new Trial<float>(SmallFamily.Build(10), Capacity, _workers);
            using var first = new Optimizer<float>(trial.Store, options, _workers);
            Run(trial, first, 0, 4);
            using var copy = new Trial<float>(SmallFamily.Build(10), Capacity, _workers);
            using var second = new Optimizer<float>(copy.Store, options, _workers) { Steps = first.Steps };
            trial.Store.DenseValues.Span.CopyTo(copy.Store.DenseValues.Span);
            for (var t = 0; t < trial.Store.Embeddings.Count; t++)
                trial.Store.Embeddings[t].Values.Span.CopyTo(copy.Store.Embeddings[t].Values.Span);
            Assert.Equal(first.State.Select(s => s.Name), second.State.Select(s => s.Name));
            for (var s = 0; s < first.State.Count; s++)
                first.State[s].Buffer.Span.CopyTo(second.State[s].Buffer.Span);
            Run(trial, first, 4, 4);
            Run(copy, second, 4, 4);
            Assert.Equal(trial.Numbers(), copy.Numbers());
        }
    }

    [Fact]
    public void State_Adam_IsNamedByRuleAndParameter()
    {
        using var trial = new Trial<float>(SmallFamily.Build(10), 8, _workers);
        using var optimizer = new Optimizer<float>(trial.Store, new OptimizerOptions { FrozenMembers = new HashSet<int> { 1 } }, _workers);
        Assert.Equal(["adam.m/dense", "adam.v/dense", "adam.m/shared", "adam.v/shared", "adam.m/m0.first", "adam.v/m0.first"],
            optimizer.State.Select(s => s.Name));
    }

    [Fact]
    public void Step_NormNotFinite_ThrowsAndChangesNothing()
    {
        using var trial = new Trial<float>(SmallFamily.Build(10), 40, _workers);
        using var optimizer = new Optimizer<float>(trial.Store, new OptimizerOptions { MaxGradientNorm = 1 }, _workers);
        trial.Draw(40, 1);
        trial.Forward(40);
        trial.Backward(40, 1, double.NaN);
        var before = trial.Numbers();
        var error = Assert.Throws<NotFiniteNumberException>(() => optimizer.Step(0.1));
        Assert.Contains("norm of the gradient is NaN", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, trial.Numbers());
        Assert.Equal(0, optimizer.Steps);
        Run(trial, optimizer, 0, 1);
        Assert.True(double.IsFinite(optimizer.LastGradientNorm));
    }

    [Fact]
    public void Step_NormBelowTheLimit_IsTheStepWithoutALimit()
    {
        var plain = Train(new OptimizerOptions(), 10, 2, out var none);
        Assert.Equal(plain, Train(new OptimizerOptions { MaxGradientNorm = 1e9 }, 10, 2, out var norm));
        Assert.True(double.IsNaN(none));
        Assert.True(norm > 0);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    [InlineData(double.PositiveInfinity)]
    public void Validate_OutOfRange_NamesTheSetting(double bad)
    {
        Check("EmbeddingL2", new OptimizerOptions { EmbeddingL2 = bad });
        Check("DenseL2", new OptimizerOptions { DenseL2 = bad });
        Check("MaxGradientNorm", new OptimizerOptions { MaxGradientNorm = bad });
        Check("Beta1", new OptimizerOptions { Rule = new Adam(Beta1: bad) });
        Check("Beta2", new OptimizerOptions { Rule = new Adam(Beta2: bad) });
        Check("Epsilon", new OptimizerOptions { Rule = new Adam(Epsilon: bad) });
        Check("Momentum", new OptimizerOptions { Rule = new Sgd(bad) });
        Check("InitialAccumulator", new OptimizerOptions { Rule = new Adagrad(bad) });
        Check("Epsilon", new OptimizerOptions { Rule = new Adagrad(Epsilon: bad) });

        static void Check(string name, OptimizerOptions options) =>
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(options.Validate).ParamName);
    }

    private static void Run<T>(Trial<T> trial, Optimizer<T> optimizer, int first, int steps)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var step = first; step < first + steps; step++)
        {
            var rows = step % 2 == 0 ? Capacity : 17;
            rows = Math.Min(rows, trial.Program.Capacity);
            trial.Draw(rows, step);
            trial.Forward(rows, seed: (ulong)step);
            trial.Backward(rows, step);
            optimizer.Step(0.01);
        }
    }

    private static float[] Train(OptimizerOptions options, int dimension, int threads, out double norm)
    {
        using var workers = new Workers(threads);
        using var trial = new Trial<float>(SmallFamily.Build(dimension), Capacity, workers);
        using var optimizer = new Optimizer<float>(trial.Store, options, workers);
        Run(trial, optimizer, 0, 5);
        norm = optimizer.LastGradientNorm;
        return trial.Numbers();
    }

    private void CheckAgainstPlain<T>(OptimizerOptions options, int dimension, int steps, double tolerance)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var trial = new Trial<T>(SmallFamily.Build(dimension), Capacity, _workers);
        using var optimizer = new Optimizer<T>(trial.Store, options, _workers);
        var plain = new PlainOptimizer<T>(trial, options);
        for (var step = 0; step < steps; step++)
        {
            var rows = step % 3 == 2 ? 1 + step : Capacity;
            trial.Draw(rows, step);
            trial.Forward(rows, seed: (ulong)step);
            trial.Backward(rows, step, 0.1);
            var learningRate = 0.01 / (1 + step);
            plain.Step(learningRate);
            optimizer.Step(learningRate);
            plain.Check(tolerance);
            if (options.MaxGradientNorm is not null)
                Assert.Equal(plain.Norm, optimizer.LastGradientNorm, Math.Max(1e-9, tolerance) * (1 + plain.Norm));
        }

        Assert.Equal(steps, optimizer.Steps);
    }
}
