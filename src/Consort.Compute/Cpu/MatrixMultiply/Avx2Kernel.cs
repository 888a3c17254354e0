using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Tiles of 6 x 16: 12 accumulators, two vectors of B and one element of A out of 16 registers. Each step does 12
/// multiply-adds for 8 loads.
/// </summary>
internal readonly unsafe struct Avx2Kernel : IGemmKernel
{
    public static int Rows => 6;

    public static int ShortRows => 3;

    public static int Columns => 16;

    public static void Multiply(in GemmTile tile, bool @short, bool narrow)
    {
        if (@short)
        {
            if (narrow) Multiply3x8(tile);
            else Multiply3x16(tile);
        }
        else if (narrow)
        {
            Multiply6x8(tile);
        }
        else
        {
            Multiply6x16(tile);
        }
    }

    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        PortableTranspose.Transpose(from, stride, rows, columns, to, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x16(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3;
        Vector256<float> x, zero = Vector256<float>.Zero;
        Vector256<float> c0a = zero, c1a = zero, c2a = zero, c3a = zero, c4a = zero, c5a = zero, c0b = zero;
        Vector256<float> c1b = zero, c2b = zero, c3b = zero, c4b = zero, c5b = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector256<float> b0 = Load(b), b1 = Load(b + 8);
            x = Create(*(float*)a0); c0a = FusedMultiplyAdd(x, b0, c0a); c0b = FusedMultiplyAdd(x, b1, c0b);
            x = Create(*(float*)(a0 + row)); c1a = FusedMultiplyAdd(x, b0, c1a); c1b = FusedMultiplyAdd(x, b1, c1b);
            x = Create(*(float*)(a0 + row2)); c2a = FusedMultiplyAdd(x, b0, c2a); c2b = FusedMultiplyAdd(x, b1, c2b);
            x = Create(*(float*)a3); c3a = FusedMultiplyAdd(x, b0, c3a); c3b = FusedMultiplyAdd(x, b1, c3b);
            x = Create(*(float*)(a3 + row)); c4a = FusedMultiplyAdd(x, b0, c4a); c4b = FusedMultiplyAdd(x, b1, c4b);
            x = Create(*(float*)(a3 + row2)); c5a = FusedMultiplyAdd(x, b0, c5a); c5b = FusedMultiplyAdd(x, b1, c5b);
            a0 += stepA;
            a3 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector256<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, mask, c); Finish(c0b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1a, floor, addend, mask, c); Finish(c1b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2a, floor, addend, mask, c); Finish(c2b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c3a, floor, addend, mask, c); Finish(c3b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c4a, floor, addend, mask, c); Finish(c4b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c5a, floor, addend, mask, c); Finish(c5b, floor, addend + 8, mask + 8, c + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x8(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3;
        Vector256<float> x, zero = Vector256<float>.Zero;
        Vector256<float> c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector256<float> b0 = Load(b);
            x = Create(*(float*)a0); c0 = FusedMultiplyAdd(x, b0, c0);
            x = Create(*(float*)(a0 + row)); c1 = FusedMultiplyAdd(x, b0, c1);
            x = Create(*(float*)(a0 + row2)); c2 = FusedMultiplyAdd(x, b0, c2);
            x = Create(*(float*)a3); c3 = FusedMultiplyAdd(x, b0, c3);
            x = Create(*(float*)(a3 + row)); c4 = FusedMultiplyAdd(x, b0, c4);
            x = Create(*(float*)(a3 + row2)); c5 = FusedMultiplyAdd(x, b0, c5);
            a0 += stepA;
            a3 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector256<float> floor = Create(tile.Floor);
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
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply3x16(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A;
        Vector256<float> x, zero = Vector256<float>.Zero;
        Vector256<float> c0a = zero, c1a = zero, c2a = zero, c0b = zero, c1b = zero, c2b = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector256<float> b0 = Load(b), b1 = Load(b + 8);
            x = Create(*(float*)a0); c0a = FusedMultiplyAdd(x, b0, c0a); c0b = FusedMultiplyAdd(x, b1, c0b);
            x = Create(*(float*)(a0 + row)); c1a = FusedMultiplyAdd(x, b0, c1a); c1b = FusedMultiplyAdd(x, b1, c1b);
            x = Create(*(float*)(a0 + row2)); c2a = FusedMultiplyAdd(x, b0, c2a); c2b = FusedMultiplyAdd(x, b1, c2b);
            a0 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector256<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, mask, c); Finish(c0b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1a, floor, addend, mask, c); Finish(c1b, floor, addend + 8, mask + 8, c + 8);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2a, floor, addend, mask, c); Finish(c2b, floor, addend + 8, mask + 8, c + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply3x8(in GemmTile tile)
    {
        float* b = tile.B;
        byte* ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A;
        Vector256<float> x, zero = Vector256<float>.Zero;
        Vector256<float> c0 = zero, c1 = zero, c2 = zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            Vector256<float> b0 = Load(b);
            x = Create(*(float*)a0); c0 = FusedMultiplyAdd(x, b0, c0);
            x = Create(*(float*)(a0 + row)); c1 = FusedMultiplyAdd(x, b0, c1);
            x = Create(*(float*)(a0 + row2)); c2 = FusedMultiplyAdd(x, b0, c2);
            a0 += stepA;
            b += stepB;
            ahead += aheadStep;
        }
        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        Vector256<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c1, floor, addend, mask, c);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
        Finish(c2, floor, addend, mask, c);
    }

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector256<float> sum, Vector256<float> floor, float* addend, float* mask, float* c) =>
        ConditionalSelect(GreaterThan(Load(mask), Vector256<float>.Zero), MaxNative(floor, sum + Load(addend)), Vector256<float>.Zero).Store(c);
}
