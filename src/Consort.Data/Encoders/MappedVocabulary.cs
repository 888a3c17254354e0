using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Data.Encoders;

/// <summary>
/// A vocabulary used where a file is mapped: the index, in whose slots the tokens lie, and of each token its slot and its count. Opening it
/// reads next to nothing. Wrong bytes give wrong tokens or none, and no read outside of them.
/// </summary>
internal sealed class MappedVocabulary(TokenTable index, NativeBuffer<int> places,
    NativeBuffer<int> counts) : Vocabulary((int)places.Length)
{
    private const int Line = 64;

    public override TokenTable Index => index;

    /// <summary>A copy: memory that is mapped may go with the vocabulary.</summary>
    public override ReadOnlySpan<byte> Token(int token)
    {
        var bytes = index.TokenAt(places[token]).ToArray();
        GC.KeepAlive(this);
        return bytes;
    }

    public override ulong HashOf(int token)
    {
        var hash = XxHash3.HashToUInt64(index.TokenAt(places[token]));
        GC.KeepAlive(this);
        return hash;
    }

    public override int CountOf(int token)
    {
        var count = counts[token];
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>Writes what <see cref="Read"/> needs to find a vocabulary in the memory.</summary>
    public static void WriteSizes(BinaryWriter writer, Vocabulary vocabulary)
    {
        writer.Write(vocabulary.Count);
        writer.Write(vocabulary.Index.Bits);
        writer.Write(vocabulary.Index.ArenaBytes);
    }

    /// <summary>Gives the memory of a vocabulary: slots, longer tokens, the slot of each token, counts; then zeros.</summary>
    public static void WriteMemory(Vocabulary vocabulary, BytesTaker take)
    {
        var index = vocabulary.Index;
        index.Give(take);
        var numbers = new int[vocabulary.Count];
        for (var place = index.Next(0); place >= 0; place = index.Next(place + 1))
        {
            if ((uint)index.ValueAt(place) < (uint)numbers.Length) numbers[index.ValueAt(place)] = place;
        }
        take(MemoryMarshal.AsBytes<int>(numbers));
        for (var i = 0; i < numbers.Length; i++) numbers[i] = vocabulary.CountOf(i);
        take(MemoryMarshal.AsBytes<int>(numbers));
        take(new byte[Padding(((long)Unsafe.SizeOf<TokenTable.Slot>() << index.Bits) + index.ArenaBytes + 8L * numbers.Length)]);
    }

    /// <summary>Finds the next vocabulary in the memory.</summary>
    /// <exception cref="InvalidDataException">It does not fit.</exception>
    public static MappedVocabulary Read(BinaryReader reader, MappedMemory memory)
    {
        int count = reader.ReadInt32(), bits = reader.ReadInt32();
        var arena = reader.ReadInt64();
        if (bits is < TokenTable.LeastBits or > TokenTable.MostBits || count < 0 || count >= 1 << bits || arena % 8 != 0)
            throw MappedMemory.WrongSize();
        var left = memory.Left;
        var index = new TokenTable(memory.Take<TokenTable.Slot>(1L << bits), memory.Take<byte>(arena));
        var vocabulary = new MappedVocabulary(index, memory.Take<int>(count), memory.Take<int>(count));
        memory.Take<byte>(Padding(left - memory.Left));
        return vocabulary;
    }

    // Zeros that make a length one of whole cache lines.
    private static int Padding(long bytes) => (int)(-bytes & (Line - 1));
}

/// <summary>Memory that a file is mapped to, handed out from its beginning on.</summary>
internal sealed class MappedMemory(NativeBuffer<byte> memory)
{
    private long _taken;

    /// <summary>Bytes not handed out yet.</summary>
    public long Left => memory.Length - _taken;

    public static InvalidDataException WrongSize() => new("vocabulary of a wrong size");

    /// <summary>The next elements.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public NativeBuffer<T> Take<T>(long length)
        where T : unmanaged
    {
        if (length < 0 || length > Left / Unsafe.SizeOf<T>()) throw WrongSize();
        var part = memory.Part<T>(_taken, length);
        _taken += length * Unsafe.SizeOf<T>();
        return part;
    }
}
