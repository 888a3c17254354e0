using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Data.Encoders;

/// <summary>
/// Whole numbers that stand for the rows of a block until an encoder is fitted, one behind another: codes of tokens, halves of numbers,
/// lengths of lists. Packed they take as many bytes each as the greatest of the block needs, and none where all are 0.
/// </summary>
/// <remarks>Here and in counters, loops are compiled for good at their first call: many a file is read before the runtime comes back to
/// what it compiled in haste.</remarks>
internal sealed class DraftStream
{
    /// <summary>Bytes before the numbers of a packed stream: how many, and the bytes of each.</summary>
    public const int HeadBytes = 5;

    /// <summary>Bytes behind what is packed that may be written and read.</summary>
    public const int Padding = 4;

    private int[] _values = []; // of very many columns each has few rows in a block

    public int Length { get; private set; }

    /// <summary>Room for more numbers, which hold rubbish.</summary>
    public Span<int> Take(int count)
    {
        if (_values.Length - Length < count) Array.Resize(ref _values, Math.Max(2 * Math.Max(_values.Length, 32), Length + count));
        Length += count;
        return _values.AsSpan(Length - count, count);
    }

    public void Add(int value) => Take(1)[0] = value;

    public void Clear() => Length = 0;

    /// <summary>The most bytes that it takes.</summary>
    public int MostBytes => HeadBytes + 4 * Length + Padding;

    /// <summary>Writes all numbers; gives the bytes that they took.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Pack(Span<byte> target)
    {
        ReadOnlySpan<int> values = _values.AsSpan(0, Length);
        uint all = 0;
        foreach (var value in values) all |= (uint)value;
        var width = (39 - BitOperations.LeadingZeroCount(all)) / 8;
        BinaryPrimitives.WriteInt32LittleEndian(target, Length);
        target[4] = (byte)width;
        target = target[HeadBytes..];
        if (width == 0) return HeadBytes;
        // Each number is written whole, and the next one over what it does not need.
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(target[(i * width)..], values[i]);
        return HeadBytes + width * values.Length;
    }
}

/// <summary>Numbers in two streams, each half of their bits.</summary>
internal static class DraftNumbers
{
    public const int Streams = 2;

    /// <summary>In place of a cell that only the fitted column may refuse: the rows are then read again, for the message.</summary>
    public const double Refused = double.PositiveInfinity;

    /// <summary>In place of a missing number.</summary>
    public const double Missing = double.NaN;

    public static void Add(ReadOnlySpan<DraftStream> draft, double number)
    {
        var bits = BitConverter.DoubleToInt64Bits(number);
        draft[0].Add((int)bits);
        draft[1].Add((int)(bits >> 32));
    }

    public static double Of(int low, int high) => BitConverter.Int64BitsToDouble((long)high << 32 | (uint)low);
}
