using System.Diagnostics;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Finds out which of two ways to compute products of one size is faster here, where both give the same bits: caches differ from processor
/// to processor, and which way suits them does too (docs/design/0048-packed-weight-gradient.md). Of a size that it has no room for, the
/// first is taken.
/// </summary>
/// <remarks>
/// Both are tried in turns, and the better best time decides: a neighbour on the processor makes single calls slow, never fast. It is asked
/// again now and then, so that one bad moment does not decide for days.
/// </remarks>
internal sealed class FasterWay
{
    /// <summary>Calls of both ways together until one is chosen; the first two do not count, for their code and caches are cold.</summary>
    public const int Trials = 12;

    private const int Sizes = 64;
    private const int Period = 1024; // calls after which it is tried again

    private readonly Size[] _sizes = new Size[Sizes];
    private int _count;
    private long _start;

    /// <summary>Begins a product; gives a place for <see cref="End"/> and whether it goes the second way.</summary>
    public (int Place, bool IsSecond) Begin(int m, int n, int k)
    {
        var place = Find(m, n, k);
        if (place < 0)
            return (place, false);
        ref var size = ref _sizes[place];
        var isSecond = size.Calls < Trials ? size.Calls % 2 == 1 : size.BestSecond < size.BestFirst;
        _start = Stopwatch.GetTimestamp();
        return (place, isSecond);
    }

    /// <summary>Ends it.</summary>
    public void End(int place, bool isSecond)
    {
        if (place < 0)
            return;
        ref var size = ref _sizes[place];
        var ticks = Stopwatch.GetTimestamp() - _start;
        if (size.Calls == 0)
            (size.BestFirst, size.BestSecond) = (long.MaxValue, long.MaxValue);
        else if (size.Calls is > 1 and < Trials && isSecond)
            size.BestSecond = Math.Min(size.BestSecond, ticks);
        else if (size.Calls is > 1 and < Trials)
            size.BestFirst = Math.Min(size.BestFirst, ticks);
        size.Calls = size.Calls == Period ? 0 : size.Calls + 1;
    }

    private int Find(int m, int n, int k)
    {
        for (var i = 0; i < _count; i++)
            if (_sizes[i].M == m && _sizes[i].N == n && _sizes[i].K == k)
                return i;
        if (_count == Sizes)
            return -1;
        _sizes[_count] = new Size { M = m, N = n, K = k };
        return _count++;
    }

    private struct Size
    {
        public int M, N, K;
        public int Calls;
        public long BestFirst, BestSecond;
    }
}
