using System.Numerics;
using System.Runtime.InteropServices;
using Consort.Foundation.Ranks;

namespace Consort.Learning.Ranks;

/// <summary>
/// Sums up numbers over the ranks: each gets a slice of all, adds it in the order of ranks, and gives the sum to all. A rank sends
/// 2 (N − 1)/N of the numbers, as little as any way can, and the bits are the same however the network delivers.
/// </summary>
internal sealed class DenseExchange : IDisposable
{
    private const int Line = 16; // numbers that no slice parts
    private readonly IRanks _ranks;
    private readonly NativeBuffer<float> _numbers;
    private readonly NativeBuffer<float> _received; // [ranks, slice]
    private readonly int _slice; // of this rank
    private readonly int[] _sentLengths; // bytes
    private readonly int[] _receivedLengths;

    /// <summary>Lays out room.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="numbers">What is summed up, in place.</param>
    public DenseExchange(IRanks ranks, NativeBuffer<float> numbers)
    {
        (_ranks, _numbers) = (ranks, numbers);
        _sentLengths = [.. Enumerable.Range(0, ranks.Count).Select(r => checked((int)(sizeof(float) * (First(r + 1) - First(r)))))];
        _slice = _sentLengths[ranks.Rank] / sizeof(float);
        _receivedLengths = [.. Enumerable.Repeat(_slice * sizeof(float), ranks.Count)];
        _received = new NativeBuffer<float>((long)_slice * ranks.Count);
    }

    /// <summary>Sums them up.</summary>
    public void Run()
    {
        _ranks.Exchange(Bytes(_numbers), _sentLengths, Bytes(_received), _receivedLengths);
        var sum = _received.Slice(0, _slice);
        for (var rank = 1; rank < _ranks.Count; rank++)
            Add(_received.Slice((long)rank * _slice, _slice), sum);
        _ranks.Gather(MemoryMarshal.AsBytes(sum), Bytes(_numbers), _sentLengths);
    }

    /// <inheritdoc/>
    public void Dispose() => _received.Dispose();

    private long First(int rank) => rank == _ranks.Count ? _numbers.Length : _numbers.Length / Line * rank / _ranks.Count * Line;

    private static Span<byte> Bytes(NativeBuffer<float> numbers) => MemoryMarshal.AsBytes(numbers.Span);

    private static void Add(ReadOnlySpan<float> numbers, Span<float> sum)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(numbers);
        var to = MemoryMarshal.Cast<float, Vector<float>>(sum);
        for (var i = 0; i < to.Length; i++)
            to[i] += from[i];
        for (var i = to.Length * Vector<float>.Count; i < sum.Length; i++)
            sum[i] += numbers[i];
    }
}
