namespace Consort.Learning.Evaluation;

/// <summary>A growing native list of float32 values as sortable 32-bit keys: 4 bytes a row, no limit at 2³¹ rows, reusable.</summary>
internal sealed class KeyList : IDisposable
{
    private readonly GrowingBuffer<uint> _keys = new();
    private readonly GrowingBuffer<uint> _scratch = new();

    public long Count { get; private set; }

    public NativeSpan<uint> Keys => _keys.All.Part(0, Count);

    public void Clear() => Count = 0;

    public void Add(float value)
    {
        if (Count == _keys.Capacity)
            _keys.Grow(Math.Max(4096, checked(_keys.Capacity * 2)));
        _keys[Count++] = Key(value);
    }

    /// <summary>Maps floats to unsigned integers in the same order; −0 and +0 to one key.</summary>
    public static uint Key(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    /// <summary>Sorts ascending.</summary>
    public void Sort()
    {
        if (_scratch.Capacity < Count)
        {
            _scratch.Clear(); // what it holds need not be copied
            _scratch.Grow(Count);
        }
        RadixSort.Sort(Keys, _scratch.All);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _scratch.Dispose();
        Count = 0;
    }
}
