using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector512;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Tiles of 14 x 32: 28 accumulators, two vectors of B and one element of A fill the 32 registers. Each step does 28
/// multiply-adds for 16 loads, and nothing is spilled (check the JIT's listing after a change).
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

    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        Avx512Transpose.Transpose(from, stride, rows, columns, to, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply14x32(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3, a6 = a3 + row3, a9 = a6 + row3, a12 = a9 + row3;
        Vector512<float> x, zero = Vector512<float>.Zero;
        Vector512<float> c0a = zero, c1a = zero, c2a = zero, c3a = zero, c4a = zero, c5a = zero, c6a = zero;
        Vector512<float> c7a = zero, c8a = zero, c9a = zero, cAa = zero, cBa = zero, cCa = zero, cDa = zero;
        Vector512<float> c0b = zero, c1b = zero, c2b = zero, c3b = zero, c4b = zero, c5b = zero, c6b = zero;
        Vector512<float> c7b = zero, c8b = zero, c9b = zero, cAb = zero, cBb = zero, cCb = zero, cDb = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector512<float> b0 = Load(b), b1 = Load(b + 16);
            x = Create(*(float*)a0); c0a = FusedMultiplyAdd(x, b0, c0a); c0b = FusedMultiplyAdd(x, b1, c0b);
            x = Create(*(float*)(a0 + row)); c1a = FusedMultiplyAdd(x, b0, c1a); c1b = FusedMultiplyAdd(x, b1, c1b);
            x = Create(*(float*)(a0 + row2)); c2a = FusedMultiplyAdd(x, b0, c2a); c2b = FusedMultiplyAdd(x, b1, c2b);
            x = Create(*(float*)a3); c3a = FusedMultiplyAdd(x, b0, c3a); c3b = FusedMultiplyAdd(x, b1, c3b);
            x = Create(*(float*)(a3 + row)); c4a = FusedMultiplyAdd(x, b0, c4a); c4b = FusedMultiplyAdd(x, b1, c4b);
            x = Create(*(float*)(a3 + row2)); c5a = FusedMultiplyAdd(x, b0, c5a); c5b = FusedMultiplyAdd(x, b1, c5b);
            x = Create(*(float*)a6); c6a = FusedMultiplyAdd(x, b0, c6a); c6b = FusedMultiplyAdd(x, b1, c6b);
            x = Create(*(float*)(a6 + row)); c7a = FusedMultiplyAdd(x, b0, c7a); c7b = FusedMultiplyAdd(x, b1, c7b);
            x = Create(*(float*)(a6 + row2)); c8a = FusedMultiplyAdd(x, b0, c8a); c8b = FusedMultiplyAdd(x, b1, c8b);
            x = Create(*(float*)a9); c9a = FusedMultiplyAdd(x, b0, c9a); c9b = FusedMultiplyAdd(x, b1, c9b);
            x = Create(*(float*)(a9 + row)); cAa = FusedMultiplyAdd(x, b0, cAa); cAb = FusedMultiplyAdd(x, b1, cAb);
            x = Create(*(float*)(a9 + row2)); cBa = FusedMultiplyAdd(x, b0, cBa); cBb = FusedMultiplyAdd(x, b1, cBb);
            x = Create(*(float*)a12); cCa = FusedMultiplyAdd(x, b0, cCa); cCb = FusedMultiplyAdd(x, b1, cCb);
            x = Create(*(float*)(a12 + row)); cDa = FusedMultiplyAdd(x, b0, cDa); cDb = FusedMultiplyAdd(x, b1, cDb);
            a0 += stepA;
            a3 += stepA;
            a6 += stepA;
            a9 += stepA;
            a12 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, mask, c); Finish(c0b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1a, floor, addend, mask, c); Finish(c1b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2a, floor, addend, mask, c); Finish(c2b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c3a, floor, addend, mask, c); Finish(c3b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c4a, floor, addend, mask, c); Finish(c4b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c5a, floor, addend, mask, c); Finish(c5b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c6a, floor, addend, mask, c); Finish(c6b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c7a, floor, addend, mask, c); Finish(c7b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c8a, floor, addend, mask, c); Finish(c8b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c9a, floor, addend, mask, c); Finish(c9b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cAa, floor, addend, mask, c); Finish(cAb, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cBa, floor, addend, mask, c); Finish(cBb, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cCa, floor, addend, mask, c); Finish(cCb, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cDa, floor, addend, mask, c); Finish(cDb, floor, addend + 16, mask + 16, c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply14x16(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3, a6 = a3 + row3, a9 = a6 + row3, a12 = a9 + row3;
        Vector512<float> x, zero = Vector512<float>.Zero;
        Vector512<float> c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero;
        Vector512<float> c7 = zero, c8 = zero, c9 = zero, cA = zero, cB = zero, cC = zero, cD = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector512<float> b0 = Load(b);
            x = Create(*(float*)a0); c0 = FusedMultiplyAdd(x, b0, c0);
            x = Create(*(float*)(a0 + row)); c1 = FusedMultiplyAdd(x, b0, c1);
            x = Create(*(float*)(a0 + row2)); c2 = FusedMultiplyAdd(x, b0, c2);
            x = Create(*(float*)a3); c3 = FusedMultiplyAdd(x, b0, c3);
            x = Create(*(float*)(a3 + row)); c4 = FusedMultiplyAdd(x, b0, c4);
            x = Create(*(float*)(a3 + row2)); c5 = FusedMultiplyAdd(x, b0, c5);
            x = Create(*(float*)a6); c6 = FusedMultiplyAdd(x, b0, c6);
            x = Create(*(float*)(a6 + row)); c7 = FusedMultiplyAdd(x, b0, c7);
            x = Create(*(float*)(a6 + row2)); c8 = FusedMultiplyAdd(x, b0, c8);
            x = Create(*(float*)a9); c9 = FusedMultiplyAdd(x, b0, c9);
            x = Create(*(float*)(a9 + row)); cA = FusedMultiplyAdd(x, b0, cA);
            x = Create(*(float*)(a9 + row2)); cB = FusedMultiplyAdd(x, b0, cB);
            x = Create(*(float*)a12); cC = FusedMultiplyAdd(x, b0, cC);
            x = Create(*(float*)(a12 + row)); cD = FusedMultiplyAdd(x, b0, cD);
            a0 += stepA;
            a3 += stepA;
            a6 += stepA;
            a9 += stepA;
            a12 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c3, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c4, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c5, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c6, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c7, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c8, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c9, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cA, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cB, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cC, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(cD, floor, addend, mask, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8x32(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3, a6 = a3 + row3;
        Vector512<float> x, zero = Vector512<float>.Zero;
        Vector512<float> c0a = zero, c1a = zero, c2a = zero, c3a = zero, c4a = zero, c5a = zero, c6a = zero;
        Vector512<float> c7a = zero, c0b = zero, c1b = zero, c2b = zero, c3b = zero, c4b = zero, c5b = zero;
        Vector512<float> c6b = zero, c7b = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector512<float> b0 = Load(b), b1 = Load(b + 16);
            x = Create(*(float*)a0); c0a = FusedMultiplyAdd(x, b0, c0a); c0b = FusedMultiplyAdd(x, b1, c0b);
            x = Create(*(float*)(a0 + row)); c1a = FusedMultiplyAdd(x, b0, c1a); c1b = FusedMultiplyAdd(x, b1, c1b);
            x = Create(*(float*)(a0 + row2)); c2a = FusedMultiplyAdd(x, b0, c2a); c2b = FusedMultiplyAdd(x, b1, c2b);
            x = Create(*(float*)a3); c3a = FusedMultiplyAdd(x, b0, c3a); c3b = FusedMultiplyAdd(x, b1, c3b);
            x = Create(*(float*)(a3 + row)); c4a = FusedMultiplyAdd(x, b0, c4a); c4b = FusedMultiplyAdd(x, b1, c4b);
            x = Create(*(float*)(a3 + row2)); c5a = FusedMultiplyAdd(x, b0, c5a); c5b = FusedMultiplyAdd(x, b1, c5b);
            x = Create(*(float*)a6); c6a = FusedMultiplyAdd(x, b0, c6a); c6b = FusedMultiplyAdd(x, b1, c6b);
            x = Create(*(float*)(a6 + row)); c7a = FusedMultiplyAdd(x, b0, c7a); c7b = FusedMultiplyAdd(x, b1, c7b);
            a0 += stepA;
            a3 += stepA;
            a6 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, mask, c); Finish(c0b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1a, floor, addend, mask, c); Finish(c1b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2a, floor, addend, mask, c); Finish(c2b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c3a, floor, addend, mask, c); Finish(c3b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c4a, floor, addend, mask, c); Finish(c4b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c5a, floor, addend, mask, c); Finish(c5b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c6a, floor, addend, mask, c); Finish(c6b, floor, addend + 16, mask + 16, c + 16);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c7a, floor, addend, mask, c); Finish(c7b, floor, addend + 16, mask + 16, c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8x16(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3, a6 = a3 + row3;
        Vector512<float> x, zero = Vector512<float>.Zero;
        Vector512<float> c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero;
        Vector512<float> c7 = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector512<float> b0 = Load(b);
            x = Create(*(float*)a0); c0 = FusedMultiplyAdd(x, b0, c0);
            x = Create(*(float*)(a0 + row)); c1 = FusedMultiplyAdd(x, b0, c1);
            x = Create(*(float*)(a0 + row2)); c2 = FusedMultiplyAdd(x, b0, c2);
            x = Create(*(float*)a3); c3 = FusedMultiplyAdd(x, b0, c3);
            x = Create(*(float*)(a3 + row)); c4 = FusedMultiplyAdd(x, b0, c4);
            x = Create(*(float*)(a3 + row2)); c5 = FusedMultiplyAdd(x, b0, c5);
            x = Create(*(float*)a6); c6 = FusedMultiplyAdd(x, b0, c6);
            x = Create(*(float*)(a6 + row)); c7 = FusedMultiplyAdd(x, b0, c7);
            a0 += stepA;
            a3 += stepA;
            a6 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector512<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c3, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c4, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c5, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c6, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c7, floor, addend, mask, c);
    }

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector512<float> sum, Vector512<float> floor, float* addend, float* mask, float* c) =>
        ConditionalSelect(GreaterThan(Load(mask), Vector512<float>.Zero), MaxNative(floor, sum + Load(addend)), Vector512<float>.Zero).Store(c);
}
