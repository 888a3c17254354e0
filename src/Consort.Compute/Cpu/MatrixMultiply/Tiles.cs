using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// A tile of C whose sums stay in registers through the whole depth: 3, 6, 8 or 14 rows by one or two vectors. It is compiled anew for
/// every kind of vector and every size, which the compiler sees as constants; what is then unused goes (docs/design/0018).
/// </summary>
internal static unsafe class Tiles<TVectors, TVector, TRows, TWidth>
    where TVectors : struct, ITileVectors<TVector>
    where TVector : struct
    where TRows : struct, ITileSize
    where TWidth : struct, ITileSize
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in GemmTile tile)
    {
        var b = tile.B;
        var ahead = tile.Ahead;
        nint aheadStep = tile.AheadStep, stepA = tile.StepA * sizeof(float), stepB = tile.StepB;
        nint row = tile.RowA * sizeof(float), row2 = 2 * row, row3 = 3 * row;
        byte* a0 = (byte*)tile.A, a3 = a0 + row3, a6 = a3 + row3, a9 = a6 + row3, a12 = a9 + row3;
        TVector zero = TVectors.Zero, b1 = zero;
        TVector c0a = zero, c1a = zero, c2a = zero, c3a = zero, c4a = zero, c5a = zero, c6a = zero;
        TVector c7a = zero, c8a = zero, c9a = zero, cAa = zero, cBa = zero, cCa = zero, cDa = zero;
        TVector c0b = zero, c1b = zero, c2b = zero, c3b = zero, c4b = zero, c5b = zero, c6b = zero;
        TVector c7b = zero, c8b = zero, c9b = zero, cAb = zero, cBb = zero, cCb = zero, cDb = zero;
        for (var k = tile.Depth; k > 0; k--)
        {
            if (Sse.IsSupported)
                Sse.Prefetch1(ahead);
            var b0 = TVectors.Load(b);
            if (TWidth.Value > 1)
                b1 = TVectors.Load(b + TVectors.Lanes);
            Add(a0, b0, b1, ref c0a, ref c0b);
            Add(a0 + row, b0, b1, ref c1a, ref c1b);
            Add(a0 + row2, b0, b1, ref c2a, ref c2b);
            if (TRows.Value > 3)
            {
                Add(a3, b0, b1, ref c3a, ref c3b);
                Add(a3 + row, b0, b1, ref c4a, ref c4b);
                Add(a3 + row2, b0, b1, ref c5a, ref c5b);
                a3 += stepA;
            }

            if (TRows.Value > 6)
            {
                Add(a6, b0, b1, ref c6a, ref c6b);
                Add(a6 + row, b0, b1, ref c7a, ref c7b);
            }

            if (TRows.Value > 8)
            {
                Add(a6 + row2, b0, b1, ref c8a, ref c8b);
                Add(a9, b0, b1, ref c9a, ref c9b);
                Add(a9 + row, b0, b1, ref cAa, ref cAb);
                Add(a9 + row2, b0, b1, ref cBa, ref cBb);
                Add(a12, b0, b1, ref cCa, ref cCb);
                Add(a12 + row, b0, b1, ref cDa, ref cDb);
                a9 += stepA;
                a12 += stepA;
            }

            a0 += stepA;
            a6 += stepA;
            b += stepB;
            ahead += aheadStep;
        }

        float* c = tile.C, addend = tile.Addend, mask = tile.Mask;
        nint ldc = tile.Ldc, ldaddend = tile.Ldaddend, ldmask = tile.Ldmask;
        var floor = TVectors.Create(tile.Floor);
        Finish(c0a, c0b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
        Finish(c1a, c1b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
        Finish(c2a, c2b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
        if (TRows.Value > 3)
        {
            Finish(c3a, c3b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(c4a, c4b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(c5a, c5b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
        }

        if (TRows.Value > 6)
        {
            Finish(c6a, c6b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(c7a, c7b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
        }

        if (TRows.Value > 8)
        {
            Finish(c8a, c8b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(c9a, c9b, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(cAa, cAb, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(cBa, cBb, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(cCa, cCb, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
            Finish(cDa, cDb, floor, ref c, ldc, ref addend, ldaddend, ref mask, ldmask);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(byte* a, TVector b0, TVector b1, ref TVector low, ref TVector high)
    {
        var x = TVectors.Create(*(float*)a);
        low = TVectors.MultiplyAdd(x, b0, low);
        if (TWidth.Value > 1)
            high = TVectors.MultiplyAdd(x, b1, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(
        TVector low, TVector high, TVector floor, ref float* c, nint ldc, ref float* addend, nint ldaddend, ref float* mask, nint ldmask)
    {
        TVectors.Finish(low, floor, addend, mask, c);
        if (TWidth.Value > 1)
            TVectors.Finish(high, floor, addend + TVectors.Lanes, mask + TVectors.Lanes, c + TVectors.Lanes);
        c += ldc;
        addend += ldaddend;
        mask += ldmask;
    }
}
