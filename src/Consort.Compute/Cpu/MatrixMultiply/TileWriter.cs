using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Computes tiles of C with what follows the sum: what C held, bias, activation, mask. Tiles that reach beyond C's last rows or columns are
/// computed aside, and the part that exists is copied.
/// </summary>
internal sealed unsafe class TileWriter<TKernel> : IDisposable
    where TKernel : struct, IGemmKernel
{
    private readonly NativeBuffer _buffer = new();
    private GemmCall<float> _call;
    private float* _ones; // as many as a tile has columns
    private float* _row; // [N] the bias or zeros, to the end of the last panel

    /// <summary>Columns of the tile that computes so many, or the first of more.</summary>
    public static int Width(int columns) => columns <= TKernel.Columns / 2 ? TKernel.Columns / 2 : TKernel.Columns;

    /// <summary>Rows of the tile that computes so many, or the first of more.</summary>
    public static int Height(int rows) => rows <= TKernel.ShortRows ? TKernel.ShortRows : TKernel.Rows;

    public void Begin(in GemmCall<float> call)
    {
        _call = call;
        var width = (call.N + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns;
        _ones = _buffer.Take(TKernel.Columns + width);
        _row = _ones + TKernel.Columns;
        new Span<float>(_ones, TKernel.Columns).Fill(1);
        var row = new Span<float>(_row, width);
        row.Clear();
        if (call.Bias != null) new ReadOnlySpan<float>(call.Bias, call.N).CopyTo(row);
    }

    /// <summary>Computes a tile whose operands are set.</summary>
    /// <param name="tile">Depth, A, B and what to ask for ahead; the rest is set here.</param>
    /// <param name="row">Of C, where the tile begins.</param>
    /// <param name="column">Of C, where the tile begins.</param>
    /// <param name="first">Whether this is the beginning of the sum.</param>
    /// <param name="last">Whether this is the end of the sum.</param>
    public void Multiply(ref GemmTile tile, int row, int column, bool first, bool last)
    {
        int rows = Math.Min(TKernel.Rows, _call.M - row), columns = Math.Min(TKernel.Columns, _call.N - column);
        bool @short = rows <= TKernel.ShortRows, narrow = columns <= TKernel.Columns / 2;
        var add = !first || _call.Accumulate;
        var c = _call.C + row * _call.Ldc + column;
        if (first && add && _call.Bias != null) AddBias(c, rows, column, columns);
        tile.C = c;
        tile.Ldc = _call.Ldc;
        tile.Addend = add ? c : _row + column;
        tile.Ldaddend = add ? _call.Ldc : 0;
        tile.Floor = last && _call.Relu ? 0 : float.NegativeInfinity;
        var masked = last && _call.Mask != null;
        tile.Mask = masked ? _call.Mask + row * _call.Ldmask + column : _ones;
        tile.Ldmask = masked ? _call.Ldmask : 0;
        if (masked) Ask(tile.Mask, tile.Ldmask, rows, columns);
        Ask(c, _call.Ldc, rows, columns);
        if (rows == Height(rows) && columns == Width(columns)) TKernel.Multiply(tile, @short, narrow);
        else Edge(tile, rows, columns, add, masked, @short, narrow);
    }

    // Brings what is read or written after the sum into the first-level cache while the sum is computed.
    private static void Ask(float* from, nint stride, int rows, int columns)
    {
        if (!Sse.IsSupported) return;
        for (var i = 0; i < rows; i++, from += stride)
        {
            Sse.Prefetch0(from);
            Sse.Prefetch0(from + columns - 1);
        }
    }

    public void Dispose() => _buffer.Dispose();

    private static void Edge(GemmTile tile, int rows, int columns, bool add, bool masked, bool @short, bool narrow)
    {
        int width = TKernel.Columns, size = TKernel.Rows * width;
        var aside = stackalloc float[2 * size];
        var c = tile.C;
        var ldc = tile.Ldc;
        if (add)
        {
            Panels.CopyRows(c, ldc, rows, columns, aside, width);
            tile.Addend = aside;
            tile.Ldaddend = width;
        }
        if (masked)
        {
            Panels.CopyRows(tile.Mask, tile.Ldmask, rows, columns, aside + size, width);
            tile.Mask = aside + size;
            tile.Ldmask = width;
        }
        tile.C = aside;
        tile.Ldc = width;
        TKernel.Multiply(tile, @short, narrow);
        Panels.CopyRows(aside, width, rows, columns, c, ldc);
    }

    private void AddBias(float* c, int rows, int column, int columns)
    {
        for (var i = 0; i < rows; i++, c += _call.Ldc)
            for (var j = 0; j < columns; j++)
                c[j] += _call.Bias[column + j];
    }
}
