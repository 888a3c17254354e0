using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;

namespace Consort.Learning.Training;

/// <summary>A teacher at work: its weights stand still, and it gives the logit of its ensemble as when it scores.</summary>
internal sealed class FrozenTeacher : IDisposable
{
    private readonly TrainedFamily _family;
    private readonly Program<float> _program;
    private readonly LogitPass _pass;

    /// <summary>Compiles it.</summary>
    /// <param name="family">Over the same columns and vocabularies as the students'; disposed of here.</param>
    /// <param name="capacity">Largest batch.</param>
    /// <param name="workers">The threads.</param>
    public FrozenTeacher(TrainedFamily family, int capacity, Workers workers)
    {
        _family = family;
        _program = family.Compile(capacity, workers);
        _pass = new LogitPass(_program, family.Fusion);
    }

    /// <summary>Computes the logits of the ensemble.</summary>
    /// <param name="batch">Rows.</param>
    /// <param name="logits">Receives one a row, [B].</param>
    public void Run(Batch batch, Span<double> logits) => _pass.Fuse(batch).CopyTo(logits);

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _family.Dispose();
    }
}
