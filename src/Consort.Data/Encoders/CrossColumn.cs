using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A column that is made of what other columns of the row have become, and so is right wherever a row is put together.</summary>
internal interface IGeneratedColumn
{
    /// <summary>The columns that it is made of, by their places among those of ids.</summary>
    IEnumerable<int> Sources { get; }

    /// <summary>What a row has of it: an id, or the bits of a float.</summary>
    /// <param name="ids">[F] ids of the row.</param>
    /// <param name="lists">Where its lists are.</param>
    /// <param name="from">Where those begin among the lists that the ids count from.</param>
    int BitsOf(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from);
}

/// <summary>The columns that a cross pairs, and what makes a row's pair out of their ids.</summary>
/// <param name="parts">The columns, each with its place among the ids.</param>
internal sealed class CrossKey((ColumnEncoder Column, int Place)[] parts)
{
    /// <summary>The columns.</summary>
    public IReadOnlyList<(ColumnEncoder Column, int Place)> Parts => parts;

    /// <summary>Bytes of a pair: each column's id counted from its offset, 4 bytes, least significant first.</summary>
    public int Bytes => 4 * parts.Length;

    /// <summary>The columns that a field names.</summary>
    /// <param name="field">A cross.</param>
    /// <param name="columns">All columns of ids that are not generated.</param>
    /// <exception cref="InvalidDataException">One of them is not there.</exception>
    public static CrossKey Of(Field field, IReadOnlyList<ColumnEncoder> columns) => new([.. field.Of.Select(name =>
    {
        var place = columns.ToList().FindIndex(c => c.Name == name);
        return place >= 0 && columns[place] is not RaggedColumn ? (columns[place], place) : throw new InvalidDataException("a cross");
    })]);

    /// <summary>Writes a row's pair; false where the row has none of the tokens.</summary>
    public bool TryWrite(ReadOnlySpan<int> ids, Span<byte> key)
    {
        var any = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var own = ids[parts[i].Place] - parts[i].Column.Offset;
            any |= own;
            MemoryMarshal.Write(key[(4 * i)..], own);
        }
        return any != 0;
    }

    /// <summary>A hash of the texts of a pair, which stays the same where ids are dealt anew.</summary>
    public ulong HashOf(ReadOnlySpan<byte> key)
    {
        Span<ulong> hashes = stackalloc ulong[parts.Length];
        for (var i = 0; i < parts.Length; i++) hashes[i] = parts[i].Column.HashOf(MemoryMarshal.Read<int>(key[(4 * i)..]));
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(hashes));
    }

    /// <summary>The texts of a pair.</summary>
    public string Show(ReadOnlySpan<byte> key)
    {
        var texts = new string[parts.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            var own = key.Length < 4 * (i + 1) ? -1 : MemoryMarshal.Read<int>(key[(4 * i)..]);
            texts[i] = own switch
            {
                0 => "(missing)",
                >= 2 when own < parts[i].Column.Size => parts[i].Column.Token(own),
                _ => "(oov)",
            };
        }
        return string.Join(" × ", texts);
    }
}

/// <summary>
/// Pairs of tokens with a vocabulary of their own. A row that lacks all of the tokens has no pair; one that lacks some has one.
/// </summary>
internal sealed class CrossColumn(string name, int field, CrossKey key, Vocabulary vocabulary)
    : TokenColumn(name, field, MissingTexts.None, vocabulary), IGeneratedColumn
{
    /// <summary>What it pairs.</summary>
    public CrossKey Key => key;

    public IEnumerable<int> Sources => key.Parts.Select(p => p.Place);

    public override bool HasTokens => false;

    public int BitsOf(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from)
    {
        Span<byte> pair = stackalloc byte[key.Bytes];
        return key.TryWrite(ids, pair) ? IdOf(pair) : Offset;
    }

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride) =>
        throw HasNoCells;

    public override string Token(int index) => key.Show(Vocabulary.Token(index - 2));
}

/// <summary>Pairs of tokens by a hash of their texts.</summary>
internal sealed class CrossHashColumn(string name, int field, CrossKey key, int count) : ColumnEncoder(name, field), IGeneratedColumn
{
    public override int Size => count + 2;

    public IEnumerable<int> Sources => key.Parts.Select(p => p.Place);

    public int BitsOf(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from)
    {
        Span<byte> pair = stackalloc byte[key.Bytes];
        return key.TryWrite(ids, pair) ? Offset + 2 + (int)(key.HashOf(pair) % (ulong)count) : Offset;
    }

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride) =>
        throw HasNoCells;

    public override string Token(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hash {index - 2}");

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) { }
}
