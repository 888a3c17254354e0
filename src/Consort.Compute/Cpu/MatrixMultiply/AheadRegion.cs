namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// A region of memory that the next part will read, asked for while the tiles of this part are multiplied: each tile takes a share, and in
/// it each step of the depth one line (see <see cref="GemmTile.Ahead"/>). Asking at once would fill the queue that the tile's own loads
/// need.
/// </summary>
internal readonly unsafe struct AheadRegion
{
    private const int LineFloats = 16;

    private readonly byte* _start;
    private readonly nint _perTile;
    private readonly nint _perStep; // bytes from the line asked for in a step to that of the next

    private AheadRegion(float* start, nint perTile, nint perStep, int tiles)
    {
        (_perTile, _perStep, Tiles) = (perTile, perStep, tiles);
        _start = (byte*)start;
    }

    /// <summary>How many tiles have a share.</summary>
    public int Tiles { get; }

    /// <summary>A stretch without gaps, spread over a number of tiles.</summary>
    public static AheadRegion Stretch(float* start, nint elements, int tiles, int depth)
    {
        if (elements <= 0 || tiles <= 0 || depth <= 0) return default;
        var share = elements * sizeof(float) / tiles + 1;
        return new AheadRegion(start, share, share / depth + 1, tiles);
    }

    /// <summary>Rows that are read along the depth, one with each tile.</summary>
    public static AheadRegion Rows(float* start, nint stride, int rows) => new(start, stride * sizeof(float), sizeof(float), rows);

    /// <summary>Rows that each hold one step of the depth: a line of every row with each tile.</summary>
    public static AheadRegion Steps(float* start, nint stride, int columns) =>
        new(start, LineFloats * sizeof(float), stride * sizeof(float), Lines(start, stride, columns));

    /// <summary>Makes a tile ask for a share, or, where there is none, for a line that is at hand.</summary>
    public void Ask(ref GemmTile tile, int share)
    {
        var has = (uint)share < (uint)Tiles;
        tile.Ahead = has ? _start + share * _perTile : (byte*)tile.B;
        tile.AheadStep = has ? _perStep : 0;
    }

    // At most so many lines hold a row.
    private static int Lines(float* start, nint stride, int columns) =>
        ((nint)start / sizeof(float) | stride | (nint)columns) % LineFloats == 0 ? columns / LineFloats : columns / LineFloats + 1;
}
