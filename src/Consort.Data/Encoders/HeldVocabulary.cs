using System.Buffers.Binary;

namespace Consort.Data.Encoders;

/// <summary>A vocabulary in managed memory: counted in training, or read from a file.</summary>
internal sealed unsafe class HeldVocabulary : Vocabulary
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly int[] _counts;
    private TokenTable? _index;

    private HeldVocabulary(byte[] bytes, int[] ends, int[] counts) : base(ends.Length)
    {
        _bytes = bytes;
        _ends = ends;
        _counts = counts;
    }

    public override TokenTable Index => _index ??= Build();

    public override ReadOnlySpan<byte> Token(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }

    public override int CountOf(int index) => _counts[index];

    /// <summary>Keeps the tokens seen at least <paramref name="minCount"/> times, by descending count, then by ordinal bytes.</summary>
    public static HeldVocabulary Of(TokenTable table, int minCount)
    {
        var entries = new List<Entry>();
        table.Visit((token, length, count) =>
        {
            if (count >= minCount) entries.Add(new Entry(token, length, count));
        });
        Entry[] sorted = [.. entries];
        sorted.AsSpan().Sort(default(ByCountThenBytes));

        long total = 0;
        foreach (Entry entry in sorted) total += entry.Length;
        if (total > Array.MaxLength) throw new ConsortException("found more than 2 GiB of tokens in one column; raise its min_count or set transform hash");
        var bytes = new byte[total];
        var ends = new int[sorted.Length];
        var counts = new int[sorted.Length];
        int end = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            new ReadOnlySpan<byte>((byte*)sorted[i].Token, sorted[i].Length).CopyTo(bytes.AsSpan(end));
            ends[i] = end += sorted[i].Length;
            counts[i] = sorted[i].Count;
        }
        GC.KeepAlive(table); // the entries point into it
        return new HeldVocabulary(bytes, ends, counts);
    }

    public static HeldVocabulary Of(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        // A token takes at least two bytes: no file makes us allocate more than its own size calls for.
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / 2) throw new InvalidDataException("vocabulary of a wrong size");
        var ends = new int[count];
        var counts = new int[ends.Length];
        int end = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            int length = reader.Read7BitEncodedInt();
            if (length < 0) throw new InvalidDataException("token of a negative length");
            ends[i] = end = checked(end + length);
            counts[i] = reader.Read7BitEncodedInt();
        }
        int size = reader.ReadInt32();
        if (size != end || size > reader.BaseStream.Length - reader.BaseStream.Position) throw new InvalidDataException("vocabulary of a wrong size");
        byte[] bytes = reader.ReadBytes(size);
        if (bytes.Length != end) throw new InvalidDataException("vocabulary of a wrong size");
        return new HeldVocabulary(bytes, ends, counts);
    }

    private TokenTable Build()
    {
        var table = new TokenTable(Count);
        for (int i = 0; i < Count; i++) table.At(TokenTable.Key(Token(i)), Token(i)) = i;
        return table;
    }

    /// <summary>The first 8 bytes, most significant first, decide most comparisons without touching the token again.</summary>
    private readonly struct Entry
    {
        public Entry(nint token, int length, int count)
        {
            Token = token;
            Length = length;
            Count = count;
            Span<byte> head = stackalloc byte[8];
            head.Clear();
            new ReadOnlySpan<byte>((byte*)token, Math.Min(8, length)).CopyTo(head);
            Head = BinaryPrimitives.ReadUInt64BigEndian(head);
        }

        public readonly nint Token;
        public readonly int Length;
        public readonly int Count;
        public readonly ulong Head;
    }

    private readonly struct ByCountThenBytes : IComparer<Entry>
    {
        public int Compare(Entry x, Entry y)
        {
            if (x.Count != y.Count) return y.Count.CompareTo(x.Count);
            if (x.Head != y.Head) return x.Head.CompareTo(y.Head);
            return new ReadOnlySpan<byte>((byte*)x.Token, x.Length).SequenceCompareTo(new ReadOnlySpan<byte>((byte*)y.Token, y.Length));
        }
    }
}
