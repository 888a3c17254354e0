using System.Numerics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Optimizers;

/// <summary>
/// One table under fixed output weights: gradients do not depend on the numbers, so that differences stay where they arise.
/// </summary>
internal sealed unsafe class DeferredRun<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Of the table.</summary>
    public const int Features = 700;

    private const int Rows = 4;
    private readonly bool _isSkewed;

    public DeferredRun(OptimizerOptions options, int dimension, bool isSkewed, Workers workers)
    {
        var graph = new Graph([new IdRange(0, Features)], 0);
        var table = graph.Add(new Table("t", graph.Features, dimension, Initializer.Normal(0.1)));
        var flat = graph.Apply(new Reshape(new Shape(dimension)), graph.Apply(new Embed(table, 0, 1)));
        var weight = new Parameter("o", new Shape(1, dimension), Initializer.Normal(0.5), IsTrained: false);
        graph.AddOutput(graph.Apply(new Linear(graph.Add(weight), null), flat));
        _isSkewed = isSkewed;
        Trial = new Trial<T>(graph, 64, workers);
        Optimizer = new Optimizer<T>(Trial.Store, options, workers);
    }

    public Trial<T> Trial { get; }

    public ParameterStore<T> Store => Trial.Store;

    public Optimizer<T> Optimizer { get; }

    /// <summary>All that a checkpoint would hold, read as one is.</summary>
    public List<(string Name, T[] Numbers)> Kept()
    {
        var table = new T[Store.Embeddings[0].Standing.Length];
        Store.Embeddings[0].Read(0, table);
        return [("t", table), .. Optimizer.Kept.Select(k => (k.Name, k.Buffer.Span.ToArray()))];
    }

    /// <summary>Goes on where another stands.</summary>
    public void TakeOver(DeferredRun<T> other)
    {
        Store.DenseValues.Span.Clear();
        other.Store.DenseValues.Span.CopyTo(Store.DenseValues.Span);
        var kept = other.Kept();
        kept[0].Numbers.CopyTo(Store.Embeddings[0].Standing.Span);
        foreach (var ((_, numbers), target) in kept.Skip(1).Zip(Optimizer.Kept))
            numbers.CopyTo(target.Buffer.Span);
        Optimizer.Steps = other.Optimizer.Steps;
        if (Optimizer.Average is { } average)
            average.Count = other.Optimizer.Average!.Count;
    }

    /// <returns>The logits of the last step.</returns>
    public double[] Train(int start, int end)
    {
        var logits = new double[Rows];
        for (var step = start; step < end; step++)
        {
            var random = new System.Random(step);
            for (var row = 0; row < Rows; row++)
                Trial.Ids[row] = (int)(Features * Math.Pow(random.NextDouble(), _isSkewed ? 6 : 1));
            Trial.Forward(Rows);
            for (var row = 0; row < Rows; row++)
                logits[row] = double.CreateChecked(Trial.Program.Logits(0)[row]);
            Trial.Backward(Rows, step, Math.Pow(10, -4 * random.NextDouble()));
            Optimizer.Step(1e-3 * (1 + Math.Sin(step)) * (step < 2000 ? 1 : 0.1));
        }

        return logits;
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        Trial.Dispose();
    }
}
