using Consort.Compute.Cpu.Threads;

namespace Consort.Learning.Training;

/// <summary>Work on each row of a batch, a few hundred rows at a time: what one thread did for all would hold up the others.</summary>
/// <param name="work">Takes rows [start, end).</param>
internal sealed class RowJob(Action<int, int> work) : IParallelJob
{
    private const int Piece = 512;
    private int _rows;

    /// <summary>Works on all rows.</summary>
    public void Run(Workers workers, int rows)
    {
        _rows = rows;
        workers.Run(this, (rows + Piece - 1) / Piece);
    }

    void IParallelJob.Run(int index, int worker) => work(index * Piece, Math.Min(_rows, (index + 1) * Piece));
}
