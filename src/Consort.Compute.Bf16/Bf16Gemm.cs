using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Bf16;

/// <summary>
/// The multiply with operands rounded to bf16 and sums in floats. Both operands are converted first; pairs of neighbours along the depth
/// then take the place of floats in <see cref="PackedGemm{TKernel}"/>, at half the depth.
/// </summary>
/// <remarks>Row sums are those of the floats. Only where <see cref="Bf16Code.Missing"/> is null.</remarks>
internal sealed unsafe class Bf16Gemm : ReducedGemm, IParallelJob, IRowSource
{
    private const int LeastDepth = 16; // below, converting costs more than it saves
    private const int DepthBlock = 2048; // even, as pairs must not be cut; measured: 1024 is no better
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
    private int _piecesBefore; // of A, converted before the multiply rather than part by part
    private float* _zeros; // stands for the row after the last
    private float* _sums; // [pieces of A, M], of the columns of a transposed A

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

    public override Precision Precision => Precision.Bf16;

    public override ReducedGemm With(Workers workers) => new Bf16Gemm(workers);

    public override bool Fits(in GemmCall<float> call) => call.K >= LeastDepth;

    public override void Run(in GemmCall<float> call)
    {
        var isPlain = call.Bias == null && call.Mask == null && !call.Relu;
        if (!call.TransA || call.TransB || !isPlain)
        {
            RunWhole(call);
            return;
        }
        // The weight gradient block by block, so that what is converted is still near when it is multiplied.
        for (var from = 0; from < call.K; from += DepthBlock)
        {
            RunWhole(call with
            {
                K = Math.Min(DepthBlock, call.K - from),
                A = call.A + from * call.Lda,
                B = call.B + from * call.Ldb,
                Accumulate = call.Accumulate || from > 0,
            });
        }
    }

    private void RunWhole(in GemmCall<float> call)
    {
        _call = call;
        _a = Prepare(call.A, call.Lda, call.TransA ? call.K : call.M, call.TransA ? call.M : call.K, call.TransA, _bufferA);
        _b = Prepare(call.B, call.Ldb, call.TransB ? call.N : call.K, call.TransB ? call.K : call.N, !call.TransB, _bufferB);
        _zeros = _zeroBuffer.Take(Math.Max(call.M, call.N));
        if (call.RowSums != null && call.TransA) _sums = _sumBuffer.Take((nint)_a.Pieces * call.M);
        var late = !call.TransA && GemmPlan.CutsRows(call.M, call.N);
        _piecesBefore = late ? 0 : _a.Pieces;
        _workers.Run(this, _piecesBefore + _b.Pieces);
        if (call.RowSums != null && call.TransA) AddSums();
        _pairs.Run(call with
        {
            K = (call.K + 1) / 2,
            A = (float*)_a.To,
            Lda = _a.ToStride,
            B = (float*)_b.To,
            Ldb = _b.ToStride,
            RowSums = null,
        }, late ? this : null);
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
        if (index >= _piecesBefore) Convert(_b, index - _piecesBefore);
        else if (_call.TransA) Convert(_a, index);
        else ((IRowSource)this).Make(index * _a.PieceRows, Math.Min(_call.M, (index + 1) * _a.PieceRows));
    }

    float* IRowSource.From => _call.A;

    nint IRowSource.Stride => _call.Lda;

    void IRowSource.Make(int row, int end)
    {
        ConvertRows(_a, row, end);
        if (_call.RowSums == null) return;
        for (; row < end; row++)
        {
            var sum = Panels.Sum(_call.A + row * _call.Lda, _call.K);
            _call.RowSums[row] = _call.Accumulate ? _call.RowSums[row] + sum : sum;
        }
    }

    private static Operand Prepare(float* from, nint stride, int rows, int columns, bool joinsRows, NativeBuffer buffer)
    {
        var toRows = joinsRows ? (rows + 1) / 2 : rows;
        nint toStride = ((joinsRows ? columns : (columns + 1) / 2) + LinePairs - 1) / LinePairs * LinePairs;
        if (toStride % (PagePairs / 4) == 0) toStride += LinePairs; // else the rows of a tile share few sets of the cache
        var pieceRows = Math.Max(1, PieceElements / Math.Max(1, columns) / (joinsRows ? 2 : 1));
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
        var first = piece * operand.PieceRows;
        if (!operand.JoinsRows)
        {
            ConvertRows(operand, first, Math.Min(operand.Rows, first + operand.PieceRows));
            return;
        }
        var to = operand.To + first * operand.ToStride;
        var sums = operand.To == _a.To && _call.RowSums != null ? _sums + (nint)piece * operand.Columns : null;
        if (sums != null) new Span<float>(sums, operand.Columns).Clear();
        var last = Math.Min(operand.Rows, 2 * (first + operand.PieceRows));
        for (var i = 2 * first; i < last; i += 2, to += operand.ToStride)
        {
            float* row = operand.From + i * operand.Stride, next = i + 1 < operand.Rows ? row + operand.Stride : _zeros;
            ConvertTwoRows(row, next, to, operand.Columns);
            if (sums != null) AddTwoRows(row, next, sums, operand.Columns);
        }
    }

    private static void ConvertRows(in Operand operand, int row, int end)
    {
        var from = operand.From + row * operand.Stride;
        var to = operand.To + row * operand.ToStride;
        for (; row < end; row++, from += operand.Stride, to += operand.ToStride) ConvertRow(from, to, operand.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwoRows(float* first, float* second, float* sums, int count)
    {
        var i = 0;
        for (; i + 16 <= count; i += 16)
            (Vector512.Load(sums + i) + (Vector512.Load(first + i) + Vector512.Load(second + i))).Store(sums + i);
        for (; i < count; i++) sums[i] += first[i] + second[i];
    }

    private void AddSums()
    {
        for (var i = 0; i < _call.M; i++)
        {
            float sum = 0;
            for (var piece = 0; piece < _a.Pieces; piece++) sum += _sums[(nint)piece * _call.M + i];
            _call.RowSums[i] = _call.Accumulate ? _call.RowSums[i] + sum : sum;
        }
    }
}
