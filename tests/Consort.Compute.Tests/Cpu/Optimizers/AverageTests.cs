using System.Numerics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Optimizers;

/// <summary>Averages of the weights against one that goes over every number in every step, in double precision.</summary>
public sealed class AverageTests(ITestOutputHelper output) : IDisposable
{
    private const int Capacity = 64;
    private readonly Workers _workers = new(2);

    public static TheoryData<EmbeddingUpdate> Updates => [.. Enum.GetValues<EmbeddingUpdate>()];

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.9999)]
    public void Over_AnyGap_IsTheProductOfItsSteps(double beta)
    {
        var decay = new AverageDecay(beta);
        foreach (var from in new[] { 0, 1, 7, 70, 80, 81, 500 })
        {
            var product = 1.0;
            for (var to = from; to < from + 5000; to++)
            {
                Assert.Equal(product, decay.Over(from, to), (1e-12 * product) + 1e-300);
                product *= decay.At(to + 1);
            }
        }

        Assert.Equal(Math.Min(beta, 2 / 11.0), decay.At(1));
        Assert.Equal(beta, decay.At(1_000_000));
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense, 1, 0.9)]
    [InlineData(EmbeddingUpdate.Dense, 17, 0.999)]
    [InlineData(EmbeddingUpdate.Touched, 1, 0.999)]
    [InlineData(EmbeddingUpdate.Touched, 10, 0.5)]
    [InlineData(EmbeddingUpdate.Touched, 17, 0.9)]
    [InlineData(EmbeddingUpdate.Deferred, 10, 0.9)]
    public void Step_WholeFamily_AveragesEveryNumberRunningStatisticsToo(EmbeddingUpdate update, int dimension, double beta)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 0.01, AverageDecay = beta, MaxGradientNorm = 1 };
        Assert.InRange(AgainstPlain<double>(options, dimension, 130), 0, 1e-12);
        Assert.InRange(AgainstPlain<float>(options, dimension, 130), 0, 3e-6);
        Assert.InRange(AgainstPlain<double>(options with { FrozenMembers = new HashSet<int> { 0, -1 } }, dimension, 30), 0, 1e-12);
    }

    public static TheoryData<string, double, double> Gaps() => new()
    {
        { "adam", 0, 0.999 }, { "adam", 0, 0.5 }, { "adam", 0, 0.99999 }, { "adam", 0.01, 0.999 }, { "beta1 0.5", 0, 0.9 },
        { "epsilon hat", 0, 0.99 }, { "sgd", 0, 0.99 }, { "sgd", 0.05, 0.99 }, { "momentum", 0, 0.99 }, { "adagrad", 0, 0.999 },
    };

    [Theory]
    [MemberData(nameof(Gaps))]
    public void Step_DeferredRows_AverageIsThatOfTheDenseStep(string name, double l2, double beta)
    {
        UpdateRule rule = name switch
        {
            "beta1 0.5" => new Adam(0.5, 0.9, 1e-3),
            "epsilon hat" => new Adam(Epsilon: 1e-4, IsEpsilonHat: true),
            "sgd" => new Sgd(),
            "momentum" => new Sgd(0.9),
            "adagrad" => new Adagrad(0.1),
            _ => new Adam(),
        };
        var options = new OptimizerOptions { Rule = rule, EmbeddingL2 = l2, AverageDecay = beta };
        using var dense = new Rows<double>(options, 10, _workers);
        using var deferred = new Rows<double>(options with { EmbeddingUpdate = EmbeddingUpdate.Deferred }, 10, _workers);
        var plain = new PlainAverage<double>(dense.Trial, beta);
        var (weights, average) = (0.0, 0.0);
        for (var step = 0; step < 4700; step++) // more than the history holds
        {
            dense.Train(step);
            deferred.Train(step);
            plain.Step(dense.Trial);
            if (step is not (3 or 150 or 151 or 900 or 2000 or 4699))
                continue;
            weights = Math.Max(weights, Distance(dense.Trial.Numbers(), deferred.Trial.Numbers()));
            average = Math.Max(average, Distance(plain.Numbers, Averaged(deferred.Trial, deferred.Optimizer)));
            Assert.InRange(Distance(plain.Numbers, Averaged(dense.Trial, dense.Optimizer)), 0, 1e-12);
            if (step != 900)
                continue;
            // A phase begins that keeps the optimizer.
            dense.Optimizer.Average!.Restart();
            deferred.Optimizer.Average!.Restart();
            plain = new PlainAverage<double>(dense.Trial, beta);
        }

        output.WriteLine($"{name}, λ {l2}, β {beta}: weights {weights:g3}, average {average:g3}");
        Assert.InRange(average, 0, 1e-11);
    }

    [Theory]
    [InlineData(1e-3, 0)]
    [InlineData(0, 1e-5)]
    public void Step_DeferredFloats_AverageAsNearAsTheDenseOne(double l2, double tolerance)
    {
        var options = new OptimizerOptions { EmbeddingL2 = l2, AverageDecay = 0.999 };
        using var dense = new Rows<float>(options, 17, _workers);
        using var deferred = new Rows<float>(options with { EmbeddingUpdate = EmbeddingUpdate.Deferred }, 17, _workers);
        for (var step = 0; step < 4500; step++)
        {
            dense.Train(step);
            deferred.Train(step);
        }

        Assert.InRange(Distance(Averaged(dense.Trial, dense.Optimizer), Averaged(deferred.Trial, deferred.Optimizer)), 0, tolerance);
    }

    [Theory]
    [MemberData(nameof(Updates))]
    public void Step_WithAnAverage_TrainsToTheSameBits(EmbeddingUpdate update)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 1e-3, MaxGradientNorm = 1 };
        var plain = Train(options, 2, exchanges: false);
        Assert.Equal(plain.Weights, Train(options with { AverageDecay = 0.99 }, 2, exchanges: false).Weights);
        Assert.Equal(plain.Weights, Train(options with { AverageDecay = 0.99 }, 2, exchanges: true).Weights);
        Assert.Equal(plain.Weights, Train(options with { KeepsMean = true }, 2, exchanges: true).Weights);
    }

    [Theory]
    [MemberData(nameof(Updates))]
    public void Step_AnyThreadCount_AveragesToTheSameBits(EmbeddingUpdate update)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = update, AverageDecay = 0.99, MaxGradientNorm = 1 };
        var one = Train(options, 1, exchanges: true).Average;
        Assert.Equal(one, Train(options, 2, exchanges: true).Average);
        Assert.Equal(one, Train(options, 3, exchanges: true).Average);
    }

    [Theory]
    [MemberData(nameof(Updates))]
    public void State_CopiedIntoAFreshOptimizer_AveragesOnBitForBit(EmbeddingUpdate update)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 1e-3, AverageDecay = 0.99 };
        var whole = Train(options, 2, exchanges: false).Average;
        using var trial = new Trial<float>(SmallFamily.Build(10), Capacity, _workers);
        using var first = new Optimizer<float>(trial.Store, options, _workers);
        using var copy = new Trial<float>(SmallFamily.Build(10), Capacity, _workers);
        using var second = new Optimizer<float>(copy.Store, options, _workers);
        Run(trial, first, 0, 31);
        trial.Store.DenseValues.Span.CopyTo(copy.Store.DenseValues.Span);
        for (var t = 0; t < trial.Store.Embeddings.Count; t++)
            trial.Store.Embeddings[t].Values.Span.CopyTo(copy.Store.Embeddings[t].Values.Span);
        Assert.Equal(first.State.Select(s => s.Name), second.State.Select(s => s.Name));
        for (var s = 0; s < first.State.Count; s++)
            first.State[s].Buffer.Span.CopyTo(second.State[s].Buffer.Span);
        (second.Steps, second.Average!.Count) = (first.Steps, first.Average!.Count);
        Run(copy, second, 31, 60);
        Assert.Equal(whole, Averaged(copy, second));
    }

    [Fact]
    public void State_WithAnAverage_NamesIt()
    {
        using var trial = new Trial<float>(SmallFamily.Build(10), 8, _workers);
        using var optimizer = new Optimizer<float>(trial.Store, new OptimizerOptions
        {
            Rule = new Sgd(),
            AverageDecay = 0.9,
            EmbeddingUpdate = EmbeddingUpdate.Touched,
            FrozenMembers = new HashSet<int> { 1 },
        }, _workers);
        Assert.Equal(["average/dense", "average/shared", "average/m0.first", "average.step/shared", "average.step/m0.first"],
            optimizer.State.Select(s => s.Name));
    }

    [Fact]
    public void Add_SomeWeights_GivesTheirMean()
    {
        using var trial = new Trial<double>(SmallFamily.Build(10), Capacity, _workers);
        using var optimizer = new Optimizer<double>(trial.Store, new OptimizerOptions { KeepsMean = true }, _workers);
        Assert.False(optimizer.Average!.IsReady);
        var sums = new double[trial.Numbers().Length];
        for (var added = 1; added <= 4; added++)
        {
            Run(trial, optimizer, 5 * added, (5 * added) + 5);
            optimizer.Average.Add();
            sums = [.. sums.Zip(trial.Numbers(), (sum, number) => sum + number)];
            Assert.InRange(Distance([.. sums.Select(s => s / added)], Averaged(trial, optimizer)), 0, 1e-14);
        }

        optimizer.Average.Restart();
        Assert.False(optimizer.Average.IsReady);
        optimizer.Average.Add();
        Assert.Equal(trial.Numbers(), Averaged(trial, optimizer));
    }

    [Fact]
    public void Exchange_Once_AllowsNoStepAndNoCheckpoint()
    {
        using var trial = new Trial<float>(SmallFamily.Build(10), Capacity, _workers);
        using var optimizer = new Optimizer<float>(trial.Store, new OptimizerOptions { AverageDecay = 0.9 }, _workers);
        Run(trial, optimizer, 0, 3);
        optimizer.Average!.Exchange();
        Assert.Contains("exchange them again", Assert.Throws<InvalidOperationException>(() => optimizer.Step(0.1)).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => optimizer.State);
        optimizer.Average.Exchange();
        Run(trial, optimizer, 3, 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Validate_DecayOutOfRange_NamesIt(double bad)
    {
        Assert.Equal("AverageDecay",
            Assert.Throws<ArgumentOutOfRangeException>(new OptimizerOptions { AverageDecay = bad }.Validate).ParamName);
        Assert.Equal("KeepsMean",
            Assert.Throws<ArgumentOutOfRangeException>(new OptimizerOptions { AverageDecay = 0.9, KeepsMean = true }.Validate).ParamName);
    }

    private double AgainstPlain<T>(OptimizerOptions options, int dimension, int steps)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var trial = new Trial<T>(SmallFamily.Build(dimension), Capacity, _workers);
        using var optimizer = new Optimizer<T>(trial.Store, options, _workers);
        var plain = new PlainAverage<T>(trial, options.AverageDecay);
        var most = 0.0;
        for (var step = 0; step < steps; step++)
        {
            Run(trial, optimizer, step, step + 1);
            plain.Step(trial);
            if (step % 40 == 29) // in between, rows rest
                most = Math.Max(most, Distance(plain.Numbers, Averaged(trial, optimizer)));
        }

        return most;
    }

    private static (float[] Weights, float[] Average) Train(OptimizerOptions options, int threads, bool exchanges)
    {
        using var workers = new Workers(threads);
        using var trial = new Trial<float>(SmallFamily.Build(10), Capacity, workers);
        using var optimizer = new Optimizer<float>(trial.Store, options, workers);
        for (var step = 0; step < 60; step += 12)
        {
            Run(trial, optimizer, step, step + 12);
            if (exchanges)
                Averaged(trial, optimizer);
        }

        return (trial.Numbers(), optimizer.Average is null ? [] : Averaged(trial, optimizer));
    }

    private static void Run<T>(Trial<T> trial, Optimizer<T> optimizer, int first, int end)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var step = first; step < end; step++)
        {
            var rows = step % 20 == 0 ? Capacity : 5;
            trial.Draw(rows, step);
            trial.Forward(rows, seed: (ulong)step);
            trial.Backward(rows, step, 0.1);
            optimizer.Step(0.01);
        }
    }

    private static T[] Averaged<T>(Trial<T> trial, Optimizer<T> optimizer)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        optimizer.Average!.Exchange();
        var numbers = trial.Numbers();
        optimizer.Average.Exchange();
        return numbers;
    }

    private static double Distance<TExpected, TFound>(TExpected[] expected, TFound[] found)
        where TExpected : unmanaged, IBinaryFloatingPointIeee754<TExpected>
        where TFound : unmanaged, IBinaryFloatingPointIeee754<TFound>
    {
        var most = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var number = double.CreateChecked(expected[i]);
            var distance = Math.Abs(double.CreateChecked(found[i]) - number) / (1 + Math.Abs(number));
            most = Math.Max(most, double.IsNaN(distance) ? double.PositiveInfinity : distance);
        }

        return most;
    }

    /// <summary>e ← β e + (1 − β) w over all numbers.</summary>
    private sealed class PlainAverage<T>(Trial<T> trial, double beta)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private int _steps;

        public double[] Numbers { get; } = [.. trial.Numbers().Select(double.CreateChecked)];

        public void Step(Trial<T> now)
        {
            _steps++;
            var keep = Math.Min(beta, (1.0 + _steps) / (10 + _steps));
            var numbers = now.Numbers();
            for (var i = 0; i < numbers.Length; i++)
                Numbers[i] = (keep * Numbers[i]) + ((1 - keep) * double.CreateChecked(numbers[i]));
        }
    }

    /// <summary>One table under fixed output weights, of which a step reads four rows.</summary>
    private sealed class Rows<T> : IDisposable
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private const int Features = 300;

        public Rows(OptimizerOptions options, int dimension, Workers workers)
        {
            var graph = new Graph([new IdRange(0, Features)], 0);
            var table = graph.Add(new Table("t", Features, dimension, Initializer.Normal(0.1)));
            var flat = graph.Apply(new Reshape(new Shape(dimension)), graph.Apply(new Embed(table, 0, 1)));
            var weight = new Parameter("o", new Shape(1, dimension), Initializer.Normal(0.5), IsTrained: false);
            graph.AddOutput(graph.Apply(new Linear(graph.Add(weight), null), flat));
            Trial = new Trial<T>(graph, 4, workers);
            Optimizer = new Optimizer<T>(Trial.Store, options, workers);
        }

        public Trial<T> Trial { get; }

        public Optimizer<T> Optimizer { get; }

        public void Train(int step)
        {
            var random = new System.Random(step);
            for (var row = 0; row < 4; row++)
                Trial.Ids[row] = (int)(Features * Math.Pow(random.NextDouble(), 6));
            Trial.Forward(4);
            Trial.Backward(4, step, Math.Pow(10, -4 * random.NextDouble()));
            Optimizer.Step(1e-3 * (1 + Math.Sin(step)));
        }

        public void Dispose()
        {
            Optimizer.Dispose();
            Trial.Dispose();
        }
    }
}
