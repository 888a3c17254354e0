using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Schemas;

namespace Consort.Benchmarks;

/// <summary>What a measurement of steps will need, before it is set up: roughly, to plan by.</summary>
/// <param name="Seconds">Time for everything.</param>
/// <param name="Bytes">Memory.</param>
internal readonly record struct StepEstimate(double Seconds, long Bytes)
{
    private const double Share = 0.7; // of the peak that steps reach
    private const double Slack = 3; // of the time that memory would need
    private const double DrawSeconds = 1.2e-8; // a number of a table: drawn, and its state cleared
    private const double IdSeconds = 1e-7; // an id of the split: drawn, written, hashed
    private const int SmallVocabulary = 2000; // enough for a graph like the one to come
    private const double OwnSeconds = 3; // peaks, bandwidth, warm-up

    /// <summary>Measures what estimates rest on: FMA peak in GFLOP/s and memory's bandwidth.</summary>
    public static (double Peak, Bandwidth Bandwidth) Ceilings(int threads)
    {
        using var workers = new Workers(threads);
        var peak = new FmaPeak(workers, System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512 : 256);
        return (Enumerable.Range(0, 20).Max(_ => peak.Measure()), Bandwidth.Measure(threads));
    }

    public static StepEstimate Of(StepOptions options, double peak, Bandwidth bandwidth)
    {
        var graph = StepRun.FamilyOf(options).Build(FeatureSpace.Of(ZipfSplit.Sizes(SmallVocabulary)));
        long columns = graph.Columns.Count, ids = options.Batch * columns;
        var numbers = graph.Tables.Sum(t => (long)t.Dimension) * options.Vocabulary;
        var activations = graph.Values.Sum(v => (long)v.Shape.Size) * options.Batch * 2; // with their gradients
        var tables = options.Update == EmbeddingUpdate.Dense ? 24.0 * numbers : 24.0 * Math.Min(numbers, ids * 16);
        var step = StepRun.Operations(graph, options.Batch) / (Share * peak * 1e9)
            + Slack * (tables + 4.0 * activations) / (bandwidth.Streams * 1e9);
        var steps = options.WarmUpSteps * 2 + options.Steps * 2 + (options.Evaluates ? (options.WarmUpSteps + options.Steps) / 3.0 : 0);
        var seconds = OwnSeconds + steps * step + numbers * DrawSeconds + ids * StepRun.LoadedBatches * IdSeconds;
        var bytes = 4 * (3 * numbers + activations + 2L * options.Vocabulary * graph.Tables.Count) + 4 * ids * StepRun.LoadedBatches
            + (256L << 20);
        return new StepEstimate(seconds, bytes);
    }

    /// <summary>Whether the machine has the memory.</summary>
    public bool Fits => Bytes < GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.9;
}
