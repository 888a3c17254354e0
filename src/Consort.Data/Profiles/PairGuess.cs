using System.Globalization;
using System.Text.RegularExpressions;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>Knows libsvm and libffm by the shape of their rows: a label, and then nothing but pairs or triples.</summary>
internal static partial class PairGuess
{
    private const int MostFields = 65_535;

    /// <summary>The dialect of some rows, or null where they are neither.</summary>
    public static Schema? Of(IReadOnlyList<string> lines)
    {
        string[] rows = [.. lines.Where(l => l.Length > 0 && l[0] != '#')];
        if (rows.Length == 0) return null;
        var isTriples = rows.All(r => Triples().IsMatch(r));
        if (!isTriples && !rows.All(r => Pairs().IsMatch(r))) return null;
        if (!rows.Any(r => r.Contains(':', StringComparison.Ordinal))) return null;
        var items = rows.SelectMany(r => r.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Where(i => i.Contains(':', StringComparison.Ordinal)
            && !i.StartsWith("qid:", StringComparison.Ordinal))).Select(i => i.Split(':')).ToArray();
        if (items.Length == 0) return null;
        long first = items.Min(Index), last = items.Max(Index);
        var ones = items.All(i => i[^1] is "1" or "1.0");
        var most = rows.Max(Count);
        // As many ones in every row, of indices far beyond their number: the index is the token of the n-th field.
        if (!isTriples && ones && most > 1 && last >= 4L * most && rows.All(r => Count(r) == most))
            return Made(DataFormat.Libsvm, most, 0, _ => false) with { Pairs = PairMeaning.Positional };
        if (last > MostFields)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"found {(isTriples ? "libffm rows with field" : "libsvm rows with index")} {last}, expected at most {MostFields}: write tokens rather than one index a token"));
        var start = first == 0 ? 0 : 1;
        var numbers = items.Where(i => i[^1] is not ("1" or "1.0")).Select(i => Index(i) - start).ToHashSet();
        return Made(isTriples ? DataFormat.Libffm : DataFormat.Libsvm, (int)last - start + 1, start,
            f => !isTriples || numbers.Contains(f));
    }

    private static Schema Made(DataFormat format, int fields, int first, Func<int, bool> isNumber) => new()
    {
        Format = format,
        FirstIndex = first,
        Missing = [],
        Fields = [new("label", FieldKind.Label), .. Enumerable.Range(0, fields).Select(f => new Field(
            string.Create(CultureInfo.InvariantCulture, $"f{f + first}"), isNumber(f) ? FieldKind.Numeric : FieldKind.Categorical))],
    };

    private static long Index(string[] item) => long.Parse(item[0], CultureInfo.InvariantCulture);

    private static int Count(string row) => row.Count(c => c == ':');

    [GeneratedRegex(@"^[+-]?[\d.]+([ \t]+qid:\d+)?([ \t]+\d{1,9}:[^ \t:#]+)*[ \t]*(#.*)?$")]
    private static partial Regex Pairs();

    [GeneratedRegex(@"^[+-]?[\d.]+([ \t]+\d{1,9}:[^ \t:]+:[^ \t:#]+)+[ \t]*(#.*)?$")]
    private static partial Regex Triples();
}
