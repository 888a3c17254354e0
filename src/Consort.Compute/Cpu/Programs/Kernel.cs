namespace Consort.Compute.Cpu.Programs;

/// <summary>What one step tells the kernels.</summary>
public readonly unsafe struct Step
{
    /// <summary>Describes a step.</summary>
    /// <param name="rows">B, at least 1 (0 where other ranks may have rows) and at most the capacity the program was compiled for.</param>
    /// <param name="isTraining">Whether dropout drops and batch norm reads the batch's own statistics.</param>
    /// <param name="seed">Of this step's random numbers; a step with the same seed drops the same elements.</param>
    public Step(int rows, bool isTraining, ulong seed = 0) => (Rows, IsTraining, Seed) = (rows, isTraining, seed);

    /// <summary>B.</summary>
    public int Rows { get; }

    /// <summary>Whether dropout drops and batch norm reads the batch's own statistics.</summary>
    public bool IsTraining { get; }

    /// <summary>Of this step's random numbers.</summary>
    public ulong Seed { get; }

    /// <summary>
    /// Whether the very same rows are to be trained on next: of rows that an optimizer has deferred, the batch's alone are then brought up
    /// to date, and the table is not read whole. It scores like any other.
    /// </summary>
    public bool IsAhead { get; init; }

    /// <summary>Whether batch norm reads its running statistics while training too, and leaves them as they are.</summary>
    public bool KeepsStatistics { get; init; }

    /// <summary>How far the batch moves batch norm's running statistics; in [0, 1]; null for a tenth.</summary>
    public double? Momentum { get; init; }

    /// <summary>
    /// Where the rows begin among those of the whole batch, of which other ranks have the rest: what drops depends on the place there.
    /// </summary>
    public long First { get; init; }

    /// <summary>
    /// Global ids [B, F], or null where the graph has no categorical columns; of a list the place in <see cref="Lists"/> where it begins.
    /// </summary>
    public int* Ids { get; init; }

    /// <summary>Where lists lie, as <see cref="Graphs.IdList"/> says; null where no column is a list.</summary>
    public int* Lists { get; init; }
}

/// <summary>An operation bound to memory: it reads its inputs and writes its output in place, and allocates nothing.</summary>
public abstract class Kernel
{
    /// <summary>Whether it asks the other ranks something, where there are any, and so runs on a rank without rows too.</summary>
    internal virtual bool MeetsRanks => false;

    /// <summary>Computes the output of the batch.</summary>
    public abstract void Forward(in Step step);

    /// <summary>
    /// Adds to the parameters' gradients and writes, or adds to, the inputs' gradients, from the output's gradient, which it may overwrite.
    /// </summary>
    public abstract void Backward(in Step step);
}
