namespace Consort.Data.Encoders;

/// <summary>Memory that a file is mapped to, handed out from its beginning on, each part from a cache line on.</summary>
/// <param name="memory">Stays for as long as something refers to it.</param>
/// <param name="length">How much of it.</param>
internal sealed unsafe class MappedMemory(HeldBytes memory, long length)
{
    private const int Line = 64;
    private long _taken;

    public HeldBytes Owner => memory;

    /// <summary>Bytes not handed out yet.</summary>
    public long Left => length - _taken;

    /// <summary>Zeros that make a length one of whole cache lines.</summary>
    public static int Padding(long bytes) => (int)(-bytes & (Line - 1));

    /// <summary>The next bytes.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public byte* Take(long bytes)
    {
        if (bytes < 0 || bytes > Left) throw new InvalidDataException("vocabulary of a wrong size");
        byte* part = memory.Pointer + _taken;
        _taken += bytes;
        return part;
    }
}
