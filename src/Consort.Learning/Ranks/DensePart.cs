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
/// <param name="room">Where a slice is summed and one made floats, where they are rounded on the way; shared by all parts.</param>
internal sealed class DensePart(
    IRanks ranks, NativeBuffer<float> numbers, long first, long end, int line, int completeAt, NativeBuffer<float> room) : IDisposable
{
    // As they travel: floats where they are, or rounded copies.
    private readonly NativeBuffer<byte> _sent = ranks.Wire == WirePrecision.Float
        ? numbers.Part<byte>(first * sizeof(float), (end - first) * sizeof(float))
        : new NativeBuffer<byte>((end - first) * ranks.Wire.Bytes());
    private readonly NativeBuffer<byte> _received = new(
        (SliceAt(first, end, line, ranks.Rank + 1, ranks.Count) - SliceAt(first, end, line, ranks.Rank, ranks.Count))
        * ranks.Count * ranks.Wire.Bytes());
    private IStandingExchange _terms = null!; // slices to whom they belong
    private IStandingExchange _sums = null!;

    /// <summary>The value behind which the backward pass adds nothing more to them.</summary>
    public int CompleteAt => completeAt;

    private bool IsRounded => ranks.Wire != WirePrecision.Float;

    private long Slice => At(ranks.Rank + 1) - At(ranks.Rank); // numbers of this rank

    private Span<float> Own => numbers.Slice(At(ranks.Rank), (int)Slice);

    /// <summary>Tells the ranks what will be exchanged: all of them in the same order of parts.</summary>
    public DensePart Prepared()
    {
        NativeBuffer<byte>[] slices = [.. Each(r => Bytes(_sent, At(r) - first, At(r + 1) - first))];
        _terms = ranks.Prepare(slices, [.. Each(r => Bytes(_received, r * Slice, (r + 1) * Slice))]);
        _sums = ranks.Prepare([.. Each(_ => slices[ranks.Rank])], slices);
        return this;
    }

    public void Start()
    {
        if (IsRounded)
            WireNumbers.Pack(ranks.Wire, numbers.Slice(first, (int)(end - first)), Halves(_sent, 0, end - first));
        _terms.Start();
    }

    /// <summary>Whether the slices of all ranks are here.</summary>
    public bool Test() => _terms.Test();

    public void Wait() => _terms.Wait();

    /// <summary>Adds them, and gives the sum to all.</summary>
    public void Sum()
    {
        if (IsRounded)
        {
            SumRounded();
        }
        else
        {
            var sum = ranks.Rank == 0 ? Own : Of(0);
            for (var rank = 1; rank < ranks.Count; rank++)
                Add(rank == ranks.Rank ? Own : Of(rank), sum);
            if (ranks.Rank > 0)
                sum.CopyTo(Own);
        }

        _sums.Start();
    }

    public void WaitForSums()
    {
        _sums.Wait();
        for (var rank = 0; rank < ranks.Count && IsRounded; rank++)
            if (rank != ranks.Rank)
                WireNumbers.Unpack(ranks.Wire, Halves(_sent, At(rank) - first, At(rank + 1) - first),
                    numbers.Slice(At(rank), (int)(At(rank + 1) - At(rank))));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _terms.Dispose();
        _sums.Dispose();
        _received.Dispose();
        if (IsRounded)
            _sent.Dispose();
    }

    private static long SliceAt(long first, long end, int line, int rank, int count) =>
        rank == count ? end : first + ((end - first) / line * rank / count * line);

    private static void Add(ReadOnlySpan<float> numbers, Span<float> sum)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(numbers);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sum);
        for (var i = 0; i < to.Length; i++)
            to[i] += from[i];
        for (var i = to.Length * Vector<float>.Count; i < sum.Length; i++)
            sum[i] += numbers[i];
    }

    // This rank's own term is a float; the sum it keeps is the rounded one that the others get.
    private void SumRounded()
    {
        Span<float> sum = room.Slice(0, (int)Slice), term = room.Slice(room.Length / 2, (int)Slice);
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            var into = rank == 0 ? sum : term;
            if (rank == ranks.Rank)
                Own.CopyTo(into);
            else
                WireNumbers.Unpack(ranks.Wire, Halves(_received, rank * Slice, (rank + 1) * Slice), into);
            if (rank > 0)
                Add(term, sum);
        }

        var rounded = Halves(_sent, At(ranks.Rank) - first, At(ranks.Rank + 1) - first);
        WireNumbers.Pack(ranks.Wire, sum, rounded);
        WireNumbers.Unpack(ranks.Wire, rounded, Own);
    }

    private NativeBuffer<byte> Bytes(NativeBuffer<byte> of, long from, long to) =>
        of.Part<byte>(from * ranks.Wire.Bytes(), (to - from) * ranks.Wire.Bytes());

    private static Span<ushort> Halves(NativeBuffer<byte> of, long from, long to) =>
        MemoryMarshal.Cast<byte, ushort>(of.Slice(from * sizeof(ushort), (int)(to - from) * sizeof(ushort)));

    private IEnumerable<NativeBuffer<byte>> Each(Func<int, NativeBuffer<byte>> of) => Enumerable.Range(0, ranks.Count).Select(of);

    private Span<float> Of(int rank) =>
        MemoryMarshal.Cast<byte, float>(_received.Slice(rank * Slice * sizeof(float), (int)Slice * sizeof(float)));

    private long At(int rank) => SliceAt(first, end, line, rank, ranks.Count);
}
