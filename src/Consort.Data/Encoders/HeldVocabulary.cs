namespace Consort.Data.Encoders;

/// <summary>A vocabulary in managed memory: counted in training, or read from a file.</summary>
internal sealed class HeldVocabulary : Vocabulary
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
        var start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }

    public override int CountOf(int index) => _counts[index];

    /// <summary>Keeps the tokens seen at least <paramref name="minCount"/> times, by descending count, then by ordinal bytes.</summary>
    public static HeldVocabulary Of(TokenTable table, int minCount)
    {
        var entries = new List<Entry>();
        for (var p = table.Next(0); p >= 0; p = table.Next(p + 1))
        {
            if (table.ValueAt(p) >= minCount) entries.Add(new Entry { Place = p, Count = table.ValueAt(p), Head = table.HeadAt(p) });
        }
        Entry[] sorted = [.. entries];
        sorted.AsSpan().Sort(new ByCountThenBytes(table));
        long total = 0;
        foreach (var entry in sorted) total += table.TokenAt(entry.Place).Length;
        if (total > Array.MaxLength)
            throw new ConsortException("found more than 2 GiB of tokens in one column; raise its min_count or set transform hash");
        var (bytes, ends, end) = (new byte[total], new int[sorted.Length], 0);
        for (var i = 0; i < sorted.Length; i++)
        {
            var token = table.TokenAt(sorted[i].Place);
            token.CopyTo(bytes.AsSpan(end));
            ends[i] = end += token.Length;
        }
        return new HeldVocabulary(bytes, ends, Array.ConvertAll(sorted, e => e.Count));
    }

    public static HeldVocabulary Of(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        // A token takes at least two bytes: no file makes us allocate more than its own size calls for.
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / 2)
            throw new InvalidDataException("vocabulary of a wrong size");
        var ends = new int[count];
        var counts = new int[ends.Length];
        var end = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var length = reader.Read7BitEncodedInt();
            if (length < 0) throw new InvalidDataException("token of a negative length");
            ends[i] = end = checked(end + length);
            counts[i] = reader.Read7BitEncodedInt();
        }
        var size = reader.ReadInt32();
        if (size != end || size > reader.BaseStream.Length - reader.BaseStream.Position)
            throw new InvalidDataException("vocabulary of a wrong size");
        var bytes = reader.ReadBytes(size);
        if (bytes.Length != end) throw new InvalidDataException("vocabulary of a wrong size");
        return new HeldVocabulary(bytes, ends, counts);
    }

    private TokenTable Build()
    {
        var table = new TokenTable(Count);
        for (var i = 0; i < Count; i++)
        {
            var token = Token(i);
            table.At(TokenTable.Key(token), token) = i;
        }
        return table;
    }

    // The first 8 bytes decide most comparisons without touching the token again.
    private struct Entry
    {
        public int Place;
        public int Count;
        public ulong Head;
    }

    private readonly struct ByCountThenBytes(TokenTable table) : IComparer<Entry>
    {
        public int Compare(Entry x, Entry y)
        {
            if (x.Count != y.Count) return y.Count.CompareTo(x.Count);
            return x.Head != y.Head ? x.Head.CompareTo(y.Head) : table.TokenAt(x.Place).SequenceCompareTo(table.TokenAt(y.Place));
        }
    }
}
