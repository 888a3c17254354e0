using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Consort.Data.Encoders;

/// <summary>The packed streams of a block, each read from its beginning on. Used again for the next block.</summary>
internal sealed class DraftBlock
{
    private readonly (int At, int Width, int Left)[] _streams;
    private byte[] _bytes = [];

    /// <param name="streams">How many there are.</param>
    public DraftBlock(int streams) => _streams = new (int, int, int)[streams];

    /// <summary>Who has counted the rows, and so knows the codes.</summary>
    public int Worker { get; private set; }

    /// <summary>Room for what is packed.</summary>
    public Span<byte> Room(int bytes)
    {
        if (_bytes.Length < bytes + DraftStream.Padding) _bytes = new byte[bytes + bytes / 4 + DraftStream.Padding];
        return _bytes.AsSpan(0, bytes);
    }

    /// <summary>Begins, once that room is filled.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what was packed.</exception>
    public void Begin(int worker, int bytes)
    {
        Worker = worker;
        var at = 0;
        for (var s = 0; s < _streams.Length; s++)
        {
            if (at + DraftStream.HeadBytes > bytes) throw Damaged();
            var (length, width) = (BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at)), _bytes[at + 4]);
            _streams[s] = (at + DraftStream.HeadBytes, width, length);
            if (length < 0 || width > 4 || at + DraftStream.HeadBytes + (long)length * width > bytes) throw Damaged();
            at += DraftStream.HeadBytes + length * width;
        }
    }

    /// <summary>Takes the next numbers of a stream.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Next(int stream, Span<int> numbers)
    {
        var next = Next(stream, numbers.Length);
        for (var i = 0; i < numbers.Length; i++) numbers[i] = next[i];
    }

    /// <summary>The next numbers of a stream where they are packed.</summary>
    public Packed Next(int stream, int count)
    {
        ref var next = ref _streams[stream];
        if (next.Left < count) throw Damaged();
        next.Left -= count;
        var packed = new Packed(_bytes.AsSpan(next.At, next.Width * count + DraftStream.Padding), next.Width);
        next.At += next.Width * count;
        return packed;
    }

    /// <summary>Packed numbers.</summary>
    public readonly ref struct Packed(ReadOnlySpan<byte> bytes, int width)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly uint _mask = (uint)((1ul << (8 * width)) - 1);

        public int this[int i]
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => (int)(BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(i * width)..]) & _mask);
        }
    }

    private static InvalidDataException Damaged() => new("drafts of rows that are not what was written");
}
