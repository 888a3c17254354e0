using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Profiles;

/// <summary>Which column says what was clicked.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Values">What each text stands for, 0 or 1; in their order.</param>
/// <param name="Why">How it was told.</param>
/// <param name="Clicks">Rows looked at that were clicked.</param>
/// <param name="Rows">Rows looked at that have a label.</param>
public sealed record LabelProfile(string Column, IReadOnlyDictionary<string, int> Values, string Why, long Clicks, long Rows)
{
    /// <summary>The share of clicks.</summary>
    public double ClickRate => Rows == 0 ? double.NaN : (double)Clicks / Rows;

    /// <summary>Its column's place.</summary>
    internal int Index { get; init; }

    /// <summary>Whether the texts are such as a schema takes for labels without being told.</summary>
    internal bool IsPlain { get; init; }
}

/// <summary>Finds the label among the columns of a sample.</summary>
internal static class LabelGuess
{
    private const int MostShown = 6;
    private static readonly string[] Yes = ["1", "1.0", "+1", "true", "t", "yes", "y", "click", "clicked", "pos", "positive", "good", "buy",
        "bought", "converted", "win", "won"];
    private static readonly string[] No = ["0", "0.0", "-1", "false", "f", "no", "n", "none", "noclick", "neg", "negative", "bad", "lost"];
    private static readonly string[] Plain = ["1", "0", "1.0", "0.0", "true", "false", "t", "f", "yes", "no", "y", "n"];

    /// <summary>The label, or null where no column can be told to be it; then <paramref name="problem"/> says why.</summary>
    /// <param name="sample">The rows looked at.</param>
    /// <param name="dialect">How they are written.</param>
    /// <param name="asked">The column that the user names, or null.</param>
    /// <param name="clicks">The texts that the user says mean a click; empty where they are to be told.</param>
    /// <param name="problem">Why there is none.</param>
    /// <exception cref="ConsortException">The user names a column or a text that is not there.</exception>
    public static LabelProfile? Of(RowSample sample, Schema dialect, string? asked, IReadOnlyList<string> clicks, out string problem)
    {
        problem = "";
        var columns = sample.Columns;
        if (asked is not null)
        {
            var index = columns.ToList().FindIndex(c => c.Name == asked);
            if (index >= 0) return Chosen(columns[index], index, "you named it", clicks);
            var names = columns.Select(c => c.Name).ToArray();
            throw new ConsortException(
                $"--label: found no column \"{asked}\"{Foundation.Options.NearestWord.Hint(asked, names)}; there are {Listed(names)}");
        }
        if (dialect.IsPairs) return Chosen(columns[0], 0, "the first item of a row", clicks);
        var found = columns.Select((c, i) => (Column: c, Index: i, Texts: Present(c), Rank: ColumnWords.LabelRank(c.Name))).ToArray();
        var named = found.Where(f => f.Rank >= 0 && dialect.Header).OrderBy(f => f.Rank).ToArray();
        if (named.Where(f => f.Texts.Length is 1 or 2).FirstOrDefault() is { Column: not null } best)
            return Chosen(best.Column, best.Index, "its name, and it has two values", clicks);
        if (named.Length > 0 && clicks.Count > 0) return Chosen(named[0].Column, named[0].Index, "its name", clicks);
        if (named.Length > 0)
        {
            problem = $"column {named[0].Column.Name} has the name of a label, but {Words(named[0].Texts.Length)}: {Listed(named[0].Texts)}; expected two: say which of them mean a click, such as by --click {Sample(named[0].Texts)}, or name another column by --label";
            return null;
        }
        var two = found.Where(f => f.Texts.Length == 2 && f.Column.Texts.Count == 2).ToArray();
        var plain = two.Where(f => f.Texts.All(t => Yes.Contains(t.ToLowerInvariant()) || No.Contains(t.ToLowerInvariant()))).ToArray();
        if (!dialect.Header && plain.FirstOrDefault(f => f.Index == 0) is { Column: not null } first)
            return Chosen(first.Column, 0, "the first column, and it has two values", clicks);
        if (!dialect.Header && two.FirstOrDefault(f => f.Index == columns.Count - 1) is { Column: not null } last)
            return Chosen(last.Column, last.Index, "the last column, and it has two values", clicks);
        if (plain.Length == 1)
            return Chosen(plain[0].Column, plain[0].Index, "the only column whose values are such as 0 and 1", clicks);
        problem = two.Length == 0
            ? $"found no column with two values that could say what was clicked; name one by --label, and the values that mean a click by --click; there are {Listed([.. columns.Select(c => c.Name)])}"
            : $"found no column that is named like a label; {Listed([.. two.Select(t => t.Column.Name)])} {(two.Length == 1 ? "has" : "have")} two values: name the one that says what was clicked by --label";
        return null;
    }

