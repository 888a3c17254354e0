using System.Globalization;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Optimizers;
using Consort.Data;

namespace Consort.Learning.Training;

/// <summary>Refuses in words what would take more memory than there is, before any of it is taken.</summary>
public static class MemoryCheck
{
    private const double Giga = 1L << 30;

    /// <summary>Refuses a training whose step needs more than is free, or whose batch holds more numbers in one value than can be told apart.</summary>
    /// <param name="graph">The family.</param>
    /// <param name="options">Batch and optimizer.</param>
    /// <param name="teachers">The families that teach in a phase at once.</param>
    /// <param name="free">Bytes; <see cref="FreeMemory.Bytes"/> unless given.</param>
    /// <exception cref="ConsortException">What it needs, what is free, and what to lower.</exception>
    public static void Training(Graph graph, TrainingOptions options, IReadOnlyCollection<Graph> teachers, long? free = null)
    {
        var room = free ?? FreeMemory.Bytes();
        var batch = options.BatchSize;
        var need = Need(batch);
        if (need > room)
        {
            var fits = batch;
            while (fits > 0 && Need(fits) > room)
                fits /= 2;
            throw new ConsortException(
                $"a step of batch {batch} needs about {Text(need)}, {Text(room)} are free; "
                + (fits > 0 ? $"lower batch_size (to about {fits}) or the embedding's dimension" : $"the parameters with the optimizer's state alone need {Text(Need(0))}: lower the embedding's dimension, or raise min_count in the schema"));
        }

        foreach (var family in teachers.Prepend(graph))
            if (MemoryNeed.TooLarge(family, batch) is { } value)
                throw new ConsortException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"a step of batch {batch} gives {(long)batch * value.Shape.Size:N0} numbers of {value}, expected at most {int.MaxValue:N0}; lower batch_size (to {int.MaxValue / value.Shape.Size}) or the embedding's dimension"));

        long Need(int rows) =>
            MemoryNeed.OfParameters(graph, rows, options.Optimizer) + MemoryNeed.OfProgram(graph, rows, withGradients: true)
            + teachers.Sum(t => MemoryNeed.OfParameters(t, rows, null) + MemoryNeed.OfProgram(t, rows, withGradients: false));
    }

    /// <summary>The rows of a batch to score by: as many as wanted, or halved until they fit into what is free.</summary>
    /// <param name="graph">The family.</param>
    /// <param name="wanted">The most, at least 1.</param>
    /// <param name="free">Bytes; <see cref="FreeMemory.Bytes"/> unless given.</param>
    /// <exception cref="ConsortException">Not even one row fits.</exception>
    public static int RowsToScore(Graph graph, int wanted, long? free = null)
    {
        var room = free ?? FreeMemory.Bytes();
        var parameters = MemoryNeed.OfParameters(graph, 1, null);
        var need = parameters + MemoryNeed.OfProgram(graph, 1, withGradients: false);
        return need > room
            ? throw new ConsortException($"the model needs about {Text(need)} to score one row, {Text(room)} are free; free some, or train one of lower dimension")
            : MemoryNeed.RowsWithin(graph, wanted, room - parameters);
    }

    private static string Text(long bytes) => bytes >= Giga / 10
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Giga:F1} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MB");
}
