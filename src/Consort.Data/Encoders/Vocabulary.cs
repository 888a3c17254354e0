using System.IO.Hashing;

namespace Consort.Data.Encoders;

/// <summary>The tokens of a column in the order of their ids, with their counts in training.</summary>
internal abstract class Vocabulary(int count)
{
    /// <summary>The tokens.</summary>
    public int Count => count;

    /// <summary>
    /// From a token to its place in the order; a number outside 0 to <see cref="Count"/> − 1 is none. Made at the first call.
    /// </summary>
    public abstract TokenTable Index { get; }

    /// <summary>The same where it is made; null before the first call.</summary>
    public virtual TokenTable? MadeIndex => Index;

    /// <summary>The bytes of a token.</summary>
    public abstract ReadOnlySpan<byte> Token(int index);

    /// <summary>A hash of the bytes of a token; nothing is allocated.</summary>
    public virtual ulong HashOf(int index) => XxHash3.HashToUInt64(Token(index));

    /// <summary>How often training saw it.</summary>
    public abstract int CountOf(int index);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Vocabulary Read(BinaryReader reader) => HeldVocabulary.Of(reader);

    /// <summary>Writes sizes and counts, then all the bytes.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        long bytes = 0;
        for (var i = 0; i < Count; i++)
        {
            var length = Token(i).Length;
            writer.Write7BitEncodedInt(length);
            writer.Write7BitEncodedInt(CountOf(i));
            bytes += length;
        }
        writer.Write(checked((int)bytes));
        for (var i = 0; i < Count; i++) writer.Write(Token(i));
    }
}
