using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>
/// Tiles of 14 x 32: 28 accumulators, two vectors of B and one element of A fill the 32 registers. Each step does 28
/// multiply-adds for 16 loads; the inner loops touch no memory but the two panels (check the JIT's listing after a change).
/// </summary>
internal readonly unsafe struct Avx512Kernel : IGemmKernel
{
    public static int Rows => 14;

    public static int ShortRows => 8;

    public static int Columns => 32;

    public static void Multiply(in GemmTile tile, bool @short, bool narrow)
    {
        if (@short)
        {
            if (narrow) Multiply8x16(tile);
            else Multiply8x32(tile);
        }
        else if (narrow)
        {
            Multiply14x16(tile);
        }
        else
        {
            Multiply14x32(tile);
        }
    }

    public static void Transpose(float* from, nint stride, int rows, int depth, float* to, int width) =>
        Avx512Transpose.Transpose(from, stride, rows, depth, to, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply14x32(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector512<float> x;
        Vector512<float> c0a = Vector512<float>.Zero, c1a = Vector512<float>.Zero, c2a = Vector512<float>.Zero, c3a = Vector512<float>.Zero, c4a = Vector512<float>.Zero, c5a = Vector512<float>.Zero, c6a = Vector512<float>.Zero, c7a = Vector512<float>.Zero, c8a = Vector512<float>.Zero, c9a = Vector512<float>.Zero, cAa = Vector512<float>.Zero, cBa = Vector512<float>.Zero, cCa = Vector512<float>.Zero, cDa = Vector512<float>.Zero;
        Vector512<float> c0b = Vector512<float>.Zero, c1b = Vector512<float>.Zero, c2b = Vector512<float>.Zero, c3b = Vector512<float>.Zero, c4b = Vector512<float>.Zero, c5b = Vector512<float>.Zero, c6b = Vector512<float>.Zero, c7b = Vector512<float>.Zero, c8b = Vector512<float>.Zero, c9b = Vector512<float>.Zero, cAb = Vector512<float>.Zero, cBb = Vector512<float>.Zero, cCb = Vector512<float>.Zero, cDb = Vector512<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector512<float> b0 = Load(b), b1 = Load(b + 16);
            x = Create(a[0]); c0a = FusedMultiplyAdd(x, b0, c0a); c0b = FusedMultiplyAdd(x, b1, c0b);
            x = Create(a[1]); c1a = FusedMultiplyAdd(x, b0, c1a); c1b = FusedMultiplyAdd(x, b1, c1b);
            x = Create(a[2]); c2a = FusedMultiplyAdd(x, b0, c2a); c2b = FusedMultiplyAdd(x, b1, c2b);
            x = Create(a[3]); c3a = FusedMultiplyAdd(x, b0, c3a); c3b = FusedMultiplyAdd(x, b1, c3b);
            x = Create(a[4]); c4a = FusedMultiplyAdd(x, b0, c4a); c4b = FusedMultiplyAdd(x, b1, c4b);
            x = Create(a[5]); c5a = FusedMultiplyAdd(x, b0, c5a); c5b = FusedMultiplyAdd(x, b1, c5b);
            x = Create(a[6]); c6a = FusedMultiplyAdd(x, b0, c6a); c6b = FusedMultiplyAdd(x, b1, c6b);
            x = Create(a[7]); c7a = FusedMultiplyAdd(x, b0, c7a); c7b = FusedMultiplyAdd(x, b1, c7b);
            x = Create(a[8]); c8a = FusedMultiplyAdd(x, b0, c8a); c8b = FusedMultiplyAdd(x, b1, c8b);
            x = Create(a[9]); c9a = FusedMultiplyAdd(x, b0, c9a); c9b = FusedMultiplyAdd(x, b1, c9b);
            x = Create(a[10]); cAa = FusedMultiplyAdd(x, b0, cAa); cAb = FusedMultiplyAdd(x, b1, cAb);
            x = Create(a[11]); cBa = FusedMultiplyAdd(x, b0, cBa); cBb = FusedMultiplyAdd(x, b1, cBb);
            x = Create(a[12]); cCa = FusedMultiplyAdd(x, b0, cCa); cCb = FusedMultiplyAdd(x, b1, cCb);
            x = Create(a[13]); cDa = FusedMultiplyAdd(x, b0, cDa); cDb = FusedMultiplyAdd(x, b1, cDb);
            a += 14;
            b += 32;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, c); Finish(c0b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c1a, floor, addend, c); Finish(c1b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c2a, floor, addend, c); Finish(c2b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c3a, floor, addend, c); Finish(c3b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c4a, floor, addend, c); Finish(c4b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c5a, floor, addend, c); Finish(c5b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c6a, floor, addend, c); Finish(c6b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c7a, floor, addend, c); Finish(c7b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c8a, floor, addend, c); Finish(c8b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c9a, floor, addend, c); Finish(c9b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(cAa, floor, addend, c); Finish(cAb, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(cBa, floor, addend, c); Finish(cBb, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(cCa, floor, addend, c); Finish(cCb, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(cDa, floor, addend, c); Finish(cDb, floor, addend + 16, c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply14x16(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector512<float> x;
        Vector512<float> c0 = Vector512<float>.Zero, c1 = Vector512<float>.Zero, c2 = Vector512<float>.Zero, c3 = Vector512<float>.Zero, c4 = Vector512<float>.Zero, c5 = Vector512<float>.Zero, c6 = Vector512<float>.Zero, c7 = Vector512<float>.Zero, c8 = Vector512<float>.Zero, c9 = Vector512<float>.Zero, cA = Vector512<float>.Zero, cB = Vector512<float>.Zero, cC = Vector512<float>.Zero, cD = Vector512<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector512<float> b0 = Load(b);
            x = Create(a[0]); c0 = FusedMultiplyAdd(x, b0, c0);
            x = Create(a[1]); c1 = FusedMultiplyAdd(x, b0, c1);
            x = Create(a[2]); c2 = FusedMultiplyAdd(x, b0, c2);
            x = Create(a[3]); c3 = FusedMultiplyAdd(x, b0, c3);
            x = Create(a[4]); c4 = FusedMultiplyAdd(x, b0, c4);
            x = Create(a[5]); c5 = FusedMultiplyAdd(x, b0, c5);
            x = Create(a[6]); c6 = FusedMultiplyAdd(x, b0, c6);
            x = Create(a[7]); c7 = FusedMultiplyAdd(x, b0, c7);
            x = Create(a[8]); c8 = FusedMultiplyAdd(x, b0, c8);
            x = Create(a[9]); c9 = FusedMultiplyAdd(x, b0, c9);
            x = Create(a[10]); cA = FusedMultiplyAdd(x, b0, cA);
            x = Create(a[11]); cB = FusedMultiplyAdd(x, b0, cB);
            x = Create(a[12]); cC = FusedMultiplyAdd(x, b0, cC);
            x = Create(a[13]); cD = FusedMultiplyAdd(x, b0, cD);
            a += 14;
            b += 16;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, c); c += ldc; addend += lda;
        Finish(c1, floor, addend, c); c += ldc; addend += lda;
        Finish(c2, floor, addend, c); c += ldc; addend += lda;
        Finish(c3, floor, addend, c); c += ldc; addend += lda;
        Finish(c4, floor, addend, c); c += ldc; addend += lda;
        Finish(c5, floor, addend, c); c += ldc; addend += lda;
        Finish(c6, floor, addend, c); c += ldc; addend += lda;
        Finish(c7, floor, addend, c); c += ldc; addend += lda;
        Finish(c8, floor, addend, c); c += ldc; addend += lda;
        Finish(c9, floor, addend, c); c += ldc; addend += lda;
        Finish(cA, floor, addend, c); c += ldc; addend += lda;
        Finish(cB, floor, addend, c); c += ldc; addend += lda;
        Finish(cC, floor, addend, c); c += ldc; addend += lda;
        Finish(cD, floor, addend, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8x32(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector512<float> x;
        Vector512<float> c0a = Vector512<float>.Zero, c1a = Vector512<float>.Zero, c2a = Vector512<float>.Zero, c3a = Vector512<float>.Zero, c4a = Vector512<float>.Zero, c5a = Vector512<float>.Zero, c6a = Vector512<float>.Zero, c7a = Vector512<float>.Zero;
        Vector512<float> c0b = Vector512<float>.Zero, c1b = Vector512<float>.Zero, c2b = Vector512<float>.Zero, c3b = Vector512<float>.Zero, c4b = Vector512<float>.Zero, c5b = Vector512<float>.Zero, c6b = Vector512<float>.Zero, c7b = Vector512<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector512<float> b0 = Load(b), b1 = Load(b + 16);
            x = Create(a[0]); c0a = FusedMultiplyAdd(x, b0, c0a); c0b = FusedMultiplyAdd(x, b1, c0b);
            x = Create(a[1]); c1a = FusedMultiplyAdd(x, b0, c1a); c1b = FusedMultiplyAdd(x, b1, c1b);
            x = Create(a[2]); c2a = FusedMultiplyAdd(x, b0, c2a); c2b = FusedMultiplyAdd(x, b1, c2b);
            x = Create(a[3]); c3a = FusedMultiplyAdd(x, b0, c3a); c3b = FusedMultiplyAdd(x, b1, c3b);
            x = Create(a[4]); c4a = FusedMultiplyAdd(x, b0, c4a); c4b = FusedMultiplyAdd(x, b1, c4b);
            x = Create(a[5]); c5a = FusedMultiplyAdd(x, b0, c5a); c5b = FusedMultiplyAdd(x, b1, c5b);
            x = Create(a[6]); c6a = FusedMultiplyAdd(x, b0, c6a); c6b = FusedMultiplyAdd(x, b1, c6b);
            x = Create(a[7]); c7a = FusedMultiplyAdd(x, b0, c7a); c7b = FusedMultiplyAdd(x, b1, c7b);
            a += 8;
            b += 32;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, c); Finish(c0b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c1a, floor, addend, c); Finish(c1b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c2a, floor, addend, c); Finish(c2b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c3a, floor, addend, c); Finish(c3b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c4a, floor, addend, c); Finish(c4b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c5a, floor, addend, c); Finish(c5b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c6a, floor, addend, c); Finish(c6b, floor, addend + 16, c + 16); c += ldc; addend += lda;
        Finish(c7a, floor, addend, c); Finish(c7b, floor, addend + 16, c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8x16(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector512<float> x;
        Vector512<float> c0 = Vector512<float>.Zero, c1 = Vector512<float>.Zero, c2 = Vector512<float>.Zero, c3 = Vector512<float>.Zero, c4 = Vector512<float>.Zero, c5 = Vector512<float>.Zero, c6 = Vector512<float>.Zero, c7 = Vector512<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector512<float> b0 = Load(b);
            x = Create(a[0]); c0 = FusedMultiplyAdd(x, b0, c0);
            x = Create(a[1]); c1 = FusedMultiplyAdd(x, b0, c1);
            x = Create(a[2]); c2 = FusedMultiplyAdd(x, b0, c2);
            x = Create(a[3]); c3 = FusedMultiplyAdd(x, b0, c3);
            x = Create(a[4]); c4 = FusedMultiplyAdd(x, b0, c4);
            x = Create(a[5]); c5 = FusedMultiplyAdd(x, b0, c5);
            x = Create(a[6]); c6 = FusedMultiplyAdd(x, b0, c6);
            x = Create(a[7]); c7 = FusedMultiplyAdd(x, b0, c7);
            a += 8;
            b += 16;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, c); c += ldc; addend += lda;
        Finish(c1, floor, addend, c); c += ldc; addend += lda;
        Finish(c2, floor, addend, c); c += ldc; addend += lda;
        Finish(c3, floor, addend, c); c += ldc; addend += lda;
        Finish(c4, floor, addend, c); c += ldc; addend += lda;
        Finish(c5, floor, addend, c); c += ldc; addend += lda;
        Finish(c6, floor, addend, c); c += ldc; addend += lda;
        Finish(c7, floor, addend, c);
    }

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector512<float> sum, Vector512<float> floor, float* addend, float* c) =>
        MaxNative(floor, sum + Load(addend)).Store(c);
}
