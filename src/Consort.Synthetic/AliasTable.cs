namespace Consort.Synthetic;

/// <summary>Walker's alias method: draws an outcome of a discrete distribution in constant time from 64 random bits.</summary>
internal sealed class AliasTable
{
    private readonly uint[] _thresholds;
    private readonly int[] _aliases;

    /// <summary>Builds the table.</summary>
    /// <param name="probabilities">Not negative, with sum 1.</param>
    public AliasTable(ReadOnlySpan<double> probabilities)
    {
        var count = probabilities.Length;
        _thresholds = new uint[count];
        _aliases = new int[count];
        var scaled = new double[count];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var i = 0; i < count; i++)
        {
            scaled[i] = probabilities[i] * count;
            (scaled[i] < 1 ? small : large).Push(i);
            _aliases[i] = i;
            _thresholds[i] = uint.MaxValue;
        }
        while (small.Count > 0 && large.Count > 0)
        {
            var low = small.Pop();
            var high = large.Pop();
            _thresholds[low] = (uint)Math.Min(scaled[low] * 4294967296.0, uint.MaxValue);
            _aliases[low] = high;
            scaled[high] -= 1 - scaled[low];
            (scaled[high] < 1 ? small : large).Push(high);
        }
    }

    /// <summary>The outcome for 64 random bits: the upper half chooses a cell, the lower half between the cell and its alias.</summary>
    public int Draw(ulong bits)
    {
        var cell = (int)(((bits >> 32) * (ulong)_aliases.Length) >> 32);
        return (uint)bits <= _thresholds[cell] ? cell : _aliases[cell];
    }
}
