using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector128;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>
/// Tiles of 6 x 8 in 128-bit vectors, for Arm and for whatever else the runtime emulates. Without fused multiply-add
/// in hardware each product is rounded before it is added.
/// </summary>
internal readonly unsafe struct PortableKernel : IGemmKernel
{
    public static int Rows => 6;

    public static int ShortRows => 4;

    public static int Columns => 8;

    public static void Multiply(in GemmTile tile, bool @short, bool narrow)
    {
        if (@short)
        {
            if (narrow) Multiply4x4(tile);
            else Multiply4x8(tile);
        }
        else if (narrow)
        {
            Multiply6x4(tile);
        }
        else
        {
            Multiply6x8(tile);
        }
    }

    public static void Transpose(float* from, nint stride, int rows, int depth, float* to, int width) =>
        PortableTranspose.Transpose(from, stride, rows, depth, to, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x8(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector128<float> x;
        Vector128<float> c0a = Vector128<float>.Zero, c1a = Vector128<float>.Zero, c2a = Vector128<float>.Zero, c3a = Vector128<float>.Zero, c4a = Vector128<float>.Zero, c5a = Vector128<float>.Zero;
        Vector128<float> c0b = Vector128<float>.Zero, c1b = Vector128<float>.Zero, c2b = Vector128<float>.Zero, c3b = Vector128<float>.Zero, c4b = Vector128<float>.Zero, c5b = Vector128<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector128<float> b0 = Load(b), b1 = Load(b + 4);
            x = Create(a[0]); c0a = MultiplyAddEstimate(x, b0, c0a); c0b = MultiplyAddEstimate(x, b1, c0b);
            x = Create(a[1]); c1a = MultiplyAddEstimate(x, b0, c1a); c1b = MultiplyAddEstimate(x, b1, c1b);
            x = Create(a[2]); c2a = MultiplyAddEstimate(x, b0, c2a); c2b = MultiplyAddEstimate(x, b1, c2b);
            x = Create(a[3]); c3a = MultiplyAddEstimate(x, b0, c3a); c3b = MultiplyAddEstimate(x, b1, c3b);
            x = Create(a[4]); c4a = MultiplyAddEstimate(x, b0, c4a); c4b = MultiplyAddEstimate(x, b1, c4b);
            x = Create(a[5]); c5a = MultiplyAddEstimate(x, b0, c5a); c5b = MultiplyAddEstimate(x, b1, c5b);
            a += 6;
            b += 8;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector128<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, c); Finish(c0b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c1a, floor, addend, c); Finish(c1b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c2a, floor, addend, c); Finish(c2b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c3a, floor, addend, c); Finish(c3b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c4a, floor, addend, c); Finish(c4b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c5a, floor, addend, c); Finish(c5b, floor, addend + 4, c + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x4(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector128<float> x;
        Vector128<float> c0 = Vector128<float>.Zero, c1 = Vector128<float>.Zero, c2 = Vector128<float>.Zero, c3 = Vector128<float>.Zero, c4 = Vector128<float>.Zero, c5 = Vector128<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector128<float> b0 = Load(b);
            x = Create(a[0]); c0 = MultiplyAddEstimate(x, b0, c0);
            x = Create(a[1]); c1 = MultiplyAddEstimate(x, b0, c1);
            x = Create(a[2]); c2 = MultiplyAddEstimate(x, b0, c2);
            x = Create(a[3]); c3 = MultiplyAddEstimate(x, b0, c3);
            x = Create(a[4]); c4 = MultiplyAddEstimate(x, b0, c4);
            x = Create(a[5]); c5 = MultiplyAddEstimate(x, b0, c5);
            a += 6;
            b += 4;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector128<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, c); c += ldc; addend += lda;
        Finish(c1, floor, addend, c); c += ldc; addend += lda;
        Finish(c2, floor, addend, c); c += ldc; addend += lda;
        Finish(c3, floor, addend, c); c += ldc; addend += lda;
        Finish(c4, floor, addend, c); c += ldc; addend += lda;
        Finish(c5, floor, addend, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4x8(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector128<float> x;
        Vector128<float> c0a = Vector128<float>.Zero, c1a = Vector128<float>.Zero, c2a = Vector128<float>.Zero, c3a = Vector128<float>.Zero;
        Vector128<float> c0b = Vector128<float>.Zero, c1b = Vector128<float>.Zero, c2b = Vector128<float>.Zero, c3b = Vector128<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector128<float> b0 = Load(b), b1 = Load(b + 4);
            x = Create(a[0]); c0a = MultiplyAddEstimate(x, b0, c0a); c0b = MultiplyAddEstimate(x, b1, c0b);
            x = Create(a[1]); c1a = MultiplyAddEstimate(x, b0, c1a); c1b = MultiplyAddEstimate(x, b1, c1b);
            x = Create(a[2]); c2a = MultiplyAddEstimate(x, b0, c2a); c2b = MultiplyAddEstimate(x, b1, c2b);
            x = Create(a[3]); c3a = MultiplyAddEstimate(x, b0, c3a); c3b = MultiplyAddEstimate(x, b1, c3b);
            a += 4;
            b += 8;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector128<float> floor = Create(tile.Floor);
        Finish(c0a, floor, addend, c); Finish(c0b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c1a, floor, addend, c); Finish(c1b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c2a, floor, addend, c); Finish(c2b, floor, addend + 4, c + 4); c += ldc; addend += lda;
        Finish(c3a, floor, addend, c); Finish(c3b, floor, addend + 4, c + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4x4(in GemmTile tile)
    {
        float* a = tile.A, b = tile.B;
        Vector128<float> x;
        Vector128<float> c0 = Vector128<float>.Zero, c1 = Vector128<float>.Zero, c2 = Vector128<float>.Zero, c3 = Vector128<float>.Zero;
        for (nint k = tile.Depth; k > 0; k--)
        {
            Vector128<float> b0 = Load(b);
            x = Create(a[0]); c0 = MultiplyAddEstimate(x, b0, c0);
            x = Create(a[1]); c1 = MultiplyAddEstimate(x, b0, c1);
            x = Create(a[2]); c2 = MultiplyAddEstimate(x, b0, c2);
            x = Create(a[3]); c3 = MultiplyAddEstimate(x, b0, c3);
            a += 4;
            b += 4;
        }
        float* c = tile.C, addend = tile.Addend;
        nint ldc = tile.Ldc, lda = tile.Ldaddend;
        Vector128<float> floor = Create(tile.Floor);
        Finish(c0, floor, addend, c); c += ldc; addend += lda;
        Finish(c1, floor, addend, c); c += ldc; addend += lda;
        Finish(c2, floor, addend, c); c += ldc; addend += lda;
        Finish(c3, floor, addend, c);
    }

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector128<float> sum, Vector128<float> floor, float* addend, float* c) =>
        MaxNative(floor, sum + Load(addend)).Store(c);
}
