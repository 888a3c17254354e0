namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Where a piece of a deep product stands.</summary>
/// <param name="Turn">Its place among the slices' chunks, which follow each other.</param>
/// <param name="Chunk">Of the depth.</param>
/// <param name="Part">Its number among the parts of the turn.</param>
/// <param name="Number">Its number among all parts of C.</param>
/// <param name="Panel">Its panel of B.</param>
/// <param name="First">Its first panel of A.</param>
/// <param name="End">The panel of A after the last.</param>
internal readonly record struct DeepPlace(int Turn, int Chunk, int Part, int Number, int Panel, int First, int End);

/// <summary>
/// How Aᵀ·B is cut. The depth is cut into chunks; C into parts of a panel of B each, and of some rows where there are more threads than
/// panels. A wide C is computed slice by slice of its columns, each through the whole depth, so that what is summed stays in the cache.
/// </summary>
/// <remarks>Only the depth of a chunk decides the result, and it does not depend on the number of threads.</remarks>
internal readonly struct DeepPlan
{
    /// <summary>Rows of C at a time, so that packed chunks of A stay small.</summary>
    public const int MostRows = 2016; // a multiple of the rows of all tiles

    private const int MaxDepth = 512; // measured: shallower, C passes more often; deeper, a panel of B leaves the first-level cache
    private const int SliceDepth = 256; // where C is cut into slices, passing is cheap
    private const int DepthUnit = 16;
    private const int FirstPackPanels = 8;
    private const int SliceElements = 512 * 1024; // of C; narrower slices have A packed more often

    private readonly int _bands; // of rows
    private readonly int _bandPanels;
    private readonly int _slicePanels; // of B; the last slice may have fewer

    public DeepPlan(int row, int m, int n, int k, int rows, int columns, int threads)
    {
        Row = row;
        PanelsA = Pieces(m, rows);
        PanelsB = Pieces(n, columns);
        var isWide = (long)m * n > SliceElements;
        Depth = Pieces(Pieces(k, Math.Max(1, Pieces(k, isWide ? SliceDepth : MaxDepth))), DepthUnit) * DepthUnit;
        Chunks = Math.Max(1, Pieces(k, Math.Max(1, Depth)));
        _slicePanels = Math.Clamp(SliceElements / m / columns, 1, PanelsB);
        _bandPanels = Pieces(PanelsA, Math.Clamp(Pieces(2 * threads, _slicePanels), 1, PanelsA));
        _bands = Pieces(PanelsA, _bandPanels);
    }

    /// <summary>The first row of C.</summary>
    public int Row { get; }

    /// <summary>Tiles down C.</summary>
    public int PanelsA { get; }

    /// <summary>Tiles across C.</summary>
    public int PanelsB { get; }

    /// <summary>Depth of a chunk; the last may be shallower.</summary>
    public int Depth { get; }

    /// <summary>Chunks of the depth.</summary>
    public int Chunks { get; }

    /// <summary>Parts of C.</summary>
    public int Parts => PanelsB * _bands;

    /// <summary>Slices times chunks.</summary>
    public int Turns => Pieces(PanelsB, _slicePanels) * Chunks;

    /// <summary>Pieces in which A of the first turn is packed, before everything else.</summary>
    public int FirstPacks => Pieces(PanelsA, FirstPackPanels);

    /// <summary>What stands at a place of the sequence, after the first packs.</summary>
    public DeepPlace this[int index]
    {
        get
        {
            var (slice, rest) = Math.DivRem(index, Chunks * _bands * _slicePanels);
            var (chunk, part) = Math.DivRem(rest, PartsOf(slice * Chunks));
            var (panel, band) = Math.DivRem(part, _bands);
            panel += slice * _slicePanels;
            return new DeepPlace(slice * Chunks + chunk, chunk, part, panel * _bands + band, panel, band * _bandPanels,
                Math.Min(PanelsA, (band + 1) * _bandPanels));
        }
    }

    /// <summary>Parts in a turn.</summary>
    public int PartsOf(int turn) => _bands * Math.Min(_slicePanels, PanelsB - turn / Chunks * _slicePanels);

    /// <summary>How many of a turn's parts pack a share of the next turn's A: the early ones, so that it is there in time.</summary>
    public int Shares(int turn) => (PartsOf(turn) + 1) / 2;

    /// <summary>The panels of A of one of so many shares.</summary>
    public (int First, int End) Share(int share, int shares) => (PanelsA * share / shares, PanelsA * (share + 1) / shares);

    private static int Pieces(int size, int most) => (size + most - 1) / most;
}
