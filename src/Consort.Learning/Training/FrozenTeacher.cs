using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Learning.Checkpoints;
using Consort.Learning.Strategies;

namespace Consort.Learning.Training;

/// <summary>A finished family that is to teach.</summary>
/// <param name="Graph">Over the same columns and vocabularies as the students'.</param>
/// <param name="Checkpoint">Its weights.</param>
/// <param name="Fusion">How its members' logits become its own.</param>
public sealed record TeacherModel(Graph Graph, string Checkpoint, Fusion Fusion);

/// <summary>A teacher at work: its weights stand still, and it gives the logit of its ensemble as when it scores.</summary>
public sealed class FrozenTeacher : IDisposable
{
    private readonly ParameterStore<float> _store;
    private readonly Program<float> _program;
    private readonly LogitPass _pass;
    private readonly Fusion _fusion;

    /// <summary>Loads the weights.</summary>
    /// <param name="model">The family.</param>
    /// <param name="capacity">Largest batch.</param>
    /// <param name="workers">The threads.</param>
    /// <exception cref="ConsortException">The checkpoint is missing, damaged, or of another family.</exception>
    public FrozenTeacher(TeacherModel model, int capacity, Workers workers)
    {
        _store = new ParameterStore<float>(model.Graph);
        Checkpoint.Load(model.Checkpoint, _store);
        _program = new Program<float>(model.Graph, _store, OperationKernels.Of<float>(), capacity, workers, withGradients: false);
        _pass = new LogitPass(_program);
        _fusion = model.Fusion;
    }

    /// <summary>Computes the logits of the ensemble.</summary>
    /// <param name="batch">Rows.</param>
    /// <param name="logits">Receives one a row, [B].</param>
    public void Run(Batch batch, Span<double> logits) => _pass.Fuse(batch, _fusion).CopyTo(logits);

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _store.Dispose();
    }
}
