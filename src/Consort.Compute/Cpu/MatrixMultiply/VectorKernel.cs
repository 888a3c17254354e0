namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>The kernel of one kind of vector.</summary>
/// <typeparam name="TVectors">What it computes with.</typeparam>
/// <typeparam name="TVector">One of them.</typeparam>
/// <typeparam name="TRows">Rows of a tile.</typeparam>
/// <typeparam name="TShort">Rows of a short one.</typeparam>
internal readonly unsafe struct VectorKernel<TVectors, TVector, TRows, TShort> : IGemmKernel
    where TVectors : struct, ITileVectors<TVector>
    where TVector : struct
    where TRows : struct, ITileSize
    where TShort : struct, ITileSize
{
    public static int Rows => TRows.Value;

    public static int ShortRows => TShort.Value;

    public static int Columns => 2 * TVectors.Lanes;

    public static void Multiply(in GemmTile tile, bool @short, bool narrow)
    {
        if (@short && narrow)
            Tiles<TVectors, TVector, TShort, Size1>.Multiply(tile);
        else if (@short)
            Tiles<TVectors, TVector, TShort, Size2>.Multiply(tile);
        else if (narrow)
            Tiles<TVectors, TVector, TRows, Size1>.Multiply(tile);
        else
            Tiles<TVectors, TVector, TRows, Size2>.Multiply(tile);
    }

    public static void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width) =>
        TVectors.Transpose(from, stride, rows, columns, to, width);
}
