using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>
/// Products of matrices small enough for the first-level cache, such as one row's embeddings times their transpose, on the caller's own
/// thread. Four rows by two vectors of the result stay in registers through the whole depth, or eight rows by one vector of 512 bits
/// where the processor has these: each number is summed in the order of the depth either way, to the same bits.
/// </summary>
internal static unsafe class SmallMatrix
{
    /// <summary>The least multiple of the vector that holds <paramref name="length"/> numbers.</summary>
    public static int Padded<T>(int length)
        where T : unmanaged => (length + Vector<T>.Count - 1) / Vector<T>.Count * Vector<T>.Count;

    /// <summary>
    /// C (+)= A·B with C [m, n] and B [k, n], n a multiple of the vector; element (i, k) of A lies at <c>a[i · rowStride + k ·
    /// depthStride]</c>, so a transpose is a matter of strides.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<T>(
        T* c, nint ldc, T* a, nint rowStride, nint depthStride, T* b, nint ldb, int m, int n, int k, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        if (typeof(T) == typeof(float) && Vector512.IsHardwareAccelerated && n % Vector512<float>.Count == 0)
            for (; i <= m - 8; i += 8)
                for (var j = 0; j < n; j += Vector512<float>.Count)
                    EightRows((float*)c + (i * ldc) + j, ldc, (float*)a + (i * rowStride), rowStride, depthStride, (float*)b + j, ldb, k,
                        accumulate);
        for (; i <= m - 4; i += 4)
            FourRows(c + (i * ldc), ldc, a + (i * rowStride), rowStride, depthStride, b, ldb, n, k, accumulate);
        if (i < m && m >= 4 && !accumulate)
        {
            // Some rows once more, rather than the last ones one by one.
            i = m - 4;
            FourRows(c + (i * ldc), ldc, a + (i * rowStride), rowStride, depthStride, b, ldb, n, k, accumulate);
            return;
        }

