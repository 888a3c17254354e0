namespace Consort.Data.Encoders;

/// <summary>Bytes in native memory, perhaps more than a span can hold.</summary>
internal readonly unsafe struct ReadOnlyMemoryBlock(void* data, long length)
{
    private const int SpanBytes = 1 << 30;

    /// <summary>The bytes.</summary>
    public long Length => length;

    /// <summary>Gives the bytes, in order.</summary>
    public void Give(BytesTaker take)
    {
        for (long done = 0; done < length; done += SpanBytes)
            take(new ReadOnlySpan<byte>((byte*)data + done, (int)Math.Min(SpanBytes, length - done)));
    }
}

/// <summary>Takes bytes that are valid during the call.</summary>
/// <param name="bytes">Some of them, in order.</param>
public delegate void BytesTaker(ReadOnlySpan<byte> bytes);
