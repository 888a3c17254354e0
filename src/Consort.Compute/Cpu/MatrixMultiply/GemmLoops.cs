using System.Numerics;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>The plain matrix multiply: no packing, a row of C at a time. Serves double precision, where gradients are checked.</summary>
internal sealed unsafe class GemmLoops<T> : IParallelJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int RowsPerIndex = 8;
    private const int DepthBlock = 256;

    private GemmCall<T> _call;

    public void Run(Workers workers, in GemmCall<T> call)
    {
        _call = call;
        workers.Run(this, (call.M + RowsPerIndex - 1) / RowsPerIndex);
    }

    void IParallelJob.Run(int index, int worker)
    {
        var end = Math.Min(_call.M, (index + 1) * RowsPerIndex);
        var block = stackalloc T[DepthBlock];
        for (var i = index * RowsPerIndex; i < end; i++) Row(i, block);
    }

    private void Row(int i, T* block)
    {
        var c = new Span<T>(_call.C + i * _call.Ldc, _call.N);
        if (!_call.Accumulate) c.Clear();
        var sum = T.Zero;
        for (var from = 0; from < _call.K; from += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, _call.K - from);
            var a = new Span<T>(block, depth);
            if (_call.TransA) for (var k = 0; k < depth; k++) a[k] = _call.A[(from + k) * _call.Lda + i];
            else new Span<T>(_call.A + i * _call.Lda + from, depth).CopyTo(a);
            foreach (var x in a) sum += x;
            if (_call.TransB) AddDots(c, a, _call.B + from);
            else for (var k = 0; k < depth; k++) AddScaled(c, a[k], _call.B + (from + k) * _call.Ldb);
        }
        Finish(c, i);
        if (_call.RowSums != null) _call.RowSums[i] = _call.Accumulate ? _call.RowSums[i] + sum : sum;
    }

    private void AddDots(Span<T> c, ReadOnlySpan<T> a, T* b)
    {
        for (var j = 0; j < c.Length; j++)
        {
            var row = new ReadOnlySpan<T>(b + j * _call.Ldb, a.Length);
            var sums = Vector<T>.Zero;
            var k = 0;
            for (; k + Vector<T>.Count <= a.Length; k += Vector<T>.Count) sums += new Vector<T>(a[k..]) * new Vector<T>(row[k..]);
            var sum = Vector.Sum(sums);
            for (; k < a.Length; k++) sum += a[k] * row[k];
            c[j] += sum;
        }
    }

    private static void AddScaled(Span<T> c, T scale, T* b)
    {
        var row = new ReadOnlySpan<T>(b, c.Length);
        var j = 0;
        for (; j + Vector<T>.Count <= c.Length; j += Vector<T>.Count)
            (new Vector<T>(c[j..]) + new Vector<T>(row[j..]) * scale).CopyTo(c[j..]);
        for (; j < c.Length; j++) c[j] += row[j] * scale;
    }

    private void Finish(Span<T> c, int i)
    {
        if (_call.Bias != null) for (var j = 0; j < c.Length; j++) c[j] += _call.Bias[j];
        if (_call.Relu) for (var j = 0; j < c.Length; j++) c[j] = T.Max(c[j], T.Zero);
        if (_call.Mask == null) return;
        var mask = _call.Mask + i * _call.Ldmask;
        for (var j = 0; j < c.Length; j++) if (!(mask[j] > T.Zero)) c[j] = T.Zero;
    }
}
