using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Transposes blocks of 16 x 16 elements in registers.</summary>
internal static unsafe class Avx512Transpose
{
    private const int Side = 16;

    /// <summary>to[j * width + i] = from[i * stride + j] for i below rows, j below columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width)
    {
        int wholeRows = rows & -Side, wholeColumns = columns & -Side;
        for (var i = 0; i < wholeRows; i += Side)
            for (var j = 0; j < wholeColumns; j += Side)
            {
                for (var r = Side; r < 2 * Side; r++) Sse.Prefetch0(from + (i + r) * stride + j); // the next 16 rows
                Block(from + i * stride + j, stride, to + j * width + i, width);
            }
        for (var j = wholeColumns; j < columns; j++)
            for (var i = 0; i < wholeRows; i++)
                to[j * width + i] = from[i * stride + j];
        if (wholeRows < rows)
            PortableTranspose.Transpose(from + wholeRows * stride, stride, rows - wholeRows, columns, to + wholeRows, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float* from, nint stride, float* to, nint width)
    {
        nint stride2 = 2 * stride, stride3 = 3 * stride, stride4 = 4 * stride;
        // Rows interleaved by element, then by two: each 128-bit lane becomes a transposed 4 x 4 block.
        Vector512<float> r0 = Vector512.Load(from), r1 = Vector512.Load(from + stride);
        Vector512<float> r2 = Vector512.Load(from + stride2), r3 = Vector512.Load(from + stride3);
        Lanes(ref r0, ref r1, ref r2, ref r3);
        from += stride4;
        Vector512<float> r4 = Vector512.Load(from), r5 = Vector512.Load(from + stride);
        Vector512<float> r6 = Vector512.Load(from + stride2), r7 = Vector512.Load(from + stride3);
        Lanes(ref r4, ref r5, ref r6, ref r7);
        from += stride4;
        Vector512<float> r8 = Vector512.Load(from), r9 = Vector512.Load(from + stride);
        Vector512<float> rA = Vector512.Load(from + stride2), rB = Vector512.Load(from + stride3);
        Lanes(ref r8, ref r9, ref rA, ref rB);
        from += stride4;
        Vector512<float> rC = Vector512.Load(from), rD = Vector512.Load(from + stride);
        Vector512<float> rE = Vector512.Load(from + stride2), rF = Vector512.Load(from + stride3);
        Lanes(ref rC, ref rD, ref rE, ref rF);
        // Now lane L of r(4q + s) holds column 4L + s of rows 4q to 4q + 3: transpose the 4 x 4 lanes of each s.
        Columns(ref r0, ref r4, ref r8, ref rC);
        Columns(ref r1, ref r5, ref r9, ref rD);
        Columns(ref r2, ref r6, ref rA, ref rE);
        Columns(ref r3, ref r7, ref rB, ref rF);
        nint width2 = 2 * width, width3 = 3 * width, width4 = 4 * width;
        Store(r0, r1, r2, r3, to, width, width2, width3);
        to += width4;
        Store(r4, r5, r6, r7, to, width, width2, width3);
        to += width4;
        Store(r8, r9, rA, rB, to, width, width2, width3);
        to += width4;
        Store(rC, rD, rE, rF, to, width, width2, width3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to, nint width,
        nint width2, nint width3)
    {
        a.Store(to);
        b.Store(to + width);
        c.Store(to + width2);
        d.Store(to + width3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Lanes(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<double> ab = Avx512F.UnpackLow(a, b).AsDouble(), abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
        Vector512<double> cd = Avx512F.UnpackLow(c, d).AsDouble(), cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
        a = Avx512F.UnpackLow(ab, cd).AsSingle();
        b = Avx512F.UnpackHigh(ab, cd).AsSingle();
        c = Avx512F.UnpackLow(abHigh, cdHigh).AsSingle();
        d = Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<float> abEven = Avx512F.Shuffle4x128(a, b, 0x88), abOdd = Avx512F.Shuffle4x128(a, b, 0xDD);
        Vector512<float> cdEven = Avx512F.Shuffle4x128(c, d, 0x88), cdOdd = Avx512F.Shuffle4x128(c, d, 0xDD);
        a = Avx512F.Shuffle4x128(abEven, cdEven, 0x88);
        b = Avx512F.Shuffle4x128(abOdd, cdOdd, 0x88);
        c = Avx512F.Shuffle4x128(abEven, cdEven, 0xDD);
        d = Avx512F.Shuffle4x128(abOdd, cdOdd, 0xDD);
    }
}
