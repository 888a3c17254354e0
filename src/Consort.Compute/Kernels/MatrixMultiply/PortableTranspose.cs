using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>Packs panels whose source runs along the depth, 4 x 4 elements at a time where the machine can.</summary>
internal static unsafe class PortableTranspose
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* from, nint stride, int rows, int depth, float* to, int width)
    {
        int whole = Sse.IsSupported || AdvSimd.Arm64.IsSupported ? rows & ~3 : 0;
        int steps = whole > 0 ? depth & ~3 : 0;
        for (int k = 0; k < steps; k += 4)
            for (int i = 0; i < whole; i += 4)
                Block(from + i * stride + k, stride, to + (nint)k * width + i, width);
        for (int k = 0; k < depth; k++)
        {
            float* step = to + (nint)k * width;
            for (int i = k < steps ? whole : 0; i < rows; i++) step[i] = from[i * stride + k];
            for (int i = rows; i < width; i++) step[i] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float* from, nint stride, float* to, nint width)
    {
        Vector128<float> r0 = Vector128.Load(from), r1 = Vector128.Load(from + stride);
        Vector128<float> r2 = Vector128.Load(from + 2 * stride), r3 = Vector128.Load(from + 3 * stride);
        // Rows 0 and 2 interleaved, rows 1 and 3 interleaved; interleaving those gives the columns.
        (Vector128<float> low02, Vector128<float> high02) = Interleave(r0, r2);
        (Vector128<float> low13, Vector128<float> high13) = Interleave(r1, r3);
        (r0, r1) = Interleave(low02, low13);
        (r2, r3) = Interleave(high02, high13);
        r0.Store(to);
        r1.Store(to + width);
        r2.Store(to + 2 * width);
        r3.Store(to + 3 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Interleave(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported
            ? (Sse.UnpackLow(a, b), Sse.UnpackHigh(a, b))
            : (AdvSimd.Arm64.ZipLow(a, b), AdvSimd.Arm64.ZipHigh(a, b));
}
