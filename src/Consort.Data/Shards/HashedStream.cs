using System.IO.Hashing;

namespace Consort.Data.Shards;

/// <summary>Bytes that are written or read one after another, and hashed on the way.</summary>
/// <param name="inner">Where they go to or come from.</param>
/// <param name="limit">The most that are read.</param>
internal sealed class HashedStream(Stream inner, long limit = 0) : Stream
{
    private readonly XxHash128 _hash = new();
    private long _read;

    /// <summary>XxHash128 of all so far.</summary>
    public byte[] Hash => _hash.GetCurrentHash();

    public override bool CanRead => inner.CanRead;
    public override bool CanSeek => false;
    public override bool CanWrite => inner.CanWrite;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer[..(int)Math.Min(buffer.Length, limit - _read)]);
        _hash.Append(buffer[..read]);
        _read += read;
        return read;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _hash.Append(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override void Flush() => inner.Flush();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
