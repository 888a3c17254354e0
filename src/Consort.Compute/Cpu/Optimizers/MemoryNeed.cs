using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// What memory a graph will need, told before any of it is taken: values, gradients and optimizer state as they will be laid out.
/// Workspaces of kernels and of the matrix multiply, some MB as a rule, come on top.
/// </summary>
public static class MemoryNeed
{
    /// <summary>Bytes of a <see cref="Program{T}"/> of floats.</summary>
    /// <param name="graph">What it computes.</param>
    /// <param name="capacity">The most rows of a batch.</param>
    /// <param name="withGradients">Whether it trains.</param>
    public static long OfProgram(Graph graph, int capacity, bool withGradients)
    {
        var numbers = graph.Values.Where(v => !BufferPlan.IsView(v)).Sum(v => (long)capacity * v.Most * v.Shape.Size);
        if (withGradients)
            numbers += new BufferPlan(graph, withGradients).GradientSize * ((capacity + 15) & ~15);
        return numbers * sizeof(float);
    }

    /// <summary>Bytes of the parameters, and where they are trained of their gradients and the optimizer's state.</summary>
    /// <param name="graph">Whose parameters.</param>
    /// <param name="capacity">The most rows of a batch: it bounds the rows of a table that a step touches.</param>
    /// <param name="optimizer">How they are trained; null for parameters that are only read.</param>
    public static long OfParameters(Graph graph, int capacity, OptimizerOptions? optimizer)
    {
        var dense = graph.Parameters.Sum(p => (long)p.Shape.Size);
        var tables = graph.Tables.Sum(t => (long)t.Rows * t.Dimension);
        var numbers = (2 * dense) + tables;
        if (optimizer is not null)
        {
            var trained = graph.Tables.Where(t => t.IsTrained && !optimizer.IsFrozen(t.Member)).ToArray();
            var copies = optimizer.Rule.StateNames.Count + (optimizer.HasAverage ? 1 : 0);
            numbers += copies * (dense + trained.Sum(t => (long)t.Rows * t.Dimension));
            if (optimizer is { AverageDecay: > 0, EmbeddingUpdate: EmbeddingUpdate.Touched })
                numbers += trained.Sum(t => (long)t.Rows); // stamps
            numbers += trained.Sum(t => Math.Min(
                capacity * (t.Columns?.Select(c => graph.Columns[c]) ?? graph.Columns).Sum(c => (long)c.Length), t.Rows) * t.Dimension);
        }

        return numbers * sizeof(float);
    }

    /// <summary>
    /// The most rows, halving from <paramref name="most"/>, of which a program without gradients needs at most so many bytes; at least 1.
    /// </summary>
    public static int RowsWithin(Graph graph, int most, long bytes)
    {
        while (most > 1 && (OfProgram(graph, most, withGradients: false) > bytes || TooLarge(graph, most) is not null))
            most = (most + 1) / 2;
        return most;
    }

    /// <summary>
    /// The first value of which a batch, or the first dense parameter that, holds more numbers than can be told apart: its name and how
    /// many. Null for none.
    /// </summary>
    public static (string Name, double Numbers)? TooLarge(Graph graph, int capacity)
    {
        // In doubles, for a product of many dimensions may be more than any integer can tell.
        foreach (var value in graph.Values)
            if ((double)capacity * value.Most * Numbers(value.Shape) is var numbers and > int.MaxValue)
                return (value.ToString(), numbers);
        foreach (var parameter in graph.Parameters)
            if (Numbers(parameter.Shape) is var numbers and > int.MaxValue)
                return ($"{parameter.Name}{parameter.Shape}", numbers);
        return null;

        static double Numbers(Shape shape)
        {
            var numbers = 1.0;
            foreach (var dimension in shape.Dimensions)
                numbers *= dimension;
            return numbers;
        }
    }
}
