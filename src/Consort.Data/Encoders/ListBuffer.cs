namespace Consort.Data.Encoders;

/// <summary>Lists of a few rows one behind another, each as n, n ids and where ids have weights n of these as the bits of floats.</summary>
internal sealed class ListBuffer
{
    private int[] _numbers = new int[1024];

    /// <summary>How many whole numbers are held.</summary>
    public int Length { get; private set; }

    /// <summary>All that is held.</summary>
    public ReadOnlySpan<int> Numbers => _numbers.AsSpan(0, Length);

    /// <summary>The same in bytes.</summary>
    public Span<byte> Bytes => System.Runtime.InteropServices.MemoryMarshal.AsBytes(_numbers.AsSpan(0, Length));

    public void Clear() => Length = 0;

    /// <summary>Room behind what is held, of which <see cref="Keep"/> takes what was used.</summary>
    public Span<int> Room(int length)
    {
        if (_numbers.Length - Length < length) Array.Resize(ref _numbers, Math.Max(2 * _numbers.Length, Length + length));
        return _numbers.AsSpan(Length, length);
    }

    public void Keep(int length) => Length += length;
}
