using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// A kernel that works on chunks of a fixed size, whatever the number of threads, so results do not depend on it.
/// </summary>
internal abstract class ChunkedKernel : Kernel
{
    private readonly Workers _workers;
    private readonly int _chunkRows;
    private readonly Pass _forward;
    private readonly Pass _backward;

    protected ChunkedKernel(Workers workers, int chunkRows)
    {
        (_workers, _chunkRows) = (workers, chunkRows);
        _forward = new Pass(this, isForward: true);
        _backward = new Pass(this, isForward: false);
    }

    /// <summary>The step under way; its rows are those of what the operation gives.</summary>
    protected Step Step { get; private set; }

    /// <summary>What is cut into chunks in the step under way.</summary>
    protected abstract int Rows { get; }

    public override void Forward(in Step step)
    {
        Step = step;
        _workers.Run(_forward, (Rows + _chunkRows - 1) / _chunkRows);
    }

    public override void Backward(in Step step)
    {
        Step = step;
        _workers.Run(_backward, (Rows + _chunkRows - 1) / _chunkRows);
    }

    /// <summary>Computes rows [start, end).</summary>
    protected abstract void ForwardRows(int start, int end);

    /// <summary>Computes the gradients of rows [start, end).</summary>
    protected abstract void BackwardRows(int start, int end);

    private sealed class Pass(ChunkedKernel kernel, bool isForward) : IParallelJob
    {
        public void Run(int index, int worker)
        {
            var start = index * kernel._chunkRows;
            var end = Math.Min(start + kernel._chunkRows, kernel.Rows);
            if (isForward)
                kernel.ForwardRows(start, end);
            else
                kernel.BackwardRows(start, end);
        }
    }
}
