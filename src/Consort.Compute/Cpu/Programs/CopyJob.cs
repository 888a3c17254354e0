using System.Runtime.InteropServices;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Programs;

/// <summary>Copies a batch's ids, which another thread has written and whose lines are far away: many fetch them faster than one.</summary>
internal sealed unsafe class CopyJob : IParallelJob
{
    private const int Piece = 16 * 1024;

    private int* _from, _to;
    private int _count;

    public void Run(Workers workers, int* from, int* to, int count)
    {
        _from = from;
        _to = to;
        _count = count;
        workers.Run(this, (count + Piece - 1) / Piece);
    }

    void IParallelJob.Run(int index, int worker)
    {
        var at = index * Piece;
        NativeMemory.Copy(_from + at, _to + at, (nuint)Math.Min(Piece, _count - at) * sizeof(int));
    }
}
