using Consort.Compute.Cpu.Threads;

namespace Consort.Benchmarks;

/// <summary>What memory gives at most, in GB/s (bytes a nanosecond).</summary>
/// <param name="Rows">Random rows of 64 bytes.</param>
/// <param name="Streams">Triad: two streams read, one written.</param>
internal readonly record struct Bandwidth(double Rows, double Streams)
{
    private const int Rounds = 12;

    /// <summary>The best of some rounds over 256 MiB, which are freed again.</summary>
    public static Bandwidth Measure(int threads)
    {
        using var workers = new Workers(threads);
        using var memory = new MemorySpeed();
        Bandwidth best = default;
        for (var i = 0; i < Rounds; i++)
        {
            StopSignals.Check();
            best = best.Best(new Bandwidth(memory.Measure(workers, MemoryPattern.Gather), memory.Measure(workers, MemoryPattern.Triad)));
        }
        return best;
    }

    public Bandwidth Best(Bandwidth other) => new(Math.Max(Rows, other.Rows), Math.Max(Streams, other.Streams));
}
