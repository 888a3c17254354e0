namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>
/// A region of memory that the next part will read, asked for while the tiles of this part are multiplied: each tile
/// takes a share, and in it each step of the depth one line (see <see cref="GemmTile.Ahead"/>). Asking at once would
/// fill the queue that the tile's own loads need.
/// </summary>
internal readonly unsafe struct AheadRegion
{
    private const int LineFloats = 16;

    private readonly byte* _start;
    private readonly nint _perTile;
    private readonly int _tiles;

    private AheadRegion(float* start, nint perTile, nint perStep, int tiles)
    {
        (_perTile, PerStep, _tiles) = (perTile, perStep, tiles);
        _start = (byte*)start;
    }

    /// <summary>Bytes from the line asked for in a step to that of the next.</summary>
    public nint PerStep { get; }

    /// <summary>A stretch without gaps, spread over a number of tiles.</summary>
    public static AheadRegion Stretch(float* start, nint elements, int tiles, int depth)
    {
        if (elements <= 0 || tiles <= 0 || depth <= 0) return default;
        nint share = elements * sizeof(float) / tiles + 1;
        return new AheadRegion(start, share, share / depth + 1, tiles);
    }

    /// <summary>Rows that are read along the depth, one with each tile.</summary>
    public static AheadRegion Rows(float* start, nint stride, int rows) =>
        new(start, stride * sizeof(float), sizeof(float), rows);

    /// <summary>Rows that each hold one step of the depth: a line of every row with each tile.</summary>
    public static AheadRegion Steps(float* start, nint stride, int columns) =>
        new(start, LineFloats * sizeof(float), stride * sizeof(float), columns / LineFloats + 1);

    /// <summary>Where the share of a tile begins, or null if it has none.</summary>
    public byte* Share(int tile) => (uint)tile < (uint)_tiles ? _start + tile * _perTile : null;
}
