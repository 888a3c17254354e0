using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>Packs panels whose source runs along the depth, 16 x 16 elements at a time in registers.</summary>
internal static unsafe class Avx512Transpose
{
    public static void Transpose(float* from, nint stride, int rows, int depth, float* to, int width)
    {
        // Blocks of 16 rows, side by side in the panel; in a block of fewer than 16 the next step overwrites the excess.
        for (int i = 0; i < width; i += 16)
            Strip(from + i * stride, stride, Math.Clamp(rows - i, 0, 16), depth, to + i, width, Math.Min(16, width - i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip(float* from, nint stride, int rows, int depth, float* to, int width, int columns)
    {
        float* zero = stackalloc float[16];
        Vector512<float>.Zero.Store(zero);
        // Missing rows are read from a row of zeros that never moves on.
        float** row = stackalloc float*[16];
        nint* step = stackalloc nint[16];
        for (int i = 0; i < 16; i++)
        {
            row[i] = i < rows ? from + i * stride : zero;
            step[i] = i < rows ? 1 : 0;
        }
        int k = 0;
        for (; k + 16 <= depth; k += 16) Block(row, step, k, to + (nint)k * width, width);
        for (; k < depth; k++)
            for (int i = 0; i < columns; i++)
                to[(nint)k * width + i] = row[i][k * step[i]];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(float** row, nint* step, nint k, float* to, nint width)
    {
        // Pairs of rows interleaved by element, then by two elements: each 128-bit lane is a transposed 4 x 4 block.
        Vector512<float> r0 = Vector512.Load(row[0] + k * step[0]), r1 = Vector512.Load(row[1] + k * step[1]);
        Vector512<float> r2 = Vector512.Load(row[2] + k * step[2]), r3 = Vector512.Load(row[3] + k * step[3]);
        Lanes(ref r0, ref r1, ref r2, ref r3);
        Vector512<float> r4 = Vector512.Load(row[4] + k * step[4]), r5 = Vector512.Load(row[5] + k * step[5]);
        Vector512<float> r6 = Vector512.Load(row[6] + k * step[6]), r7 = Vector512.Load(row[7] + k * step[7]);
        Lanes(ref r4, ref r5, ref r6, ref r7);
        Vector512<float> r8 = Vector512.Load(row[8] + k * step[8]), r9 = Vector512.Load(row[9] + k * step[9]);
        Vector512<float> rA = Vector512.Load(row[10] + k * step[10]), rB = Vector512.Load(row[11] + k * step[11]);
        Lanes(ref r8, ref r9, ref rA, ref rB);
        Vector512<float> rC = Vector512.Load(row[12] + k * step[12]), rD = Vector512.Load(row[13] + k * step[13]);
        Vector512<float> rE = Vector512.Load(row[14] + k * step[14]), rF = Vector512.Load(row[15] + k * step[15]);
        Lanes(ref rC, ref rD, ref rE, ref rF);
        // Now lane L of r(4q + s) holds step 4L + s of rows 4q to 4q + 3: transpose the 4 x 4 lanes of each s.
        Columns(ref r0, ref r4, ref r8, ref rC);
        Columns(ref r1, ref r5, ref r9, ref rD);
        Columns(ref r2, ref r6, ref rA, ref rE);
        Columns(ref r3, ref r7, ref rB, ref rF);
        // In this order, so that a store's excess beyond a narrow panel is overwritten by the next.
        r0.Store(to); to += width;
        r1.Store(to); to += width;
        r2.Store(to); to += width;
        r3.Store(to); to += width;
        r4.Store(to); to += width;
        r5.Store(to); to += width;
        r6.Store(to); to += width;
        r7.Store(to); to += width;
        r8.Store(to); to += width;
        r9.Store(to); to += width;
        rA.Store(to); to += width;
        rB.Store(to); to += width;
        rC.Store(to); to += width;
        rD.Store(to); to += width;
        rE.Store(to); to += width;
        rF.Store(to);
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
