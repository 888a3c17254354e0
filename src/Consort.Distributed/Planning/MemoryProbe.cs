using System.Diagnostics;
using Consort.Compute.Cpu.Threads;

namespace Consort.Distributed.Planning;

/// <summary>What memory does, for so many threads together.</summary>
internal static class MemoryProbe
{
    private const int Numbers = 1 << 25; // 128 MiB, more than caches hold
    private const int Line = 16; // numbers
    private const int Pieces = 64, Piece = Numbers / Pieces;

    /// <summary>Bytes a second that are copied, read and written counted once each.</summary>
    public static double Streams(int threads)
    {
        using NativeBuffer<float> source = new(Numbers), target = new(Numbers);
        return 2.0 * sizeof(float) * Numbers / Best(threads, new CopyJob(source, target));
    }

    /// <summary>Bytes a second of cache lines at random places.</summary>
    public static double Lines(int threads)
    {
        using var memory = new NativeBuffer<float>(Numbers);
        return (double)sizeof(float) * Numbers / Best(threads, new LineJob(memory));
    }

    private static double Best(int threads, IParallelJob job)
    {
        using var workers = new Workers(threads);
        var best = double.PositiveInfinity;
        for (var i = 0; i < 5; i++)
        {
            var start = Stopwatch.GetTimestamp();
            workers.Run(job, Pieces);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private sealed class CopyJob(NativeBuffer<float> source, NativeBuffer<float> target) : IParallelJob
    {
        public void Run(int index, int worker) =>
            source.Slice((long)index * Piece, Piece).CopyTo(target.Slice((long)index * Piece, Piece));
    }

    private sealed class LineJob(NativeBuffer<float> memory) : IParallelJob
    {
        private readonly float[] _sums = new float[Pieces];

        public void Run(int index, int worker)
        {
            var all = memory.Span;
            var (place, sum) = ((uint)index * 2654435761u, 0f);
            for (var i = 0; i < Piece / Line; i++)
            {
                place = (place * 1664525u) + 1013904223u;
                sum += all[(int)(place >> 11) * Line];
            }

            _sums[index] = sum;
        }
    }
}
