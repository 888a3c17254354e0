using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Programs;

/// <summary>What each rank has summed up over its rows of a batch, told to all: they add it in the order of ranks.</summary>
/// <param name="ranks">The ranks.</param>
/// <param name="length">Sums that each has.</param>
internal sealed class RankSums(IRanks ranks, int length)
{
    private readonly double[] _own = new double[1 + length]; // rows, sums
    private readonly double[] _all = new double[ranks.Count * (1 + length)];
    private readonly int[] _lengths = new int[ranks.Count];

    /// <summary>How many ranks there are.</summary>
    public int Count => ranks.Count;

    /// <summary>Gives all what each has.</summary>
    public void Gather(double rows, ReadOnlySpan<double> sums)
    {
        _own[0] = rows;
        sums.CopyTo(_own.AsSpan(1));
        ranks.GatherEqual<double>(_own, _all, _lengths);
    }

    /// <summary>Rows that a rank has.</summary>
    public double RowsOf(int rank) => _all[rank * _own.Length];

    /// <summary>Its sums.</summary>
    public ReadOnlySpan<double> Of(int rank) => _all.AsSpan((rank * _own.Length) + 1, length);
}
