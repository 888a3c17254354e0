using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>The vectors that a tile is computed in.</summary>
/// <typeparam name="TVector">One of them.</typeparam>
internal unsafe interface ITileVectors<TVector>
{
    static abstract int Lanes { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* from);

    static abstract TVector Create(float number);

    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>Adds the addend, applies floor and mask, and stores.</summary>
    static abstract void Finish(TVector sum, TVector floor, float* addend, float* mask, float* c);

    /// <summary>Transposes a matrix: to[j * width + i] = from[i * stride + j] for i below rows, j below columns.</summary>
    static abstract void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width);
}

/// <summary>512 bits: tiles of 14 x 32 leave two vectors of B and one element of A of 32 registers.</summary>
internal readonly unsafe struct Vectors512 : ITileVectors<Vector512<float>>
{
    public static int Lanes => Vector512<float>.Count;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float number) => Vector512.Create(number);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.FusedMultiplyAdd(left, right, addend);

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector512<float> sum, Vector512<float> floor, float* addend, float* mask, float* c) =>
        Vector512.ConditionalSelect(
            Vector512.GreaterThan(Vector512.Load(mask), Vector512<float>.Zero), Vector512.MaxNative(floor, sum + Vector512.Load(addend)),
            Vector512<float>.Zero).Store(c);

    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        Avx512Transpose.Transpose(from, stride, rows, columns, to, width);
}

/// <summary>256 bits: in tiles of 6 x 16, 12 sums, two vectors of B and one element of A are 15 of 16 registers.</summary>
internal readonly unsafe struct Vectors256 : ITileVectors<Vector256<float>>
{
    public static int Lanes => Vector256<float>.Count;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float number) => Vector256.Create(number);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.FusedMultiplyAdd(left, right, addend);

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector256<float> sum, Vector256<float> floor, float* addend, float* mask, float* c) =>
        Vector256.ConditionalSelect(
            Vector256.GreaterThan(Vector256.Load(mask), Vector256<float>.Zero), Vector256.MaxNative(floor, sum + Vector256.Load(addend)),
            Vector256<float>.Zero).Store(c);

    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        PortableTranspose.Transpose(from, stride, rows, columns, to, width);
}

/// <summary>
/// 128 bits, for Arm and for whatever else the runtime emulates. Without fused multiply-add in hardware each product is rounded before it
/// is added.
/// </summary>
internal readonly unsafe struct Vectors128 : ITileVectors<Vector128<float>>
{
    public static int Lanes => Vector128<float>.Count;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float number) => Vector128.Create(number);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    // MaxNative returns its second operand if one is NaN, so that NaN is not hidden by the floor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish(Vector128<float> sum, Vector128<float> floor, float* addend, float* mask, float* c) =>
        Vector128.ConditionalSelect(
            Vector128.GreaterThan(Vector128.Load(mask), Vector128<float>.Zero), Vector128.MaxNative(floor, sum + Vector128.Load(addend)),
            Vector128<float>.Zero).Store(c);

    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        PortableTranspose.Transpose(from, stride, rows, columns, to, width);
}
