using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// A kernel that works on the positions of one impression at a time; impressions do not depend on each other. They are handed out in chunks
/// of a fixed size, so results do not depend on the number of threads.
/// </summary>
internal abstract class SegmentKernel : Kernel
{
    /// <summary>Impressions handed out at a time: each may have many positions.</summary>
    public const int ChunkRows = 32;

    private readonly Workers _workers;
    private readonly Pass _forward;
    private readonly Pass _backward;

    protected SegmentKernel(Workers workers, Segments segments)
    {
        (_workers, Segments) = (workers, segments);
        _forward = new Pass(this, isForward: true);
        _backward = new Pass(this, isForward: false);
    }

    /// <summary>Where the positions of each impression lie.</summary>
    protected Segments Segments { get; }

    /// <summary>The step under way; its rows are those of what the operation gives.</summary>
    protected Step Step { get; private set; }

    /// <summary>The chunks that so many impressions make.</summary>
    public static int Chunks(int impressions) => (impressions + ChunkRows - 1) / ChunkRows;

    public override void Forward(in Step step)
    {
        Step = step;
        _workers.Run(_forward, Chunks(Segments.Batch));
    }

    public override void Backward(in Step step)
    {
        Step = step;
        _workers.Run(_backward, Chunks(Segments.Batch));
    }

    /// <summary>Computes impressions [start, end).</summary>
    protected abstract void ForwardRows(int start, int end);

    /// <summary>Computes the gradients of impressions [start, end).</summary>
    protected abstract void BackwardRows(int start, int end);

    private sealed class Pass(SegmentKernel kernel, bool isForward) : IParallelJob
    {
        public void Run(int index, int worker)
        {
            var start = index * ChunkRows;
            var end = Math.Min(start + ChunkRows, kernel.Segments.Batch);
            if (isForward)
                kernel.ForwardRows(start, end);
            else
                kernel.BackwardRows(start, end);
        }
    }
}
