using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// A kernel that works on the positions of one impression at a time; impressions do not depend on each other. They are handed out in chunks
/// of a fixed size, so results do not depend on the number of threads.
/// </summary>
internal abstract class SegmentKernel(Workers workers, Segments segments) : ChunkedKernel(workers, ChunkRows)
{
    /// <summary>Impressions handed out at a time: each may have many positions.</summary>
    public const int ChunkRows = 32;

    /// <summary>Where the positions of each impression lie.</summary>
    protected Segments Segments { get; } = segments;

    protected sealed override int Rows => Segments.Batch;

    /// <summary>The chunks that so many impressions make.</summary>
    public static int Chunks(int impressions) => (impressions + ChunkRows - 1) / ChunkRows;
}
