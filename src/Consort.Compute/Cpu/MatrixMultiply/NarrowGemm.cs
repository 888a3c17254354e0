using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Products that are little more than a matrix times a vector: one request scored, or a layer with one output. Each element of the matrix
/// is used so few times that packing it would cost more than the product.
/// </summary>
internal sealed unsafe class NarrowGemm : FloatGemm, IParallelJob
{
    private const int MostVectors = 4;
    private const int PieceElements = 16 * 1024;
    private const int RowsAtOnce = 4;
    private const int VectorsAtOnce = 8;

    private readonly Workers _workers;
    private readonly NativeBuffer _gathered = new();
    private GemmCall<float> _call;
    private Shape _shape;
    private float* _vector; // [K] the only column of B
    private int _perPiece;

    public NarrowGemm(Workers workers) => _workers = workers;

    private enum Shape
    {
        ColumnOfC, // N = 1: each row of A times the vector
        RowsOfC, // few rows of A times each row of a transposed B
        SumOfRows, // each row of C is a weighted sum of the rows of B
        Outer, // K = 1: each element of A times the row of B
    }

    /// <summary>Whether the product is of a kind that this class is for.</summary>
    public static bool Fits(in GemmCall<float> call)
    {
        if (call.K == 0) return false;
        if (IsOuter(call)) return true;
        if (call.N == 1 && !call.TransA) return call.RowSums == null;
        if (call.M > MostVectors) return false;
        return call.TransB ? !call.TransA && call.RowSums == null : call.M == 1;
    }

    private static bool IsOuter(in GemmCall<float> call) =>
        call is { K: 1, M: > MostVectors, N: > 1 } && call.RowSums == null && (!call.TransB || call.Ldb == 1);

    public override void Run(in GemmCall<float> call)
    {
        _call = call;
        int pieces;
        if (IsOuter(call))
        {
            _shape = Shape.Outer;
            pieces = Cut(call.M, call.N, RowsAtOnce);
        }
        else if (call.N == 1 && !call.TransA)
        {
            _shape = Shape.ColumnOfC;
            _vector = call.TransB || call.Ldb == 1 ? call.B : Gather(call.B, call.Ldb, call.K);
            pieces = Cut(call.M, call.K, RowsAtOnce);
        }
        else if (call.TransB)
        {
            _shape = Shape.RowsOfC;
            pieces = Cut(call.N, call.K, RowsAtOnce);
        }
        else
        {
            _shape = Shape.SumOfRows;
            var unit = VectorsAtOnce * Vector<float>.Count;
            pieces = Cut(call.N, call.K, unit);
        }
        _workers.Run(this, pieces);
    }

    public override void Dispose() => _gathered.Dispose();

    void IParallelJob.Run(int index, int worker)
    {
        var first = index * _perPiece;
        switch (_shape)
        {
            case Shape.ColumnOfC:
                Column(first, Math.Min(_call.M, first + _perPiece));
                break;
            case Shape.RowsOfC:
                for (var i = 0; i < _call.M; i++) Row(i, first, Math.Min(_call.N, first + _perPiece));
                break;
            case Shape.Outer:
                Outer(first, Math.Min(_call.M, first + _perPiece));
                break;
            default:
                WeightedSum(first, Math.Min(_call.N, first + _perPiece));
                if (index == 0 && _call.RowSums != null) SumRow();
                break;
        }
    }

    private int Cut(int rows, int depth, int unit)
    {
        _perPiece = Math.Max(1, PieceElements / depth / unit) * unit;
        return (rows + _perPiece - 1) / _perPiece;
    }

    private float* Gather(float* from, nint stride, int count)
    {
        var to = _gathered.Take(count);
        for (var k = 0; k < count; k++) to[k] = from[k * stride];
        return to;
    }

    private void Column(int first, int end)
    {
        var sums = stackalloc float[RowsAtOnce];
        for (var i = first; i < end; i += RowsAtOnce)
        {
            var rows = Math.Min(RowsAtOnce, end - i);
            Dots(_call.A + i * _call.Lda, _call.Lda, rows, _vector, _call.K, sums);
            for (var r = 0; r < rows; r++) Finish(i + r, 0, sums[r]);
        }
    }

