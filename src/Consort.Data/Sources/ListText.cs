using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>How the values of a list are one cell.</summary>
/// <param name="Splitter">What stands between them.</param>
/// <param name="KeepsPlaces">Whether one that is missing keeps its place, as in a sequence, or is none.</param>
internal sealed record ListForm(byte[] Splitter, bool KeepsPlaces)
{
    /// <summary>That of a field; null of one that has one token a row.</summary>
    public static ListForm? Of(Field field) =>
        field.List is { } list ? new(list.Splitter.Bytes.ToArray(), field.Kind == FieldKind.Sequence) : null;
}

/// <summary>Writes the values of a list as one cell: with the field's splitter between them, as a text has them.</summary>
internal ref struct ListText(CellWriter writer, ListForm form)
{
    private readonly int _start = writer.End;
    private bool _hasTokens;

    /// <summary>Takes the token that was just written; false where the splitter would cut it in two.</summary>
    public bool Take(Cell token)
    {
        writer.Cut(token.Start + token.Length);
        writer.Bytes(form.Splitter);
        _hasTokens = true;
        return writer.Written(token.Start).IndexOf(form.Splitter) == token.Length;
    }

    /// <summary>Takes a value that is missing: an empty token where it keeps its place.</summary>
    public void TakeMissing()
    {
        if (!form.KeepsPlaces) return;
        writer.Bytes(form.Splitter);
        _hasTokens = true;
    }

    /// <summary>Ends the list and gives its cell.</summary>
    public readonly Cell End()
    {
        var end = writer.End - (_hasTokens ? form.Splitter.Length : 0);
        writer.Cut(end);
        writer.Bytes("\n"u8); // as behind every text of others
        return new Cell { Start = _start, Length = end - _start };
    }

    /// <summary>What is said of a token that the splitter would cut.</summary>
    public static string Mistake(string column, ReadOnlySpan<byte> token, ListForm form) =>
        $"column {column}: found {RowParser.Show(form.Splitter)}, the field's splitter, in the value {RowParser.Show(token)} of a list, expected values without it; choose another splitter";
}
