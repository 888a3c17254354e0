using System.Diagnostics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Programs;
using Consort.Data.Batches;

namespace Consort.Learning.Training;

/// <summary>What the memory of a training process is made of, in bytes.</summary>
/// <param name="Parameters">Values of the dense parameters.</param>
/// <param name="Embeddings">Values of all rows of the tables.</param>
/// <param name="Gradients">Of the dense parameters and of the rows that a batch touches, and what finds those rows.</param>
/// <param name="Optimizer">Its state and workspaces.</param>
/// <param name="Activations">With their gradients and the kernels' workspaces.</param>
/// <param name="Loader">Batches made ready, and the mapped rows of the splits, which the system may drop again.</param>
/// <param name="Runtime">What the process held before: the runtime, its code, and what encoding has left.</param>
/// <param name="Peak">The most that the process has held at any time.</param>
public sealed record MemoryUse(
    long Parameters, long Embeddings, long Gradients, long Optimizer, long Activations, long Loader, long Runtime, long Peak)
{
    /// <summary>
    /// What the parts leave of the peak: buffers of the matrix multiply, evaluation, the managed heap. Below 0 where memory that is counted
    /// was never touched.
    /// </summary>
    public long Rest => Peak - Parts.Sum(p => p.Bytes);

    /// <summary>The parts by name, in order.</summary>
    public IEnumerable<(string Name, long Bytes)> Parts =>
        [
            ("parameters", Parameters), ("embeddings", Embeddings), ("gradients", Gradients), ("optimizer", Optimizer),
            ("activations", Activations), ("loader", Loader), ("runtime", Runtime),
        ];

    /// <summary>Measures what is set up for training.</summary>
    /// <param name="program">With its parameters.</param>
    /// <param name="optimizer">Of the same parameters.</param>
    /// <param name="loader">Of the training split.</param>
    /// <param name="mapped">Bytes of all splits that are mapped.</param>
    /// <param name="runtime"><see cref="Now"/> before any of these was made.</param>
    public static MemoryUse Of(Program<float> program, Optimizer<float> optimizer, BatchLoader loader, long mapped, long runtime)
    {
        var store = program.Store;
        // Tables that are dealt out to ranks lie in the optimizer's.
        var stores = new[] { store, optimizer.Store }.Distinct().ToArray();
        var tables = stores.SelectMany(s => s.Embeddings).ToArray();
        var dense = store.DenseValues.Length * sizeof(float);
        var gradients = (store.DenseGradients.Length * sizeof(float)) + tables.Sum(e => e.GradientBytes) + stores.Sum(s => s.TouchedBytes);
        return new MemoryUse(
            dense, tables.Sum(e => e.Bytes - e.GradientBytes), gradients, optimizer.Bytes, program.Bytes,
            loader.Bytes + mapped, runtime, PeakBytes());
    }

    /// <summary>What the process holds at present.</summary>
    public static long Now() => Environment.WorkingSet;

    /// <summary>The most that the process has held at any time.</summary>
    public static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