    private void Row(int i, int first, int end)
    {
        var sums = stackalloc float[RowsAtOnce];
        for (var j = first; j < end; j += RowsAtOnce)
        {
            var rows = Math.Min(RowsAtOnce, end - j);
            Dots(_call.B + j * _call.Ldb, _call.Ldb, rows, _call.A + i * _call.Lda, _call.K, sums);
            for (var r = 0; r < rows; r++) Finish(i, j + r, sums[r]);
        }
    }

    private static void Dots(float* matrix, nint stride, int rows, float* vector, int depth, float* sums)
    {
        if (rows == RowsAtOnce) FourDots(matrix, stride, vector, depth, sums);
        else for (var r = 0; r < rows; r++) sums[r] = Dot(matrix + r * stride, vector, depth);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourDots(float* matrix, nint stride, float* vector, int depth, float* sums)
    {
        float* p0 = matrix, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
        int width = Vector<float>.Count, k = 0;
        Vector<float> a0 = Vector<float>.Zero, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (; k + 2 * width <= depth; k += 2 * width)
        {
            Vector<float> x = Vector.Load(vector + k), y = Vector.Load(vector + k + width);
            a0 = Vector.MultiplyAddEstimate(x, Vector.Load(p0 + k), a0);
            a1 = Vector.MultiplyAddEstimate(x, Vector.Load(p1 + k), a1);
            a2 = Vector.MultiplyAddEstimate(x, Vector.Load(p2 + k), a2);
            a3 = Vector.MultiplyAddEstimate(x, Vector.Load(p3 + k), a3);
            b0 = Vector.MultiplyAddEstimate(y, Vector.Load(p0 + k + width), b0);
            b1 = Vector.MultiplyAddEstimate(y, Vector.Load(p1 + k + width), b1);
            b2 = Vector.MultiplyAddEstimate(y, Vector.Load(p2 + k + width), b2);
            b3 = Vector.MultiplyAddEstimate(y, Vector.Load(p3 + k + width), b3);
        }
        float s0 = Vector.Sum(a0 + b0), s1 = Vector.Sum(a1 + b1), s2 = Vector.Sum(a2 + b2), s3 = Vector.Sum(a3 + b3);
        for (; k < depth; k++)
        {
            s0 += vector[k] * p0[k];
            s1 += vector[k] * p1[k];
            s2 += vector[k] * p2[k];
            s3 += vector[k] * p3[k];
        }
        (sums[0], sums[1]) = (s0, s1);
        (sums[2], sums[3]) = (s2, s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* row, float* vector, int depth)
    {
        int width = Vector<float>.Count, k = 0;
        var a = Vector<float>.Zero;
        for (; k + width <= depth; k += width) a = Vector.MultiplyAddEstimate(Vector.Load(vector + k), Vector.Load(row + k), a);
        var sum = Vector.Sum(a);
        for (; k < depth; k++) sum += vector[k] * row[k];
        return sum;
    }

    private void WeightedSum(int first, int end)
    {
        int width = Vector<float>.Count, j = first;
        var sums = stackalloc float[VectorsAtOnce * width];
        var step = _call.TransA ? _call.Lda : 1;
        for (; j + VectorsAtOnce * width <= end; j += VectorsAtOnce * width)
        {
            EightColumns(_call.B + j, _call.Ldb, _call.A, step, _call.K, sums);
            for (var x = 0; x < VectorsAtOnce * width; x++) Finish(0, j + x, sums[x]);
        }
        for (; j + VectorsAtOnce / 2 * width <= end; j += VectorsAtOnce / 2 * width)
        {
            FourColumns(_call.B + j, _call.Ldb, _call.A, step, _call.K, sums);
            for (var x = 0; x < VectorsAtOnce / 2 * width; x++) Finish(0, j + x, sums[x]);
        }
        for (; j + width <= end; j += width)
        {
            var sum = Vector<float>.Zero;
            for (var k = 0; k < _call.K; k++)
                sum = Vector.MultiplyAddEstimate(new Vector<float>(_call.A[k * step]), Vector.Load(_call.B + k * _call.Ldb + j), sum);
            for (var x = 0; x < width; x++) Finish(0, j + x, sum[x]);
        }
        for (; j < end; j++)
        {
            float sum = 0;
            for (var k = 0; k < _call.K; k++) sum += _call.A[k * step] * _call.B[k * _call.Ldb + j];
            Finish(0, j, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightColumns(float* b, nint ldb, float* a, nint step, int depth, float* sums)
    {
        var width = Vector<float>.Count;
        Vector<float> c0 = Vector<float>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        for (var k = 0; k < depth; k++, a += step, b += ldb)
        {
            var x = new Vector<float>(*a);
            c0 = Vector.MultiplyAddEstimate(x, Vector.Load(b), c0);
            c1 = Vector.MultiplyAddEstimate(x, Vector.Load(b + width), c1);
            c2 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 2 * width), c2);
            c3 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 3 * width), c3);
            c4 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 4 * width), c4);
            c5 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 5 * width), c5);
            c6 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 6 * width), c6);
            c7 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 7 * width), c7);
        }
        c0.Store(sums);
        c1.Store(sums + width);
        c2.Store(sums + 2 * width);
        c3.Store(sums + 3 * width);
        c4.Store(sums + 4 * width);
        c5.Store(sums + 5 * width);
        c6.Store(sums + 6 * width);
        c7.Store(sums + 7 * width);
    }

    // Two steps at a time: a step waits for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourColumns(float* b, nint ldb, float* a, nint step, int depth, float* sums)
    {
        var width = Vector<float>.Count;
        Vector<float> c0 = Vector<float>.Zero, c1 = c0, c2 = c0, c3 = c0, d0 = c0, d1 = c0, d2 = c0, d3 = c0;
        var k = 0;
        for (; k + 2 <= depth; k += 2, a += 2 * step, b += 2 * ldb)
        {
            Vector<float> x = new(*a), y = new(a[step]);
            var next = b + ldb;
            c0 = Vector.MultiplyAddEstimate(x, Vector.Load(b), c0);
            c1 = Vector.MultiplyAddEstimate(x, Vector.Load(b + width), c1);
            c2 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 2 * width), c2);
            c3 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 3 * width), c3);
            d0 = Vector.MultiplyAddEstimate(y, Vector.Load(next), d0);
            d1 = Vector.MultiplyAddEstimate(y, Vector.Load(next + width), d1);
            d2 = Vector.MultiplyAddEstimate(y, Vector.Load(next + 2 * width), d2);
            d3 = Vector.MultiplyAddEstimate(y, Vector.Load(next + 3 * width), d3);
        }
        if (k < depth)
        {
            Vector<float> x = new(*a);
            c0 = Vector.MultiplyAddEstimate(x, Vector.Load(b), c0);
            c1 = Vector.MultiplyAddEstimate(x, Vector.Load(b + width), c1);
            c2 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 2 * width), c2);
            c3 = Vector.MultiplyAddEstimate(x, Vector.Load(b + 3 * width), c3);
        }
        (c0 + d0).Store(sums);
        (c1 + d1).Store(sums + width);
        (c2 + d2).Store(sums + 2 * width);
        (c3 + d3).Store(sums + 3 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Outer(int first, int end)
    {
        var b = _call.B;
        var (width, isPlain) = (Vector<float>.Count, _call.Bias == null && !_call.Relu);
        for (var i = first; i < end; i++)
        {
            var (a, j) = (_call.A[_call.TransA ? i : i * _call.Lda], 0);
            float* c = _call.C + i * _call.Ldc, mask = _call.Mask + i * _call.Ldmask;
            for (; isPlain && j + width <= _call.N; j += width)
            {
                var value = Vector.Load(b + j) * a;
                if (_call.Accumulate) value += Vector.Load(c + j);
                var zero = Vector<float>.Zero;
                if (_call.Mask != null)
                    value = Vector.ConditionalSelect(Vector.GreaterThan(Vector.Load(mask + j), zero), value, zero);
                value.Store(c + j);
            }
            for (; j < _call.N; j++) Finish(i, j, a * b[j]);
        }
    }

    private void SumRow()
    {
        var sum = _call.Accumulate ? _call.RowSums[0] : 0;
        for (var k = 0; k < _call.K; k++) sum += _call.A[_call.TransA ? k * _call.Lda : k];
        _call.RowSums[0] = sum;
    }

    private void Finish(int i, int j, float sum)
    {
        var c = _call.C + i * _call.Ldc + j;
        if (_call.Accumulate) sum += *c;
        if (_call.Bias != null) sum += _call.Bias[j];
        if (_call.Relu) sum = MathF.Max(sum, 0);
        if (_call.Mask != null && !(_call.Mask[i * _call.Ldmask + j] > 0)) sum = 0;
        *c = sum;
    }
}
