using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>Tells what stands between the cells of a text, whether they stand in quotes, and whether the first row has names.</summary>
internal static partial class DelimitedGuess
{
    private const double FewestAlike = 0.5;

    // The first of several that fit as well is taken: who writes tabs means them, who writes spaces may not.
    private static readonly string[] Delimiters = ["\t", "\u0001", "::", ",", ";", "|", " "];

    /// <summary>The dialect of a text.</summary>
    /// <param name="text">The beginning of a file, cut at a line end.</param>
    /// <param name="most">How many rows are looked at.</param>
    public static Schema Of(string text, int most)
    {
        var hasQuotes = text.Contains('"', StringComparison.Ordinal);
        var found = (Delimiter: ",", Quoted: hasQuotes, Rows: Rows(text, ",", hasQuotes, most) ?? Rows(text, ",", false, most)!,
            Alike: 0.0);
        foreach (var delimiter in Delimiters.Where(d => text.Contains(d, StringComparison.Ordinal)))
        {
            var quoted = hasQuotes ? Rows(text, delimiter, true, most) : null;
            var rows = quoted ?? Rows(text, delimiter, false, most)!;
            var width = rows.GroupBy(r => r.Length).MaxBy(g => g.Count())!;
            var alike = width.Key < 2 ? 0 : (double)width.Count() / rows.Count;
            if (alike >= FewestAlike && alike > found.Alike) found = (delimiter, quoted is not null, rows, alike);
        }
        var cells = found.Rows;
        var trim = found.Delimiter != " " && cells.Any(r => r.Any(c => c.Length > 0 && (c[0] == ' ' || c[^1] == ' ')));
        if (trim) cells = [.. cells.Select(r => r.Select(c => c.Trim(' ')).ToArray())];
        var header = HasHeader(cells);
        return new Schema
        {
            Delimiter = new Delimiter(found.Delimiter),
            Quoted = found.Quoted,
            Trim = trim,
            Header = header,
            Missing = [],
            Fields = [.. cells[0].Select((name, i) => new Field(
                header ? name : string.Create(CultureInfo.InvariantCulture, $"c{i + 1}"), FieldKind.Categorical))],
        };
    }

    /// <summary>The cells of the first rows; null where quotes do not stand as RFC 4180 has them, or there are none.</summary>
    private static List<string[]>? Rows(string text, string delimiter, bool quoted, int most)
    {
        var (rows, row, cell, at, isQuoted, hasQuoted) = (new List<string[]>(), new List<string>(), new StringBuilder(), 0, false, false);
        while (at < text.Length && rows.Count < most)
        {
            if (quoted && cell.Length == 0 && !isQuoted && text.AsSpan(at).TrimStart(' ') is ['"', ..] rest)
            {
                (at, isQuoted, hasQuoted) = (text.Length - rest.Length + 1, true, true);
                while (true)
                {
                    var end = text.IndexOf('"', at);
                    if (end < 0) return Ended();
                    cell.Append(text, at, end - at);
                    at = end + 1;
                    if (at >= text.Length || text[at] != '"') break;
                    cell.Append('"');
                    at++;
                }
                while (at < text.Length && text[at] == ' ') at++;
                if (at < text.Length && text[at] is not ('\r' or '\n') && !text.AsSpan(at).StartsWith(delimiter)) return null;
            }
            else if (text.AsSpan(at).StartsWith(delimiter)) End(delimiter.Length);
            else if (text[at] == '\n')
            {
                End(1);
                Close();
            }
            else if (quoted && text[at] == '"') return null;
            else cell.Append(text[at++]);
        }
        if (rows.Count < most && (cell.Length > 0 || row.Count > 0))
        {
            End(0);
            Close();
        }
        return Ended();

        void End(int length)
        {
            var isLast = at == text.Length || text[at] == '\n';
            if (isLast && cell.Length > 0 && cell[^1] == '\r') cell.Length--;
            row.Add(cell.ToString());
            cell.Clear();
            (at, isQuoted) = (at + length, false);
        }

        void Close()
        {
            // Empty lines at the end are none.
            if (row.Count > 1 || row[0].Length > 0 || rows.Count > 0) rows.Add([.. row]);
            row.Clear();
        }

        List<string[]>? Ended()
        {
            while (rows.Count > 1 && rows[^1] is [""]) rows.RemoveAt(rows.Count - 1);
            return rows.Count > 0 && (!quoted || hasQuoted) ? rows : null;
        }
    }

    // Names are words that are no values: where a column goes on otherwise, or no cell of the first row comes again.
    private static bool HasHeader(List<string[]> rows)
    {
        var first = rows[0];
        if (first.Select((c, i) => c == i.ToString(CultureInfo.InvariantCulture)).All(same => same) && first.Length > 2)
            return true; // pandas
        if (first.Where((c, i) => c.Length == 0 && i > 0).Any() || first.Any(c => IsValue(c) || !Name().IsMatch(c))) return false;
        if (first.Any(ColumnWords.IsLabel)) return true;
        var body = rows.Skip(1).Where(r => r.Length == first.Length).ToArray();
        if (body.Length == 0) return first.Length > 1;
        var columns = Enumerable.Range(0, first.Length).ToArray();
        if (columns.Any(c => body.All(r => r[c].Length == 0 || IsValue(r[c])) && body.Any(r => r[c].Length > 0))) return true;
        return columns.All(c => body.All(r => r[c] != first[c])) && first.Distinct().Count() == first.Length
            && columns.Any(c => body.Select(r => r[c]).Distinct().Count() < body.Length);
    }

    private static bool IsValue(string cell) => NumberShape.TryRead(cell, out _) || TimeShapes.TryRead(cell, TimeFormat.Iso, out _);

    [GeneratedRegex(@"^[^\s""'<>=][^""\n]{0,63}$|^$")]
    private static partial Regex Name();
}
