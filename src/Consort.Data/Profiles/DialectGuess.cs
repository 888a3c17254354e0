using System.Text;
using System.Text.Unicode;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Profiles;

/// <summary>
/// How the rows of a raw file are written, told from its beginning: a schema whose fields are all texts, and of libsvm and libffm numbers
/// where the values are such.
/// </summary>
internal static class DialectGuess
{
    /// <summary>What stands between the values of a list that comes from a source with lists.</summary>
    public const string Between = "\u001f";

    private const string Lists = "lists of ";
    private static readonly string[] Words = ["numbers", "text", "yes or no", "dates", "times", "timestamps"];
    private const int HeadBytes = 1 << 20;
    private const int MostLines = 1000;
    private const double MostOdd = 0.02; // bytes that no text has

    /// <summary>Looks at the beginning of a file, or at the names that the columns of another source have.</summary>
    /// <param name="path">A place that can be read again.</param>
    /// <param name="sources">The kinds of sources that are known.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ConsortException">It is empty, or no text of rows.</exception>
    public static Schema Of(string path, SourceCatalogue sources, CancellationToken cancellation)
    {
        if (SourcePlace.IsFile(path))
        {
            SourceStream.Check(path);
            if (FileFacts.Of(path).Kind is FileKind.Pipe or FileKind.Device)
                throw new ConsortException(
                    $"{path}: is a pipe, which can be read only once; its rows are looked at before they are read: write it to a file first, or give a schema");
        }
        if (sources.ColumnsOf(path) is { } columns) return OfNames(path, columns);
        using var stream = new SourceStream(path, cancellation);
        var head = new byte[HeadBytes];
        var read = stream.Fill(head);
        ReadOnlySpan<byte> bytes = head.AsSpan(0, read);
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        if (bytes.Trim("\r\n"u8).IsEmpty) throw new ConsortException($"{path}: found an empty file, expected rows");
        if (read == HeadBytes)
        {
            var end = bytes.LastIndexOf((byte)'\n');
            if (end < 0)
                throw new ConsortException(
                    $"{path}: found no line end in the first {HeadBytes >> 20} MiB, expected rows of text, one a line");
            bytes = bytes[..(end + 1)];
        }
        CheckText(path, bytes);
        var text = Encoding.UTF8.GetString(bytes);
        if (text.StartsWith("{\"", StringComparison.Ordinal) || text.StartsWith("[{", StringComparison.Ordinal))
            throw new ConsortException(
                $"{path}:1: found rows that look like JSON, expected text with delimiters, libsvm or libffm: write them as CSV first, or have them read by \"sql:select * from '{path}'\"");
        var dialect = PairGuess.Of([.. text.Split('\n').Take(MostLines).Select(l => l.TrimEnd('\r'))])
            ?? DelimitedGuess.Of(text, MostLines);
        if (dialect.Fields.GroupBy(f => f.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ConsortException(
                $"{path}:1: found two columns named {RowParser.Show(Encoding.UTF8.GetBytes(twice.Key))}, expected each to have a name of its own");
        return dialect;
    }

    // What has several values a row comes as one text with something between them that no value has.
    private static Schema OfNames(string path, IReadOnlyList<SourceColumn> columns)
    {
        if (columns.Count == 0) throw new ConsortException($"{SourcePlace.Show(path)}: found no columns, expected some");
        var list = new FieldList { Splitter = new Delimiter(Between), MaxLength = FieldList.Most };
        return new Schema
        {
            Header = true,
            Missing = [],
            Fields = [.. columns.Select(c => !IsRead(c) ? new Field(c.Name, FieldKind.Ignored)
                : c.IsList ? new Field(c.Name, FieldKind.List) { List = list }
                : new Field(c.Name, FieldKind.Categorical))],
        };
    }

    private static bool IsRead(SourceColumn column)
    {
        var isOfLists = column.IsList && column.Type.StartsWith(Lists, StringComparison.Ordinal);
        return Words.Contains(isOfLists ? column.Type[Lists.Length..] : column.Type);
    }

    private static void CheckText(string path, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes) && !bytes.Contains((byte)0)) return;
        var start = bytes[..Math.Min(bytes.Length, 4096)];
        var odd = start.Length - start.ToArray().Count(b => b is >= (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n');
        if (odd > MostOdd * start.Length)
            throw new ConsortException($"{path}: found a file that is no text, expected rows of UTF-8 text, maybe gzip");
        for (long line = 1; !bytes.IsEmpty; line++)
        {
            var end = bytes.IndexOf((byte)'\n');
            var row = end < 0 ? bytes : bytes[..end];
            if (!Utf8.IsValid(row) || row.Contains((byte)0))
            {
                var from = Math.Max(0, FirstBad(row) - 20);
                while (from > 0 && (row[from] & 0xC0) == 0x80) from--;
                throw new ConsortException(FormattableString.Invariant($"{path}:{line}: {RowParser.TextMistake(row[from..])}"));
            }
            bytes = bytes[(row.Length + 1)..];
        }
    }

    private static int FirstBad(ReadOnlySpan<byte> row)
    {
        var zero = row.IndexOf((byte)0);
        for (var at = 0; at < row.Length;)
        {
            if (Rune.DecodeFromUtf8(row[at..], out _, out var length) != System.Buffers.OperationStatus.Done) return at;
            at += length;
        }
        return Math.Max(0, zero);
    }
}
