using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Graphs;

namespace Consort.Benchmarks;

/// <summary>
/// The bytes that a step cannot help moving between memory and processor. Counted are numbers that must outlive the step, once read and
/// once written: ids and labels (read), the cache lines of the tables' rows that the batch touches with their optimizer state, dense
/// parameters with theirs. Activations and gradients are not: however many there are, a step in blocks could keep them in the caches.
/// </summary>
/// <param name="Rows">Bytes of whole cache lines at random places.</param>
/// <param name="Streams">Bytes one after the other.</param>
internal readonly record struct StepBytes(long Rows, long Streams)
{
    private const int Line = 64;
    private const int Arrays = 3; // values and Adam's two moments
    private const int Ways = 2; // read, written
    private const int DeferredRound = 4000; // a deferred row is visited once in so many steps

    public long Total => Rows + Streams;

    /// <summary>Milliseconds they take at a bandwidth.</summary>
    public double Milliseconds(Bandwidth bandwidth) => (Rows / bandwidth.Rows + Streams / bandwidth.Streams) * 1e-6;

    /// <summary>The bytes of a training step.</summary>
    /// <param name="graph">Its tables are read by all columns.</param>
    /// <param name="batch">Rows of the batch.</param>
    /// <param name="touched">The different ids of a batch.</param>
    /// <param name="update">Which rows of the tables the optimizer changes.</param>
    public static StepBytes Of(Graph graph, int batch, IReadOnlyCollection<int> touched, EmbeddingUpdate update)
    {
        long rows = 0, streams = 4L * batch * (graph.Columns.Count + 1); // ids and labels
        foreach (var parameter in graph.Parameters) streams += 4L * parameter.Shape.Size * Arrays * Ways;
        foreach (var table in graph.Tables)
        {
            var lines = Lines(touched, table.Dimension);
            var all = 4L * table.Rows * table.Dimension * Arrays * Ways;
            switch (update)
            {
                case EmbeddingUpdate.Dense:
                    rows += lines * Line; // gathered; the update then comes by in order
                    streams += all;
                    break;
                case EmbeddingUpdate.Deferred:
                    rows += (lines * Arrays + Lines(touched, 1)) * Ways * Line; // every row has a stamp of 4 bytes
                    streams += all / DeferredRound;
                    break;
                default:
                    rows += lines * Arrays * Ways * Line;
                    break;
            }
        }
        return new StepBytes(rows, streams);
    }

    // Rows lie one after the other from the start of a line.
    private static long Lines(IReadOnlyCollection<int> ids, int dimension)
    {
        var lines = new HashSet<long>(ids.Count);
        foreach (var id in ids)
        {
            var first = (long)id * dimension * 4;
            for (var line = first / Line; line <= (first + dimension * 4 - 1) / Line; line++) lines.Add(line);
        }
        return lines.Count;
    }
}
