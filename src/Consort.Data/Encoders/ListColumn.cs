using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// A column of lists: a cell is cut into tokens, which the column of single tokens behind it encodes. A row's id is where its list begins.
/// </summary>
/// <param name="tokens">Encodes a token.</param>
/// <param name="cutter">Cuts cells.</param>
internal sealed class ListColumn(ColumnEncoder tokens, ListCutter cutter) : RaggedColumn(tokens.Name, tokens.Field)
{
    private const int Waits = -1; // in the place of the first id of an empty sequence: a missing token was put

    /// <summary>Encodes single tokens.</summary>
    public ColumnEncoder Tokens => tokens;

    /// <summary>Rows without a token in training; null where they were not counted.</summary>
    public long? Empty { get; init; }

    public override ListShape Shape { get; } = cutter.Shape;

    public override int Size => tokens.Size;

    public override int Offset { get => tokens.Offset; set => tokens.Offset = value; }

    public override bool HasTokens => tokens.HasTokens;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) => tokens.SharedBy(name, field, missing);

    public override int IndexOf(ReadOnlySpan<byte> token) => tokens.IndexOf(token);

    public override int Encode(ReadOnlySpan<byte> data, Cell cell, int row, Span<int> list)
    {
        Span<Cell> some = stackalloc Cell[RowGroup.Capacity];
        Span<float> weights = stackalloc float[RowGroup.Capacity];
        var cut = cutter.Begin(data, cell);
        (list[0], list[1]) = (cut.Count, 0);
        var done = 0;
        for (int n; (n = cut.Next(data, row, some, weights)) > 0; done += n)
        {
            tokens.Encode(data, some[..n], MemoryMarshal.AsBytes(list.Slice(1 + done, n)), 4);
            if (Shape.IsWeighted) MemoryMarshal.Cast<float, int>(weights[..n]).CopyTo(list.Slice(1 + cut.Count + done, n));
        }
        return done;
    }

    /// <summary>
    /// Puts one more token behind those of a list, which keeps the first or the last as the schema says. A missing one by itself is none,
    /// as an empty cell is, unless it has a weight: it has its place in a sequence once another follows.
    /// </summary>
    /// <param name="data">The token; 8 bytes may be read from its beginning.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="given">Its weight; null takes what the token carries, as in a cell.</param>
    /// <param name="list">A list with room for the longest.</param>
    /// <exception cref="CellError">The weight that it carries is none.</exception>
    public void Add(ReadOnlySpan<byte> data, int length, float? given, Span<int> list)
    {
        var cell = new Cell { Start = 0, Length = length };
        var weight = given ?? (length > 0 ? cutter.TakeWeight(data, ref cell) : 1);
        var saysWeight = given is not null || cell.Length < length;
        if (!cutter.HasPlace(data, ref cell)) return;
        if (list[0] == 0 && list[1] == Waits) Append(data, new Cell { Length = -1 }, 1, list);
        else if (list[0] == 0 && cell.Length < 0 && !saysWeight)
        {
            list[1] = Waits;
            return;
        }
        Append(data, cell, weight, list);
    }

    private void Append(ReadOnlySpan<byte> data, Cell token, float weight, Span<int> list)
    {
        var n = list[0];
        if (n == Shape.MaxLength && cutter.Keep == ListEnd.First) return;
        var ids = list[1..];
        var weights = Shape.IsWeighted ? list[(1 + n)..] : default;
        if (n == Shape.MaxLength)
        {
            ids[1..n].CopyTo(ids);
            if (Shape.IsWeighted) weights[1..n].CopyTo(weights);
            n--;
        }
        else if (Shape.IsWeighted)
        {
            weights[..n].CopyTo(weights[1..]); // one further, for the id that comes
            weights = weights[1..];
        }
        tokens.Encode(data, new ReadOnlySpan<Cell>(in token), MemoryMarshal.AsBytes(ids.Slice(n, 1)), 4);
        if (Shape.IsWeighted) weights[n] = BitConverter.SingleToInt32Bits(weight);
        list[0] = n + 1;
    }

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) => tokens.Write(writer, vocabulary);

    public override string Token(int index) => tokens.Token(index);

    public override long CountOf(int index) => tokens.CountOf(index);
}