    /// <summary>For each row 1 where it was clicked.</summary>
    public static byte[] Clicked(SampledColumn column, LabelProfile label)
    {
        byte[] of = [.. column.Texts.Select(t => (byte)label.Values.GetValueOrDefault(t))];
        var clicks = new byte[column.Rows.Length];
        for (var row = 0; row < clicks.Length; row++) clicks[row] = column.Rows[row] < 0 ? (byte)0 : of[column.Rows[row]];
        return clicks;
    }

    private static LabelProfile Chosen(SampledColumn column, int index, string why, IReadOnlyList<string> clicks)
    {
        var texts = Present(column);
        if (texts.Length == 0)
            throw new ConsortException($"column {column.Name}: found no value in the rows looked at, expected what was clicked");
        foreach (var text in clicks.Except(texts))
            throw new ConsortException($"--click: found no \"{text}\" in column {column.Name}, expected some of {Listed(texts)}");
        if (texts.Length > 2 && clicks.Count == 0)
            throw new ConsortException(
                $"column {column.Name}: found {Words(texts.Length)}: {Listed(texts)}; expected two: say which of them mean a click, such as by --click {Sample(texts)}");
        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        if (clicks.Count > 0)
        {
            foreach (var text in texts) values[text] = clicks.Contains(text) ? 1 : 0;
            why += "; what means a click you said";
        }
        else
        {
            var click = ClickOf(column, texts, ref why);
            foreach (var text in texts) values[text] = text == click ? 1 : 0;
        }
        var rows = Counts(column);
        long clicked = values.Where(v => v.Value == 1).Sum(v => rows[v.Key]), all = values.Keys.Sum(v => rows[v]);
        var plain = clicks.Count == 0 && texts.All(t => Plain.Contains(t.ToLowerInvariant()));
        return new LabelProfile(column.Name, values, why, clicked, all) { Index = index, IsPlain = plain };
    }

    // The text of a click: a word for yes, the one that is more than, else the rarer one.
    private static string? ClickOf(SampledColumn column, string[] texts, ref string why)
    {
        if (texts.Length == 2 && texts.All(t => NumberParser.TryWhole(System.Text.Encoding.UTF8.GetBytes(t), out _)))
            return texts.MaxBy(t => double.Parse(t, CultureInfo.InvariantCulture));
        var yes = texts.Where(t => Yes.Contains(t.ToLowerInvariant())).ToArray();
        var no = texts.Where(t => No.Contains(t.ToLowerInvariant())).ToArray();
        if (yes.Length == 1 && (texts.Length == 1 || no.Length == 1 || texts.Length == 2)) return yes[0];
        if (no.Length == 1) return texts.FirstOrDefault(t => t != no[0]);
        if (texts.Length == 1) return texts[0];
        if (texts.Where(t => t.StartsWith('>')).ToArray() is [var more] && texts.Any(t => t.StartsWith('<'))) return more;
        var counts = Counts(column);
        var rarer = texts.MinBy(t => counts[t])!;
        why += $"; \"{rarer}\", the rarer one, is taken for the click: turn the values round where that is wrong";
        return rarer;
    }

    private static Dictionary<string, long> Counts(SampledColumn column) => column.Count([], new bool[column.Rows.Length])
        .GroupBy(c => c.Text, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(c => (long)c.Count), StringComparer.Ordinal);

    private static string[] Present(SampledColumn column) => column.Texts.Count > 10_000 ? [.. column.Texts]
        : [.. column.Texts.Where(t => t.Length > 0 && !CellHint.UsualMissing.Except(["none", "-"]).Contains(t))
            .Order(StringComparer.Ordinal)];

    private static string Words(int values) => values == 0 ? "no value"
        : string.Create(CultureInfo.InvariantCulture, $"{values:N0} values");

    private static string Sample(string[] texts) => texts.Length == 0 ? "TEXT" : texts[^1];

    private static string Listed(string[] names) =>
        string.Join(", ", names.Take(MostShown).Select(n => PrintableText.Short(n, 40)))
            + (names.Length > MostShown ? string.Create(CultureInfo.InvariantCulture, $" and {names.Length - MostShown:N0} more") : "");
}
