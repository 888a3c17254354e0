using System.Globalization;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Graphs;

namespace Consort.Learning.Training;

/// <summary>Refuses in words what would take more memory than there is, before any of it is taken.</summary>
public static class MemoryCheck
{
    private const double Giga = 1L << 30;

    /// <summary>
    /// Refuses a training whose step needs more than is free, or whose batch holds more numbers in one value than can be told apart.
    /// </summary>
    /// <param name="graph">The family.</param>
    /// <param name="options">Batch and optimizer.</param>
    /// <param name="teachers">The families that teach in a phase, one after the other.</param>
    /// <param name="said">Bytes of what they say of all rows.</param>
    /// <param name="free">Bytes; <see cref="FreeMemory.Bytes"/> unless given.</param>
    /// <exception cref="ConsortException">What it needs, what is free, and what to lower.</exception>
    public static void Training(Graph graph, TrainingOptions options, IReadOnlyCollection<Graph> teachers, long said = 0, long? free = null)
    {
        var room = free ?? FreeMemory.Bytes();
        var batch = options.BatchSize;
        if (All(1) is { } wide)
            throw TooLarge("one row", wide, "lower the embedding's dimension or the layers' units, or ignore columns in the schema");
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

        if (All(batch) is { } value)
            throw TooLarge($"a step of batch {batch}", value,
                $"lower batch_size (to about {(int)(batch * (int.MaxValue / value.Numbers))}) or the embedding's dimension");

        (string Name, double Numbers)? All(int rows) =>
            teachers.Prepend(graph).Select(g => MemoryNeed.TooLarge(g, rows)).FirstOrDefault(v => v is not null);

        long Need(int rows) =>
            MemoryNeed.OfParameters(graph, rows, options.OptimizerWithout(null)) + MemoryNeed.OfProgram(graph, rows, withGradients: true)
            + said + teachers.Select(t => MemoryNeed.OfParameters(t, rows, null) + MemoryNeed.OfProgram(t, rows, withGradients: false))
                .DefaultIfEmpty(0).Max();
    }

    /// <summary>The rows of a batch to score by: as many as wanted, or halved until they fit into what is free.</summary>
    /// <param name="graph">The family.</param>
    /// <param name="wanted">The most, at least 1.</param>
    /// <param name="free">Bytes; <see cref="FreeMemory.Bytes"/> unless given.</param>
    /// <exception cref="ConsortException">Not even one row fits.</exception>
    public static int RowsToScore(Graph graph, int wanted, long? free = null)
    {
        var room = free ?? FreeMemory.Bytes();
        if (MemoryNeed.TooLarge(graph, 1) is { } wide)
            throw TooLarge("one row", wide, "train a model of lower dimension");
        var parameters = MemoryNeed.OfParameters(graph, 1, null);
        var need = parameters + MemoryNeed.OfProgram(graph, 1, withGradients: false);
        return need > room
            ? throw new ConsortException($"the model needs about {Text(need)} to score one row, {Text(room)} are free; free some, or train one of lower dimension")
            : MemoryNeed.RowsWithin(graph, wanted, room - parameters);
    }

    private static ConsortException TooLarge(string what, (string Name, double Numbers) value, string advice) => new(string.Create(
        CultureInfo.InvariantCulture, $"{what} needs {value.Numbers:N0} numbers in {value.Name}, expected at most {int.MaxValue:N0} in one place; {advice}"));

    private static string Text(long bytes) => bytes >= Giga / 10
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Giga:F1} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MB");
}
