using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>One column of encoded data, fitted: cells of its field in, ids or floats out. Immutable and safe for many threads.</summary>
internal abstract class ColumnEncoder
{
    protected ColumnEncoder(string name, int field)
    {
        Name = name;
        Field = field;
    }

    public string Name { get; }

    /// <summary>The field of the schema it reads.</summary>
    public int Field { get; }

    /// <summary>The number of ids, or 0 of a numeric column.</summary>
    public abstract int Size { get; }

    /// <summary>What a row has of it where it is a list; null of a token or a number.</summary>
    public virtual ListShape? Shape => null;

    /// <summary>The first global id; set once, before the column is used.</summary>
    public virtual int Offset { get; set; }

    /// <summary>The column whose vocabulary and ids it shares, which comes before it; null for a column with its own.</summary>
    public ColumnEncoder? Leader { get; init; }

    /// <summary>Whether its ids stand for tokens that <see cref="IndexOf"/> finds.</summary>
    public virtual bool HasTokens => false;

    /// <summary>A column of another field with the vocabulary and the ids of this one.</summary>
    public virtual ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        throw new InvalidOperationException($"column {Name} has nothing to share");

    /// <summary>The place of a token, so that its id is Offset + index; −1 where it is not in the vocabulary.</summary>
    public virtual int IndexOf(ReadOnlySpan<byte> token) => -1;

    /// <summary>A column of another field with the vocabulary and the ids of this one, of tokens or of lists as that field says.</summary>
    public ColumnEncoder SharedBy(Schema schema, int field)
    {
        var (own, missing) = (schema.Fields[field], new MissingTexts(schema, schema.Fields[field]));
        var tokens = SharedBy(own.Name, field, missing);
        return own.List is null ? tokens : new ListColumn(tokens, new ListCutter(schema, own, missing)) { Leader = tokens.Leader };
    }

    /// <summary>Encodes the cells of a group; row r's ids or number are written to target + r × stride, 4 bytes each.</summary>
    /// <exception cref="CellError">A cell is not what the column expects.</exception>
    public abstract void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride);

    /// <summary>What asks for cells of a column that is made of others.</summary>
    protected InvalidOperationException HasNoCells => new($"column {Name} has no cells");

    /// <summary>Another field that it reads as well; −1 for none.</summary>
    public virtual int Beside => -1;

    /// <summary>Encodes as <see cref="Encode"/> does, by the cells of both fields.</summary>
    /// <exception cref="CellError">A cell of either is not what the column expects.</exception>
    public virtual void EncodeBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<Cell> beside, Span<byte> target,
        int stride) => throw new InvalidOperationException($"column {Name} reads one field");

    /// <summary>Throws <see cref="CellError"/> unless the cells of the other field are what the column expects.</summary>
    public virtual void LookBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> beside)
    {
    }

    /// <summary>Writes what a row's cell gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Put<T>(Span<byte> target, int row, int stride, T value)
        where T : unmanaged
    {
        // The room was checked once for all rows of the group.
        if (MemoryGuard.IsOn) MemoryMarshal.Write(target[(row * stride)..], value);
        else Unsafe.WriteUnaligned(ref Unsafe.Add(ref MemoryMarshal.GetReference(target), row * stride), value);
    }

    /// <summary>Writes what was fitted; a vocabulary as <paramref name="vocabulary"/> does.</summary>
    public abstract void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary);

    /// <summary>The text of the id Offset + index, index at least 2.</summary>
    public virtual string Token(int index) => index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A hash of the token behind the id Offset + index, or of the index where it has no text.</summary>
    public virtual ulong HashOf(int index) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in index)));

    /// <summary>How often that token was seen in training; −1 when not known.</summary>
    public virtual long CountOf(int index) => -1;
}
