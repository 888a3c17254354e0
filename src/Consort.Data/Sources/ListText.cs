using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>Writes the values of a list as one cell: with the field's splitter between them, as a text has them.</summary>
internal ref struct ListText(CellWriter writer, byte[] splitter)
{
    private readonly int _start = writer.End;
    private bool _hasTokens;

    /// <summary>What stands between the tokens of a field; null of a field that has one token a row.</summary>
    public static byte[]? SplitterOf(Field field) => field.List?.Splitter.Bytes.ToArray();

    /// <summary>Takes the token that was just written; false where the splitter would cut it in two.</summary>
    public bool Take(Cell token)
    {
        writer.Cut(token.Start + token.Length);
        writer.Bytes(splitter);
        _hasTokens = true;
        return writer.Written(token.Start).IndexOf(splitter) == token.Length;
    }

    /// <summary>Ends the list and gives its cell.</summary>
    public readonly Cell End()
    {
        var end = writer.End - (_hasTokens ? splitter.Length : 0);
        writer.Cut(end);
        writer.Bytes("\n"u8); // as behind every text of others
        return new Cell { Start = _start, Length = end - _start };
    }

    /// <summary>What is said of a token that the splitter would cut.</summary>
    public static string Mistake(string column, ReadOnlySpan<byte> token, byte[] splitter) =>
        $"column {column}: found {RowParser.Show(splitter)}, the field's splitter, in the value {RowParser.Show(token)} of a list, expected values without it; choose another splitter";
}
