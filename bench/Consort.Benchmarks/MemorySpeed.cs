using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Consort.Compute.Cpu.Threads;

namespace Consort.Benchmarks;

internal enum MemoryPattern
{
    Read,
    Triad,
    Gather,
}

/// <summary>Bytes moved per nanosecond in three patterns over memory much larger than the caches.</summary>
internal sealed unsafe class MemorySpeed : IParallelJob, IDisposable
{
    private const long Floats = 64L << 20; // 256 MiB
    private const int Pieces = 64;
    private const int RowFloats = 16;
    private const int RowsPerPiece = 1 << 14;
    private const int Ahead = 16;

    private readonly NativeBuffer<float> _memory = new(Floats); // with large pages, as tables are
    private readonly float* _data;
    private readonly int* _rows = (int*)NativeMemory.AlignedAlloc((nuint)(Pieces * RowsPerPiece + Ahead) * 4, 64);
    private readonly float[] _sink = new float[Pieces * 16];
    private MemoryPattern _pattern;

    public MemorySpeed()
    {
        _data = _memory.Pointer;
        for (long i = 0; i < Floats; i += 512) _data[i] = i;
        var random = new Random(1);
        for (var i = 0; i < Pieces * RowsPerPiece + Ahead; i++) _rows[i] = random.Next((int)(Floats / RowFloats));
    }

    public double Measure(Workers workers, MemoryPattern pattern)
    {
        _pattern = pattern;
        var start = Stopwatch.GetTimestamp();
        workers.Run(this, Pieces);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var bytes = pattern == MemoryPattern.Gather ? (double)Pieces * RowsPerPiece * RowFloats * 4 : Floats / Pieces * (double)Pieces * 4;
        return bytes / seconds * 1e-9;
    }

    public void Dispose()
    {
        _memory.Dispose();
        NativeMemory.AlignedFree(_rows);
    }

    void IParallelJob.Run(int index, int worker)
    {
        const long Length = Floats / Pieces;
        var from = _data + index * Length;
        switch (_pattern)
        {
            case MemoryPattern.Read: _sink[index * 16] = Read(from, Length); break;
            case MemoryPattern.Triad: Triad(from, Length / 3 / 64 * 64); break;
            default: _sink[index * 16] = Gather(_rows + index * RowsPerPiece); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Read(float* from, long length)
    {
        var width = Vector<float>.Count;
        Vector<float> a = Vector<float>.Zero, b = a, c = a, d = a;
        for (float* p = from, end = from + length; p < end; p += 4 * width)
        {
            a += Vector.Load(p);
            b += Vector.Load(p + width);
            c += Vector.Load(p + 2 * width);
            d += Vector.Load(p + 3 * width);
        }
        return Vector.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Triad(float* x, long length)
    {
        float* y = x + length, z = y + length;
        var scale = new Vector<float>(0.5f);
        for (long i = 0; i < length; i += Vector<float>.Count) (Vector.Load(y + i) + scale * Vector.Load(z + i)).Store(x + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Gather(int* rows)
    {
        var width = Vector<float>.Count;
        var sum = Vector<float>.Zero;
        for (var i = 0; i < RowsPerPiece; i++)
        {
            if (Sse.IsSupported) Sse.Prefetch0(_data + (long)rows[i + Ahead] * RowFloats);
            var row = _data + (long)rows[i] * RowFloats;
            for (var j = 0; j < RowFloats; j += width) sum += Vector.Load(row + j);
        }
        return Vector.Sum(sum);
    }
}
