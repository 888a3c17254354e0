using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>The product by a native BLAS; what comes before and after it (row sums, bias, Relu, mask) is done here.</summary>
internal sealed unsafe class NativeGemm : FloatGemm, IParallelJob
{
    private const int RowMajor = 101, AsItIs = 111, Transposed = 112;
    private const int PieceElements = 32 * 1024;

    private readonly Workers _workers;
    private GemmCall<float> _call;
    private int _rowsPerPiece, _pieces;
    private bool _hasEpilogue;

    public NativeGemm(Workers workers)
    {
        _workers = workers;
        NativeBlas.SetThreads(workers.Threads);
    }

    /// <summary>Whether the product is of a kind that a BLAS takes: with a depth, and strides of 32 bits.</summary>
    public static bool Fits(in GemmCall<float> call) => call.K > 0 && Math.Max(call.Lda, Math.Max(call.Ldb, call.Ldc)) <= int.MaxValue;

    public override void Run(in GemmCall<float> call)
    {
        _call = call;
        // A matrix of one row may have any stride; a BLAS wants one that is no shorter than the row.
        int lda = (int)Math.Max(call.Lda, call.TransA ? call.M : call.K), ldb = (int)Math.Max(call.Ldb, call.TransB ? call.K : call.N);
        NativeBlas.Multiply(
            RowMajor, call.TransA ? Transposed : AsItIs, call.TransB ? Transposed : AsItIs, call.M, call.N, call.K, 1,
            call.A, lda, call.B, ldb, call.Accumulate ? 1 : 0, call.C, (int)Math.Max(call.Ldc, call.N));
        _hasEpilogue = call.Bias != null || call.Mask != null || call.Relu;
        if (!_hasEpilogue && call.RowSums == null) return;
        _rowsPerPiece = Math.Max(64, PieceElements / call.N);
        _pieces = (call.M + _rowsPerPiece - 1) / _rowsPerPiece;
        _workers.Run(this, _pieces);
    }

    public override void Dispose()
    {
    }

    void IParallelJob.Run(int index, int worker)
    {
        int first = index * _rowsPerPiece, end = Math.Min(_call.M, first + _rowsPerPiece);
        if (_hasEpilogue) for (var i = first; i < end; i++) Finish(_call.C + i * _call.Ldc, _call.Mask + i * _call.Ldmask);
        if (_call.RowSums != null) SumRows(first, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(float* c, float* mask)
    {
        var floor = _call.Relu ? 0 : float.NegativeInfinity;
        var bias = _call.Bias;
        var masked = _call.Mask != null;
        var j = 0;
        for (; j + 8 <= _call.N; j += 8)
        {
            var x = Vector256.Load(c + j);
            if (bias != null) x += Vector256.Load(bias + j);
            x = Vector256.Max(x, Vector256.Create(floor)); // NaN stays NaN
            if (masked) x &= Vector256.GreaterThan(Vector256.Load(mask + j), Vector256<float>.Zero);
            x.Store(c + j);
        }
        for (; j < _call.N; j++)
        {
            var x = Math.Max(bias != null ? c[j] + bias[j] : c[j], floor);
            c[j] = masked && !(mask[j] > 0) ? 0 : x;
        }
    }

    private void SumRows(int first, int end)
    {
        if (_call.TransA)
        {
            var sums = new Span<float>(_call.RowSums + first, end - first);
            if (!_call.Accumulate) sums.Clear();
            for (var k = 0; k < _call.K; k++) VectorMath.Add(_call.RowSums + first, _call.A + k * _call.Lda + first, end - first);
            return;
        }
        for (var i = first; i < end; i++)
        {
            var sum = Panels.Sum(_call.A + i * _call.Lda, _call.K);
            _call.RowSums[i] = _call.Accumulate ? _call.RowSums[i] + sum : sum;
        }
    }
}
