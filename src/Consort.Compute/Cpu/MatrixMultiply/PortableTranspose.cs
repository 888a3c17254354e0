using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Transposes blocks of 4 x 4 elements in registers where the machine can, else element by element.</summary>
internal static unsafe class PortableTranspose
{
    private const int Side = 4;

    /// <summary>to[j * width + i] = from[i * stride + j] for i below rows, j below columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width)
    {
        var vectors = Sse.IsSupported || AdvSimd.Arm64.IsSupported;
        int wholeRows = vectors ? rows & -Side : 0, wholeColumns = vectors ? columns & -Side : 0;
        for (var j = 0; j < wholeColumns; j += Side)
            for (var i = 0; i < wholeRows; i += Side)
                Block(from + i * stride + j, stride, to + j * width + i, width);
        for (var j = 0; j < columns; j++)
            for (var i = j < wholeColumns ? wholeRows : 0; i < rows; i++)
                to[j * width + i] = from[i * stride + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float* from, nint stride, float* to, nint width)
    {
        Vector128<float> r0 = Vector128.Load(from), r1 = Vector128.Load(from + stride);
        Vector128<float> r2 = Vector128.Load(from + 2 * stride), r3 = Vector128.Load(from + 3 * stride);
        // Rows 0 and 2 interleaved, rows 1 and 3 interleaved; interleaving those gives the columns.
        (var low02, var high02) = Interleave(r0, r2);
        (var low13, var high13) = Interleave(r1, r3);
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
