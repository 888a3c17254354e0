using System.Numerics;
using System.Runtime.InteropServices;
using Consort.Foundation.Ranks;

namespace Consort.Learning.Ranks;

/// <summary>
/// Numbers that lie together and are summed up over the ranks: each gets a slice of them, adds it in the order of ranks, and gives the sum
/// to all. A rank sends 2 (N − 1)/N of the numbers, as little as any way can.
/// </summary>
/// <param name="ranks">The ranks.</param>
/// <param name="numbers">Those of all parts.</param>
/// <param name="first">Where this one begins.</param>
/// <param name="end">Where it ends.</param>
/// <param name="line">Numbers that no slice cuts.</param>
/// <param name="completeAt">The value behind which the backward pass adds nothing more to them.</param>
internal sealed class DensePart(IRanks ranks, NativeBuffer<float> numbers, long first, long end, int line, int completeAt) : IDisposable
{
    private readonly NativeBuffer<float> _received = new(
        (SliceAt(first, end, line, ranks.Rank + 1, ranks.Count) - SliceAt(first, end, line, ranks.Rank, ranks.Count)) * ranks.Count);
    private IStandingExchange _terms = null!; // slices to whom they belong
    private IStandingExchange _sums = null!;

    /// <summary>The value behind which the backward pass adds nothing more to them.</summary>
    public int CompleteAt => completeAt;

    private long Slice => _received.Length / ranks.Count; // of this rank

    private Span<float> Own => numbers.Slice(At(ranks.Rank), (int)Slice);

    /// <summary>Tells the ranks what will be exchanged: all of them in the same order of parts.</summary>
    public DensePart Prepared()
    {
        NativeBuffer<byte>[] slices = [.. Each(r => Bytes(numbers, At(r), At(r + 1)))];
        _terms = ranks.Prepare(slices, [.. Each(r => Bytes(_received, r * Slice, (r + 1) * Slice))]);
        _sums = ranks.Prepare([.. Each(_ => slices[ranks.Rank])], slices);
        return this;
    }

    public void Start() => _terms.Start();

    /// <summary>Whether the slices of all ranks are here.</summary>
    public bool Test() => _terms.Test();

    public void Wait() => _terms.Wait();

    /// <summary>Adds them, and gives the sum to all.</summary>
    public void Sum()
    {
        var sum = ranks.Rank == 0 ? Own : Of(0);
        for (var rank = 1; rank < ranks.Count; rank++)
            Add(rank == ranks.Rank ? Own : Of(rank), sum);
        if (ranks.Rank > 0)
            sum.CopyTo(Own);
        _sums.Start();
    }

    public void WaitForSums() => _sums.Wait();

    /// <inheritdoc/>
    public void Dispose()
    {
        _terms.Dispose();
        _sums.Dispose();
        _received.Dispose();
    }

    private static long SliceAt(long first, long end, int line, int rank, int count) =>
        rank == count ? end : first + ((end - first) / line * rank / count * line);

    private static NativeBuffer<byte> Bytes(NativeBuffer<float> of, long from, long to) =>
        of.Part<byte>(from * sizeof(float), (to - from) * sizeof(float));

    private static void Add(ReadOnlySpan<float> numbers, Span<float> sum)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(numbers);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sum);
        for (var i = 0; i < to.Length; i++)
            to[i] += from[i];
        for (var i = to.Length * Vector<float>.Count; i < sum.Length; i++)
            sum[i] += numbers[i];
    }

    private IEnumerable<NativeBuffer<byte>> Each(Func<int, NativeBuffer<byte>> of) => Enumerable.Range(0, ranks.Count).Select(of);

    private Span<float> Of(int rank) => _received.Slice(rank * Slice, (int)Slice);

    private long At(int rank) => SliceAt(first, end, line, rank, ranks.Count);
}
