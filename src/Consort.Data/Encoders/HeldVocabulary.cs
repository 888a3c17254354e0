using System.Buffers;
using System.Buffers.Binary;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A vocabulary in managed memory: counted in training, or read from a file.</summary>
internal sealed class HeldVocabulary : Vocabulary
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly int[] _counts;
    private volatile TokenTable? _index;

    private HeldVocabulary(byte[] bytes, int[] ends, int[] counts) : base(ends.Length)
    {
        _bytes = bytes;
        _ends = ends;
        _counts = counts;
    }

    public override TokenTable Index
    {
        get
        {
            if (_index is { } made) return made;
            lock (_ends) return _index ??= Build();
        }
    }

    public override TokenTable? MadeIndex => _index;

    public override ReadOnlySpan<byte> Token(int index)
    {
        var start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }

    public override int CountOf(int index) => _counts[index];

    /// <summary>Keeps the tokens seen at least <paramref name="minCount"/> times, by descending count, then by ordinal bytes.</summary>
    /// <param name="table">The codes of tokens.</param>
    /// <param name="counts">How often each was seen, by its code.</param>
    /// <param name="minCount">At least once in any case.</param>
    /// <param name="ids">Told of each code the token's place + 2, and 1 where it was not kept.</param>
    public static HeldVocabulary Of(TokenTable table, ReadOnlySpan<int> counts, int minCount, Span<int> ids)
    {
        var entries = new List<Entry>();
        long total = 0;
        minCount = Math.Max(1, minCount);
        ids[1..].Fill(1);
        for (var p = table.Next(0); p >= 0; p = table.Next(p + 1))
        {
            var count = counts[table.ValueAt(p)];
            if (count < minCount) continue;
            var entry = new Entry { Place = p, Count = count, Length = table.LengthAt(p), Head = table.HeadAt(p) };
            entries.Add(entry);
            total += entry.Length;
        }
        Entry[] sorted = [.. entries];
        sorted.AsSpan().Sort(new ByCountThenBytes(table));
        if (total > Array.MaxLength)
            throw new ConsortException("found more than 2 GiB of tokens in one column, expected at most that; raise its min_count or set transform hash");
        var (bytes, ends, end) = (new byte[total], new int[sorted.Length], 0);
        Span<byte> head = stackalloc byte[8];
        for (var i = 0; i < sorted.Length; i++)
        {
            ref readonly var entry = ref sorted[i];
            BinaryPrimitives.WriteUInt64BigEndian(head, entry.Head);
            var token = entry.Length <= 8 ? head[..entry.Length] : table.TokenAt(entry.Place);
            token.CopyTo(bytes.AsSpan(end));
            ids[table.ValueAt(entry.Place)] = i + 2;
            ends[i] = end += token.Length;
        }
        return new HeldVocabulary(bytes, ends, Array.ConvertAll(sorted, e => e.Count));
    }

    /// <summary>Tokens in an order that is given, with their counts.</summary>
    public static HeldVocabulary Of(int count, Func<int, ReadOnlySpan<byte>> token, Func<int, int> countOf)
    {
        var (bytes, ends, counts) = (new ArrayBufferWriter<byte>(), new int[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            bytes.Write(token(i));
            (ends[i], counts[i]) = (bytes.WrittenCount, countOf(i));
        }
        return new HeldVocabulary(bytes.WrittenSpan.ToArray(), ends, counts);
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
        Span<TokenProbe> probes = stackalloc TokenProbe[RowGroup.Capacity];
        for (int done = 0, some; done < Count; done += some)
        {
            some = Math.Min(Count - done, probes.Length);
            for (var i = 0; i < some; i++)
            {
                var start = done + i == 0 ? 0 : _ends[done + i - 1];
                probes[i] = TokenProbe.Of(_bytes, new Cell { Start = start, Length = _ends[done + i] - start });
                table.Prefetch(probes[i]);
            }
            for (var i = 0; i < some; i++) table.At(probes[i], _bytes) = done + i;
        }
        return table;
    }

    // The first 8 bytes decide most comparisons, and are most tokens, without touching the table again.
    private struct Entry
    {
        public int Place;
        public int Count;
        public int Length;
        public ulong Head;
    }

    private readonly struct ByCountThenBytes(TokenTable table) : IComparer<Entry>
    {
        public int Compare(Entry x, Entry y)
        {
            if (x.Count != y.Count) return y.Count.CompareTo(x.Count);
            if (x.Head != y.Head) return x.Head.CompareTo(y.Head);
            return Math.Min(x.Length, y.Length) <= 8
                ? x.Length.CompareTo(y.Length) : table.TokenAt(x.Place).SequenceCompareTo(table.TokenAt(y.Place));
        }
    }
}
