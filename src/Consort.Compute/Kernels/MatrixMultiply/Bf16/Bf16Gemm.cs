using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Consort.Compute.Parallel;

namespace Consort.Compute.Kernels.MatrixMultiply.Bf16;

/// <summary>
/// The multiply with operands rounded to bf16 and sums in floats. Both operands are converted first; pairs of
/// neighbours along the depth then take the place of floats in <see cref="PackedGemm{TKernel}"/>, at half the depth.
/// </summary>
/// <remarks>Row sums are those of the floats. Only where <see cref="Bf16Code.Missing"/> is null.</remarks>
internal sealed unsafe class Bf16Gemm : FloatGemm, IParallelJob
{
    private const int PieceElements = 32 * 1024;
    private const int LinePairs = 16;
    private const int PagePairs = 1024;

    private static readonly delegate* unmanaged[SuppressGCTransition]<float*, uint*, nint, void> ConvertRow =
        (delegate* unmanaged[SuppressGCTransition]<float*, uint*, nint, void>)Bf16Code.Row;

    private static readonly delegate* unmanaged[SuppressGCTransition]<float*, float*, uint*, nint, void> ConvertTwoRows =
        (delegate* unmanaged[SuppressGCTransition]<float*, float*, uint*, nint, void>)Bf16Code.TwoRows;

    private readonly Workers _workers;
    private readonly PackedGemm<Bf16Kernel> _pairs;
    private readonly NativeBuffer _bufferA = new(), _bufferB = new(), _zeroBuffer = new(), _sumBuffer = new();

    private GemmCall<float> _call;
    private Operand _a, _b;
    private float* _zeros; // stands for the row after the last
    private float* _sums; // [pieces of A, M]

    public Bf16Gemm(Workers workers)
    {
        _workers = workers;
        _pairs = new PackedGemm<Bf16Kernel>(workers);
    }

    // A matrix and its copy. Where a row is a step of the depth, two rows become one; else two neighbours in a row one.
    private struct Operand
    {
        public float* From;
        public nint Stride; // floats
        public int Rows, Columns;
        public bool JoinsRows;
        public uint* To;
        public nint ToStride; // pairs
        public int PieceRows; // of the copy
        public int Pieces;
    }

    public override void Run(in GemmCall<float> call)
    {
        _call = call;
        _a = Prepare(call.A, call.Lda, call.TransA ? call.K : call.M, call.TransA ? call.M : call.K, call.TransA, _bufferA);
        _b = Prepare(call.B, call.Ldb, call.TransB ? call.N : call.K, call.TransB ? call.K : call.N, !call.TransB, _bufferB);
        _zeros = _zeroBuffer.Take(Math.Max(call.M, call.N));
        if (call.RowSums != null && call.TransA) _sums = _sumBuffer.Take((nint)_a.Pieces * call.M);
        _workers.Run(this, _a.Pieces + _b.Pieces);
        if (call.RowSums != null && call.TransA) AddSums();
        _pairs.Run(call with
        {
            K = (call.K + 1) / 2,
            A = (float*)_a.To,
            Lda = _a.ToStride,
            B = (float*)_b.To,
            Ldb = _b.ToStride,
            RowSums = null,
        });
    }

    public override void Dispose()
    {
        _pairs.Dispose();
        _bufferA.Dispose();
        _bufferB.Dispose();
        _zeroBuffer.Dispose();
        _sumBuffer.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        bool isA = index < _a.Pieces;
        int piece = isA ? index : index - _a.Pieces;
        Convert(isA ? _a : _b, piece);
        if (isA && _call.RowSums != null) Sum(piece);
    }

    private static Operand Prepare(float* from, nint stride, int rows, int columns, bool joinsRows, NativeBuffer buffer)
    {
        int toRows = joinsRows ? (rows + 1) / 2 : rows;
        nint toStride = ((joinsRows ? columns : (columns + 1) / 2) + LinePairs - 1) / LinePairs * LinePairs;
        if (toStride % (PagePairs / 4) == 0) toStride += LinePairs; // else the rows of a tile share few sets of the cache
        int pieceRows = Math.Max(1, PieceElements / Math.Max(1, columns) / (joinsRows ? 2 : 1));
        return new Operand
        {
            From = from,
            Stride = stride,
            Rows = rows,
            Columns = columns,
            JoinsRows = joinsRows,
            To = (uint*)buffer.Take(toRows * toStride),
            ToStride = toStride,
            PieceRows = pieceRows,
            Pieces = (toRows + pieceRows - 1) / pieceRows,
        };
    }

    private void Convert(in Operand operand, int piece)
    {
        int first = piece * operand.PieceRows;
        uint* to = operand.To + first * operand.ToStride;
        if (!operand.JoinsRows)
        {
            int end = Math.Min(operand.Rows, first + operand.PieceRows);
            float* from = operand.From + first * operand.Stride;
            for (int i = first; i < end; i++, from += operand.Stride, to += operand.ToStride) ConvertRow(from, to, operand.Columns);
            return;
        }
        for (int i = 2 * first; i < Math.Min(operand.Rows, 2 * (first + operand.PieceRows)); i += 2, to += operand.ToStride)
        {
            float* row = operand.From + i * operand.Stride;
            ConvertTwoRows(row, i + 1 < operand.Rows ? row + operand.Stride : _zeros, to, operand.Columns);
        }
    }

    // What a piece adds to the row sums, while its floats are in the cache.
    private void Sum(int piece)
    {
        int first = piece * _a.PieceRows, end = first + _a.PieceRows;
        if (_call.TransA)
        {
            first *= 2;
            SumColumns(_call.A + first * _call.Lda, _call.Lda, Math.Min(_call.K, 2 * end) - first, _call.M, _sums + (nint)piece * _call.M);
            return;
        }
        for (int i = first; i < Math.Min(_call.M, end); i++)
        {
            float sum = Panels.Sum(_call.A + i * _call.Lda, _call.K);
            _call.RowSums[i] = _call.Accumulate ? _call.RowSums[i] + sum : sum;
        }
    }

    // Over the rows of a matrix, column by column: to[j] = Σ_k from[k * stride + j].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumColumns(float* from, nint stride, int rows, int columns, float* to)
    {
        int j = 0;
        for (; j + 16 <= columns; j += 16)
        {
            Vector512<float> even = Vector512<float>.Zero, odd = even;
            float* at = from + j;
            int k = 0;
            for (; k + 2 <= rows; k += 2, at += 2 * stride)
            {
                even += Vector512.Load(at);
                odd += Vector512.Load(at + stride);
            }
            if (k < rows) even += Vector512.Load(at);
            (even + odd).Store(to + j);
        }
        for (; j < columns; j++)
        {
            float sum = 0;
            for (int k = 0; k < rows; k++) sum += from[k * stride + j];
            to[j] = sum;
        }
    }

    private void AddSums()
    {
        for (int i = 0; i < _call.M; i++)
        {
            float sum = 0;
            for (int piece = 0; piece < _a.Pieces; piece++) sum += _sums[(nint)piece * _call.M + i];
            _call.RowSums[i] = _call.Accumulate ? _call.RowSums[i] + sum : sum;
        }
    }
}