        for (; i < m; i++)
            OneRow(c + (i * ldc), a + (i * rowStride), depthStride, b, ldb, n, k, accumulate);
    }

    // [8, 16]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightRows(
        float* c, nint ldc, float* a, nint rowStride, nint depthStride, float* b, nint ldb, int k, bool accumulate)
    {
        Vector512<float> c0 = Vector512<float>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        float* a0 = a, a3 = a0 + (3 * rowStride), a6 = a3 + (3 * rowStride);
        for (var depth = 0; depth < k; depth++, b += ldb, a0 += depthStride, a3 += depthStride, a6 += depthStride)
        {
            var row = Vector512.Load(b);
            c0 = Add(*a0, row, c0);
            c1 = Add(a0[rowStride], row, c1);
            c2 = Add(a0[2 * rowStride], row, c2);
            c3 = Add(*a3, row, c3);
            c4 = Add(a3[rowStride], row, c4);
            c5 = Add(a3[2 * rowStride], row, c5);
            c6 = Add(*a6, row, c6);
            c7 = Add(a6[rowStride], row, c7);
        }

        Put(c, c0, accumulate);
        Put(c + ldc, c1, accumulate);
        Put(c + (2 * ldc), c2, accumulate);
        Put(c + (3 * ldc), c3, accumulate);
        Put(c + (4 * ldc), c4, accumulate);
        Put(c + (5 * ldc), c5, accumulate);
        Put(c + (6 * ldc), c6, accumulate);
        Put(c + (7 * ldc), c7, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(float factor, Vector512<float> row, Vector512<float> sum) =>
        Vector512.MultiplyAddEstimate(Vector512.Create(factor), row, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* target, Vector512<float> value, bool accumulate) =>
        Vector512.Store(accumulate ? Vector512.Load(target) + value : value, target);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<T>(
        T* c, nint ldc, T* a, nint rowStride, nint depthStride, T* b, nint ldb, int n, int k, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        var width = Vector<T>.Count;
        var j = 0;
        for (; j <= n - (2 * width); j += 2 * width)
        {
            Vector<T> c00 = Vector<T>.Zero, c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
            T* a0 = a, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride, p = b + j;
            for (var depth = 0; depth < k; depth++, p += ldb)
            {
                Vector<T> b0 = Vector.Load(p), b1 = Vector.Load(p + width);
                Vector<T> x0 = new(*a0), x1 = new(*a1), x2 = new(*a2), x3 = new(*a3);
                c00 = VectorMath.MultiplyAdd(x0, b0, c00);
                c01 = VectorMath.MultiplyAdd(x0, b1, c01);
                c10 = VectorMath.MultiplyAdd(x1, b0, c10);
                c11 = VectorMath.MultiplyAdd(x1, b1, c11);
                c20 = VectorMath.MultiplyAdd(x2, b0, c20);
                c21 = VectorMath.MultiplyAdd(x2, b1, c21);
                c30 = VectorMath.MultiplyAdd(x3, b0, c30);
                c31 = VectorMath.MultiplyAdd(x3, b1, c31);
                a0 += depthStride;
                a1 += depthStride;
                a2 += depthStride;
                a3 += depthStride;
            }

            var q = c + j;
            Put(q, c00, c01, accumulate);
            Put(q + ldc, c10, c11, accumulate);
            Put(q + (2 * ldc), c20, c21, accumulate);
            Put(q + (3 * ldc), c30, c31, accumulate);
        }

        if (j < n)
        {
            Vector<T> c0 = Vector<T>.Zero, c1 = c0, c2 = c0, c3 = c0;
            T* a0 = a, a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride, p = b + j;
            for (var depth = 0; depth < k; depth++, p += ldb)
            {
                var b0 = Vector.Load(p);
                c0 = VectorMath.MultiplyAdd(new Vector<T>(*a0), b0, c0);
                c1 = VectorMath.MultiplyAdd(new Vector<T>(*a1), b0, c1);
                c2 = VectorMath.MultiplyAdd(new Vector<T>(*a2), b0, c2);
                c3 = VectorMath.MultiplyAdd(new Vector<T>(*a3), b0, c3);
                a0 += depthStride;
                a1 += depthStride;
                a2 += depthStride;
                a3 += depthStride;
            }

            var q = c + j;
            Put(q, c0, accumulate);
            Put(q + ldc, c1, accumulate);
            Put(q + (2 * ldc), c2, accumulate);
            Put(q + (3 * ldc), c3, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow<T>(T* c, T* a, nint depthStride, T* b, nint ldb, int n, int k, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        var (j, width) = (0, Vector<T>.Count);
        for (; j <= n - (4 * width); j += 4 * width)
        {
            Vector<T> c0 = Vector<T>.Zero, c1 = c0, c2 = c0, c3 = c0;
            T* x = a, p = b + j;
            for (var depth = 0; depth < k; depth++, x += depthStride, p += ldb)
            {
                var factor = new Vector<T>(*x);
                c0 = VectorMath.MultiplyAdd(factor, Vector.Load(p), c0);
                c1 = VectorMath.MultiplyAdd(factor, Vector.Load(p + width), c1);
                c2 = VectorMath.MultiplyAdd(factor, Vector.Load(p + (2 * width)), c2);
                c3 = VectorMath.MultiplyAdd(factor, Vector.Load(p + (3 * width)), c3);
            }

            Put(c + j, c0, c1, accumulate);
            Put(c + j + (2 * width), c2, c3, accumulate);
        }

        for (; j < n; j += width)
        {
            var sum = Vector<T>.Zero;
            T* x = a, p = b + j;
            for (var depth = 0; depth < k; depth++, x += depthStride, p += ldb)
                sum = VectorMath.MultiplyAdd(new Vector<T>(*x), Vector.Load(p), sum);
            Put(c + j, sum, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<T>(T* target, Vector<T> first, Vector<T> second, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        Put(target, first, accumulate);
        Put(target + Vector<T>.Count, second, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<T>(T* target, Vector<T> value, bool accumulate)
        where T : unmanaged, INumberBase<T> => Vector.Store(accumulate ? Vector.Load(target) + value : value, target);
}
