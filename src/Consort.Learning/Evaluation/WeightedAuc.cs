namespace Consort.Learning.Evaluation;

/// <summary>
/// AUC of rows that do not all count alike: Σ w_c w_o [z_c above z_o, a tie one half] / (Σ w_c · Σ w_o) over clicks c and others o. Rows of
/// weight 1 give what <see cref="AucCounter"/> gives; a row of weight 2 is the row twice. Keeps 8 bytes a row.
/// </summary>
internal sealed class WeightedAuc : IDisposable
{
    private readonly GrowingBuffer<ulong> _clicks = new(); // the key of the value above the bits of the weight
    private readonly GrowingBuffer<ulong> _others = new();
    private bool _undefined;

    public long Rows => Clicks + Others;

    public long Clicks { get; private set; }

    private long Others { get; set; }

    public void Add(float value, bool click, float weight)
    {
        _undefined |= float.IsNaN(value);
        var entry = ((ulong)KeyList.Key(value) << 32) | BitConverter.SingleToUInt32Bits(weight);
        if (click) Put(_clicks, Clicks++, entry);
        else Put(_others, Others++, entry);
    }

    public double Result()
    {
        if (_undefined || Clicks == 0 || Others == 0) return double.NaN;
        ReadOnlySpan<ulong> clicks = Sorted(_clicks, Clicks), others = Sorted(_others, Others);
        CompensatedSum wins = default, ofClicks = default, ofOthers = default;
        foreach (var other in others) ofOthers.Add(WeightOf(other));
        var below = default(CompensatedSum);
        for (int c = 0, o = 0; c < clicks.Length;)
        {
            var key = clicks[c] >> 32;
            while (o < others.Length && others[o] >> 32 < key) below.Add(WeightOf(others[o++]));
            double tiedOthers = 0, tiedClicks = 0;
            for (var at = o; at < others.Length && others[at] >> 32 == key; at++) tiedOthers += WeightOf(others[at]);
            for (; c < clicks.Length && clicks[c] >> 32 == key; c++) tiedClicks += WeightOf(clicks[c]);
            wins.Add(tiedClicks * (below.Value + (tiedOthers / 2)));
            ofClicks.Add(tiedClicks);
        }

        return wins.Value / (ofClicks.Value * ofOthers.Value); // NaN where all of one kind count nothing
    }

    public void Clear() => (Clicks, Others, _undefined) = (0, 0, false);

    public void Dispose()
    {
        _clicks.Dispose();
        _others.Dispose();
    }

    private static void Put(GrowingBuffer<ulong> list, long at, ulong entry)
    {
        if (at == list.Capacity) list.Grow(Math.Max(4096, checked(list.Capacity * 2)));
        list[at] = entry;
    }

    private static Span<ulong> Sorted(GrowingBuffer<ulong> list, long count)
    {
        if (count > int.MaxValue)
            throw new ConsortException(FormattableString.Invariant($"found {count:N0} weighted rows of one label to measure, expected at most {int.MaxValue:N0}"));
        var entries = list.Slice(0, (int)count);
        entries.Sort();
        return entries;
    }

    private static double WeightOf(ulong entry) => BitConverter.UInt32BitsToSingle((uint)entry);
}
