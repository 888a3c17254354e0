namespace Consort.Compute.Execution;

/// <summary>What one step tells the kernels.</summary>
/// <param name="Rows">B, at most the capacity the program was compiled for.</param>
/// <param name="IsTraining">Whether dropout drops and batch norm reads the batch's own statistics.</param>
/// <param name="Seed">Of this step's random numbers; a step with the same seed drops the same elements.</param>
public readonly unsafe record struct Step(int Rows, bool IsTraining, ulong Seed)
{
    /// <summary>Global ids [B, F], or null where the graph has no categorical columns.</summary>
    public int* Ids { get; init; }
}

/// <summary>An operation bound to memory: it reads its inputs and writes its output in place, and allocates nothing.</summary>
public abstract class Kernel
{
    /// <summary>Computes the output of the batch.</summary>
    public abstract void Forward(in Step step);

    /// <summary>
    /// Adds to the parameters' gradients and writes, or adds to, the inputs' gradients, from the output's gradient,
    /// which it may overwrite.
    /// </summary>
    public abstract void Backward(in Step step);
}
