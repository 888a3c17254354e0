namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>
/// How a product is cut. The depth is cut into equal chunks. In each, one operand (the one with fewer rows or columns
/// of C) is packed once for all in <see cref="Packs"/> pieces, and C is cut along the other into <see cref="Parts"/>:
/// whoever computes a part packs the part's own panels.
/// </summary>
/// <remarks>The pieces of all chunks form one sequence, in which the packing for a chunk stands in the middle of the
/// computing of the chunk before it. So nobody waits for a barrier, and the sums of an element of C are added in the
/// order of the chunks whoever computes them.</remarks>
internal readonly struct GemmPlan
{
    private const int OwnElements = 64 * 1024; // a part's own panels stay in the second-level cache
    private const int PackElements = 16 * 1024;

    public GemmPlan(int m, int n, int k, int rows, int columns, int maxDepth, int threads)
    {
        PanelsA = (m + rows - 1) / rows;
        PanelsB = (n + columns - 1) / columns;
        Chunks = Math.Max(1, (k + maxDepth - 1) / maxDepth);
        Depth = (k + Chunks - 1) / Chunks;
        SharesB = m >= n;
        (int own, int width) = SharesB ? (PanelsA, rows) : (PanelsB, columns);
        (int shared, int sharedWidth) = SharesB ? (PanelsB, columns) : (PanelsA, rows);
        PartPanels = Math.Clamp(own / (threads * 8), 1, Math.Max(1, OwnElements / Math.Max(1, Depth * width)));
        Parts = (own + PartPanels - 1) / PartPanels;
        PackPanels = Math.Clamp(PackElements / Math.Max(1, Depth * sharedWidth), 1, shared);
        Packs = (shared + PackPanels - 1) / PackPanels;
        Total = Packs + (Chunks - 1) * (Packs + Parts) + Parts;
    }

    /// <summary>Panels of rows of op(A).</summary>
    public int PanelsA { get; }

    /// <summary>Panels of columns of op(B).</summary>
    public int PanelsB { get; }

    /// <summary>Cuts of the depth.</summary>
    public int Chunks { get; }

    /// <summary>Depth of a chunk; the last may be shallower.</summary>
    public int Depth { get; }

    /// <summary>Whether B is packed for all and C cut by rows; otherwise A, and by columns.</summary>
    public bool SharesB { get; }

    /// <summary>Parts of C.</summary>
    public int Parts { get; }

    /// <summary>Panels of its own that a part has; the last may have fewer.</summary>
    public int PartPanels { get; }

    /// <summary>Pieces that the shared panels of a chunk are packed in.</summary>
    public int Packs { get; }

    /// <summary>Panels in such a piece; the last may have fewer.</summary>
    public int PackPanels { get; }

    /// <summary>Pieces in the whole sequence.</summary>
    public int Total { get; }

    /// <summary>What the piece at a place of the sequence is: number <c>Piece</c> of the packs or parts of a chunk.</summary>
    public (bool Pack, int Chunk, int Piece) this[int index]
    {
        get
        {
            if (index < Packs) return (true, 0, index);
            (int chunk, int piece) = Math.DivRem(index - Packs, Packs + Parts);
            int before = chunk == Chunks - 1 ? Parts : Parts / 2;
            if (piece < before) return (false, chunk, piece);
            return piece < before + Packs ? (true, chunk + 1, piece - before) : (false, chunk, piece - Packs);
        }
    }
}
