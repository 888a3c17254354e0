using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Programs;

/// <summary>Finds where the positions of this rank's rows begin among those of the whole batch.</summary>
internal sealed class PositionPlaces(IRanks ranks, IReadOnlyList<Segments> segments)
{
    private readonly int[] _own = new int[segments.Count];
    private readonly int[] _all = new int[ranks.Count * segments.Count]; // [ranks, segments]
    private readonly int[] _lengths = new int[ranks.Count];

    /// <summary>Asks the others, once this rank's positions have been found.</summary>
    public void Find()
    {
        for (var i = 0; i < _own.Length; i++)
            _own[i] = segments[i].Rows;
        ranks.GatherEqual<int>(_own, _all, _lengths);
        for (var i = 0; i < _own.Length; i++)
        {
            segments[i].First = 0;
            for (var rank = 0; rank < ranks.Rank; rank++)
                segments[i].First += _all[(rank * _own.Length) + i];
        }
    }
}
