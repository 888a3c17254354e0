using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>
/// What the guarded build fills memory with: a NaN with a payload of its own in memory of floats and doubles, which arithmetic carries
/// along, and 0xCD elsewhere.
/// </summary>
/// <remarks>
/// One pattern of 32 bits serves both: a quiet NaN as a float, and twice in a row a signalling one as a double. A maximum, a comparison or
/// a rounding to bf16 can swallow the payload.
/// </remarks>
public static class Poison
{
    /// <summary>Of floats and doubles.</summary>
    internal const uint Number = 0x7FF4_CDCD;

    /// <summary>Of everything else.</summary>
    internal const uint Other = 0xCDCD_CDCD;

    internal const byte OtherByte = 0xCD;

    private const uint Sign = 0x8000_0000;
    private const ulong Wide = ((ulong)Number << 32) | Number;
    private const ulong Quiet = 1UL << 51; // what the first operation on a signalling NaN sets
    private const ulong WideSign = 1UL << 63;

    /// <summary>The pattern of an element.</summary>
    internal static uint Of<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double) ? Number : Other;

    /// <summary>Fills memory.</summary>
    internal static void Fill<T>(Span<T> memory)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(memory);
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        words.Fill(Of<T>());
        bytes[(words.Length * sizeof(uint))..].Fill(OtherByte);
    }

    /// <summary>The first number that is poison or was computed from it, or −1; always −1 for what is neither float nor double.</summary>
    public static int IndexIn<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged =>
            typeof(T) == typeof(float) ? MemoryMarshal.Cast<T, uint>(numbers).IndexOfAny(Number, Number | Sign)
            : typeof(T) == typeof(double) ? MemoryMarshal.Cast<T, ulong>(numbers)
            .IndexOfAny([Wide, Wide | Quiet, Wide | WideSign, Wide | Quiet | WideSign])
            : -1;

    /// <summary>The first element that is not as <see cref="Fill"/> left it, or −1.</summary>
    internal static int FirstWritten<T>(ReadOnlySpan<T> memory)
        where T : unmanaged
    {
        var words = MemoryMarshal.Cast<T, uint>(memory);
        var found = words.IndexOfAnyExcept(Of<T>());
        return found < 0 ? -1 : (int)((long)found * sizeof(uint) * memory.Length / MemoryMarshal.AsBytes(memory).Length);
    }
}
