using System.Runtime.InteropServices;

namespace Consort.Learning.Evaluation;

/// <summary>A growing native list of float32 values as sortable 32-bit keys: 4 bytes a row, no limit at 2³¹ rows, reusable.</summary>
internal sealed unsafe class KeyList : IDisposable
{
    private uint* _keys;
    private uint* _scratch;
    private long _capacity;
    private long _scratchCapacity;

    ~KeyList() => Free();

    public long Count { get; private set; }

    public uint* Keys => _keys;

    public void Clear() => Count = 0;

    public void Add(float value)
    {
        if (Count == _capacity)
        {
            Grow();
        }
        _keys[Count++] = Key(value);
    }

    /// <summary>Maps floats to unsigned integers in the same order; −0 and +0 to one key.</summary>
    public static uint Key(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    /// <summary>Sorts ascending.</summary>
    public void Sort()
    {
        if (_scratchCapacity < Count)
        {
            NativeMemory.Free(_scratch);
            _scratch = null;
            _scratchCapacity = 0;
            _scratch = (uint*)NativeMemory.Alloc((nuint)Count, sizeof(uint));
            _scratchCapacity = Count;
        }
        RadixSort.Sort(_keys, _scratch, Count);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Grow()
    {
        long capacity = Math.Max(4096, checked(_capacity * 2));
        _keys = (uint*)NativeMemory.Realloc(_keys, (nuint)(capacity * sizeof(uint)));
        _capacity = capacity;
    }

    private void Free()
    {
        NativeMemory.Free(_keys);
        NativeMemory.Free(_scratch);
        _keys = _scratch = null;
        _capacity = _scratchCapacity = Count = 0;
    }
}
