namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// How a product is cut. The depth is cut into equal chunks. In each, one operand (that with fewer rows or columns of C) is packed for all
/// in <see cref="Packs"/> pieces, and C is cut along the other into <see cref="Parts"/>: whoever computes a part packs what the part alone
/// needs.
/// </summary>
/// <remarks>
/// The pieces of all chunks form one sequence, in which the packing for a chunk stands in the middle of the computing of the chunk before.
/// So nobody waits at a barrier, and an element of C is summed in the order of the chunks whoever computes it. Nothing that decides the
/// result depends on the number of threads.
/// </remarks>
internal readonly struct GemmPlan
{
    private const int MaxBlock = 640; // measured: deeper, the panels leave the caches; shallower, C passes more often
    private const int MaxChunk = 256; // two chunks of a shared operand of some hundred rows fit the second-level cache
    private const int MaxOwnChunk = 512; // of a B that is packed part by part: C passes less often
    private const int PackElements = 16 * 1024;
    private const int DepthUnit = 16;
    private const long SharedElements = 4 << 20; // of a B that is kept whole
    private const int MaxWholeDepth = 1024; // deeper, a part has so few rows that a whole B is read from far away too often

    // Of the operand that is not shared: a quarter of the second-level cache.
    private static readonly int PartElements = SecondLevelCache.Bytes / (4 * sizeof(float));

    public GemmPlan(int m, int n, int k, int rows, int columns, int threads)
    {
        PanelsA = (m + rows - 1) / rows;
        PanelsB = (n + columns - 1) / columns;
        SharesB = CutsRows(m, n);
        // A part that is cut by rows goes through the whole depth while its C is in the cache, if B can be kept whole.
        var whole = SharesB && (long)k * n <= SharedElements && k <= MaxWholeDepth;
        Depth = whole ? k : Split(k, SharesB ? MaxChunk : MaxOwnChunk);
        Chunks = Depth == 0 ? 1 : (k + Depth - 1) / Depth;
        BlockDepth = Split(Depth, MaxBlock);
        (var own, var width) = SharesB ? (PanelsA, rows) : (PanelsB, columns);
        var depth = Math.Max(1, Depth);
        PartPanels = Math.Clamp(own / (threads * 8), 1, Math.Max(1, PartElements / (depth * width)));
        Parts = (own + PartPanels - 1) / PartPanels;
        if (SharesB)
        {
            PackUnits = Math.Clamp(PackElements / (depth * columns), 1, PanelsB);
            Packs = (PanelsB + PackUnits - 1) / PackUnits;
        }
        else
        {
            Packs = 1; // the last rows; the others are read where they are
        }
        Total = Packs + (Chunks - 1) * (Packs + Parts) + Parts;
    }

    /// <summary>Whether C is cut by rows.</summary>
    public static bool CutsRows(int m, int n) => m > n;

    /// <summary>Tiles down C.</summary>
    public int PanelsA { get; }

    /// <summary>Tiles across C, each a panel of B.</summary>
    public int PanelsB { get; }

    /// <summary>Cuts of the depth.</summary>
    public int Chunks { get; }

    /// <summary>Depth of a chunk; the last may be shallower.</summary>
    public int Depth { get; }

    /// <summary>Depth that is multiplied at a time, so that the operands stay in the caches; at most a chunk's.</summary>
    public int BlockDepth { get; }

    /// <summary>Whether B is packed for all and C cut by rows; otherwise A, and by columns.</summary>
    public bool SharesB { get; }

    /// <summary>Parts of C.</summary>
    public int Parts { get; }

    /// <summary>Tiles that a part has along the cut; the last may have fewer.</summary>
    public int PartPanels { get; }

    /// <summary>Pieces that the shared operand of a chunk is packed in.</summary>
    public int Packs { get; }

    /// <summary>Panels of B in such a piece.</summary>
    public int PackUnits { get; }

    /// <summary>Pieces in the whole sequence.</summary>
    public int Total { get; }

    /// <summary>What stands at a place of the sequence: number <c>Piece</c> of the packs or of the parts of a chunk.</summary>
    public (bool Pack, int Chunk, int Piece) this[int index]
    {
        get
        {
            if (index < Packs) return (true, 0, index);
            (var chunk, var piece) = Math.DivRem(index - Packs, Packs + Parts);
            var before = chunk == Chunks - 1 ? Parts : Parts / 2;
            if (piece < before) return (false, chunk, piece);
            return piece < before + Packs ? (true, chunk + 1, piece - before) : (false, chunk, piece - Packs);
        }
    }

    // The depth of equal pieces of at most a given depth.
    private static int Split(int depth, int most)
    {
        var pieces = (depth + most - 1) / most;
        return pieces <= 1 ? depth : ((depth + pieces - 1) / pieces + DepthUnit - 1) / DepthUnit * DepthUnit;
    }
}
