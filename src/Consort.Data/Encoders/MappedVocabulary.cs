namespace Consort.Data.Encoders;

/// <summary>
/// A vocabulary used where a file is mapped: the index, in whose slots the tokens lie, and of each token its slot and its
/// count. Opening it reads next to nothing. Wrong bytes give wrong tokens or none, and no read outside of them.
/// </summary>
internal sealed unsafe class MappedVocabulary : Vocabulary
{
    private readonly TokenTable _index; // which keeps the memory mapped
    private readonly int* _places; // [V] slots
    private readonly int* _counts; // [V]

    private MappedVocabulary(int count, TokenTable index, int* places, int* counts) : base(count)
    {
        _index = index;
        _places = places;
        _counts = counts;
    }

    public override TokenTable Index => _index;

    /// <summary>A copy: memory that is mapped may go with the vocabulary.</summary>
    public override ReadOnlySpan<byte> Token(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        byte[] token = _index.TokenAt(_places[index]);
        GC.KeepAlive(_index);
        return token;
    }

    public override int CountOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        int count = _counts[index];
        GC.KeepAlive(_index);
        return count;
    }

    /// <summary>Writes what <see cref="Read"/> needs to find a vocabulary in the memory.</summary>
    public static void WriteSizes(BinaryWriter writer, Vocabulary vocabulary)
    {
        writer.Write(vocabulary.Count);
        writer.Write(vocabulary.Index.Bits);
        writer.Write(vocabulary.Index.Arena.Length);
    }

    /// <summary>Gives the memory of a vocabulary: slots, longer tokens, the slot of each token, counts; then zeros.</summary>
    public static void WriteMemory(Vocabulary vocabulary, BytesTaker take)
    {
        TokenTable index = vocabulary.Index;
        index.Slots.Give(take);
        index.Arena.Give(take);
        var numbers = new int[vocabulary.Count];
        index.VisitPlaces((value, place) =>
        {
            if ((uint)value < (uint)numbers.Length) numbers[value] = place;
        });
        take(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(numbers));
        for (int i = 0; i < numbers.Length; i++) numbers[i] = vocabulary.CountOf(i);
        take(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(numbers));
        long bytes = index.Slots.Length + index.Arena.Length + 8L * numbers.Length;
        take(new byte[MappedMemory.Padding(bytes)]);
        GC.KeepAlive(index);
    }

    /// <summary>Finds the next vocabulary in the memory.</summary>
    /// <exception cref="InvalidDataException">It does not fit.</exception>
    public static MappedVocabulary Read(BinaryReader reader, MappedMemory memory)
    {
        int count = reader.ReadInt32(), bits = reader.ReadInt32();
        long arenaBytes = reader.ReadInt64();
        if (bits is < TokenTable.LeastBits or > TokenTable.MostBits || count < 0 || count >= 1 << bits || arenaBytes < 0 || arenaBytes > memory.Left || arenaBytes % 8 != 0)
            throw new InvalidDataException("vocabulary of a wrong size");
        long slotBytes = (long)TokenTable.SlotBytes << bits, bytes = slotBytes + arenaBytes + 8L * count;
        byte* slots = memory.Take(bytes + MappedMemory.Padding(bytes));
        byte* places = slots + slotBytes + arenaBytes;
        return new MappedVocabulary(count, new TokenTable(slots, bits, slots + slotBytes, arenaBytes, memory.Owner), (int*)places, (int*)places + count);
    }
}
