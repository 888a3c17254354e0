using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Datasets;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Distributed.Planning;

/// <summary>Measures what a family costs on this machine, by its own training step over made-up rows, in some seconds.</summary>
/// <param name="family">The family.</param>
/// <param name="threads">Of each rank, at least 1.</param>
/// <param name="rows">What the steps are over.</param>
/// <param name="read">Rows that each rank's loader reads beside the steps, as in a training; null for none.</param>
internal sealed class MachineProbe(Family family, int threads, MadeUpRows rows, EncodedSplit? read = null)
{
    private const int Line = 16; // numbers, as each parameter begins a cache line
    private const int Few = 1024, Many = 4096;

    /// <summary>What the family asks of a machine, told from its graph.</summary>
    public TrainingDemand Demand()
    {
        var graph = family.Build(rows.Space);
        return new TrainingDemand(
            3.0 * graph.Values.Sum(Flops),
            graph.Parameters.Sum(p => (double)p.Shape.Size), graph.Columns.Count, graph.Tables.Sum(t => t.Dimension),
            [.. graph.Values.Select(v => v.Operation).OfType<BatchNorm>().Select(n => n.Parameters[0].Shape.Size)], graph.Outputs.Count)
        { Completions = Completions(graph) };
    }

    // The backward pass goes from the last value to the first, and has added to a parameter when it has left the first that reads it.
    private List<(double Left, double Numbers)> Completions(Graph graph)
    {
        var flops = graph.Values.Select(Flops).ToArray();
        var (seen, left, total) = (new HashSet<Parameter>(), 0.0, Math.Max(1, flops.Sum()));
        var completions = new List<(double, double)>();
        foreach (var value in graph.Values)
        {
            var numbers = (value.Operation?.Parameters ?? []).Where(seen.Add).Sum(p => (p.Shape.Size + Line - 1) / Line * (double)Line);
            if (numbers > 0)
                completions.Add((left / total, numbers));
            left += flops[value.Index];
        }

        completions.Reverse();
        return completions;
    }

    private double Flops(Value value) =>
        (value.Operation?.FlopsPerRow([.. value.Inputs.Select(i => i.Shape)]) ?? 0) * value.RowsWith(rows.Lengths);

    /// <summary>What this machine does for each of so many ranks that work on it at once.</summary>
    /// <param name="ranks">At least 1.</param>
    /// <param name="strategy">How members learn; labels alone do where teachers are asked for.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public MachineSpeed Measure(int ranks, Strategy strategy, CancellationToken cancellation)
    {
        using var steps = new StepProbe(family, rows, strategy, Many, threads, ranks, read);
        var (few, _) = steps.Time(Few, cancellation);
        var (many, loss) = steps.Time(Many, cancellation);
        // Neighbours may have made the smaller step the longer one.
        var perRow = few < many ? (many - few) / (Many - Few) : many / Many;
        return new MachineSpeed(Math.Max(0, few - (Few * perRow)), perRow, loss / Many,
            MemoryProbe.Streams(threads * ranks) / ranks, MemoryProbe.Lines(threads * ranks) / ranks);
    }
}
