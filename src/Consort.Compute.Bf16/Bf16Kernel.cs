using Consort.Compute.Cpu.MatrixMultiply;
namespace Consort.Compute.Bf16;

/// <summary>
/// Tiles of 14 x 32 over operands of bf16: what a panel or a row holds for a step is a pair of numbers in the place of a float. Sums, and
/// what is done to them at the end, are in floats.
/// </summary>
/// <remarks>Only where <see cref="Bf16Code.Missing"/> is null.</remarks>
internal readonly unsafe struct Bf16Kernel : IGemmKernel
{
    private static readonly delegate* unmanaged[SuppressGCTransition]<GemmTile*, void> Tile14X32 =
        (delegate* unmanaged[SuppressGCTransition]<GemmTile*, void>)Bf16Code.Tile14X32;

    private static readonly delegate* unmanaged[SuppressGCTransition]<GemmTile*, void> Tile14X16 =
        (delegate* unmanaged[SuppressGCTransition]<GemmTile*, void>)Bf16Code.Tile14X16;

    private static readonly delegate* unmanaged[SuppressGCTransition]<GemmTile*, void> Tile8X32 =
        (delegate* unmanaged[SuppressGCTransition]<GemmTile*, void>)Bf16Code.Tile8X32;

    private static readonly delegate* unmanaged[SuppressGCTransition]<GemmTile*, void> Tile8X16 =
        (delegate* unmanaged[SuppressGCTransition]<GemmTile*, void>)Bf16Code.Tile8X16;

    public static int Rows => 14;

    public static int ShortRows => 8;

    public static int Columns => 32;

    public static void Multiply(in GemmTile tile, bool @short, bool narrow)
    {
        fixed (GemmTile* address = &tile)
        {
            if (@short)
            {
                if (narrow) Tile8X16(address);
                else Tile8X32(address);
            }
            else if (narrow)
            {
                Tile14X16(address);
            }
            else
            {
                Tile14X32(address);
            }
        }
    }

    /// <summary>Moves pairs as they are.</summary>
    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        Avx512Transpose.Transpose(from, stride, rows, columns, to, width);
}
