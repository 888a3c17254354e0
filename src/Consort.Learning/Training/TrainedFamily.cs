using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Schemas;
using Consort.Learning.Checkpoints;
using Consort.Models;

namespace Consort.Learning.Training;

/// <summary>A family with trained weights, which stand still: to score, to teach, to be packed.</summary>
public sealed class TrainedFamily : IDisposable
{
    /// <summary>Reads the weights.</summary>
    /// <param name="family">What was trained.</param>
    /// <param name="space">The columns that it was trained on.</param>
    /// <param name="checkpoint">The file.</param>
    /// <exception cref="ConsortException">It is missing, damaged, or of another family.</exception>
    public TrainedFamily(Family family, FeatureSpace space, string checkpoint)
    {
        (Graph, Fusion) = (family.Build(space), family.Fusion);
        Store = new ParameterStore<float>(Graph);
        try
        {
            Checkpoint.Load(checkpoint, Store);
        }
        catch
        {
            Store.Dispose();
            throw;
        }
    }

    /// <summary>What it computes.</summary>
    public Graph Graph { get; }

    /// <summary>How its members' logits become one.</summary>
    public Fusion Fusion { get; }

    /// <summary>The weights.</summary>
    public ParameterStore<float> Store { get; }

    /// <summary>Compiles it to score; the caller disposes of the program.</summary>
    /// <param name="capacity">The most rows of a batch.</param>
    /// <param name="workers">The threads; the caller keeps owning them.</param>
    /// <param name="precision">What matrix multiplies round their operands to.</param>
    public Program<float> Compile(int capacity, Workers workers, Precision precision = Precision.Fp32) =>
        new(Graph, Store, OperationKernels.Of<float>(), capacity, workers, withGradients: false, Multiplies.Of(workers, precision));

    /// <inheritdoc/>
    public void Dispose() => Store.Dispose();
}
