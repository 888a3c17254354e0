using System.Text.RegularExpressions;
using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>
/// Lists among the texts of a column: cells with a splitter whose tokens come again in other cells. A city's "Washington, D.C." is none.
/// </summary>
internal static partial class ListGuess
{
    private const double FewestLists = 0.02;
    private const double LeastReuse = 2;
    private const double MostOdd = 0.1;
    private const int MostTop = 20;
    private const int FewestTokens = 10;
    private const double LeastOfValues = 0.25, NearlyAll = 0.95;

    private static readonly string[] Splitters = ["|", "^", ";", ",", "~", " "];

    /// <summary>What the lists are like, or null where they are none.</summary>
    public static ListProfile? Of(string name, IReadOnlyList<TextCount> values)
    {
        var rows = values.Sum(v => (long)v.Count);
        return Splitters.Select(s => Of(name, values, rows, s)).Where(l => l is not null).MaxBy(l => l!.MeanLength);
    }

    private static ListProfile? Of(string name, IReadOnlyList<TextCount> values, long rows, string splitter)
    {
        var lists = values.Where(v => v.Text.Contains(splitter, StringComparison.Ordinal)).ToArray();
        if (lists.Sum(v => (long)v.Count) < Math.Max(2, FewestLists * rows)) return null;
        var (seen, total, odd, empty) = (new HashSet<string>(StringComparer.Ordinal), 0L, 0L, 0L);
        var areWeighted = AreWeighted(values, splitter);
        foreach (var list in lists)
        {
            foreach (var token in list.Text.Split(splitter))
            {
                total++;
                seen.Add(NameOf(token, areWeighted));
                if (token.Length == 0 || (splitter == "," && token[0] == ' ')) empty++;
                if (Odd().IsMatch(token)) odd++;
            }
        }
        foreach (var single in values.Where(v => !v.Text.Contains(splitter, StringComparison.Ordinal)))
        {
            total++;
            seen.Add(NameOf(single.Text, areWeighted));
        }
        if (total < LeastReuse * seen.Count || odd > MostOdd * total || empty > MostOdd * total) return null;
        // Words of a sentence come again too.
        if (splitter == " " && !(ColumnWords.IsHistory(name) || seen.All(t => Coded().IsMatch(t)))) return null;
        return Known(values, splitter);
    }

    /// <summary>What lists are like that are known to be such.</summary>
    public static ListProfile Known(IReadOnlyList<TextCount> values, string splitter)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var (tokens, longest, rows) = (0L, 0, values.Sum(v => (long)v.Count));
        var areWeighted = AreWeighted(values, splitter);
        foreach (var value in values)
        {
            var parts = value.Text.Split(splitter);
            tokens += (long)parts.Length * value.Count;
            longest = Math.Max(longest, parts.Length);
            foreach (var part in parts.Select(p => NameOf(p, areWeighted))) counts[part] = counts.GetValueOrDefault(part) + value.Count;
        }
        TokenCount[] top = [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(MostTop)
            .Select(c => new TokenCount(c.Key, c.Value))];
        return new ListProfile(splitter, areWeighted ? ":" : null, (double)tokens / rows, longest, counts.Count, null, top);
    }

    // Every token has a weight, and they are no times: what stands behind the last colon of a clock is a number, too.
    private static bool AreWeighted(IReadOnlyList<TextCount> values, string splitter)
    {
        var tokens = values.SelectMany(v => v.Text.Split(splitter));
        return tokens.All(IsWeighted) && !tokens.All(t => Clock().IsMatch(t))
            && !tokens.Any(t => TimeShapes.TryRead(t, TimeFormat.Iso, out _));
    }

    private static bool IsWeighted(string token) =>
        token.LastIndexOf(':') is > 0 and var at && NumberShape.TryRead(token[(at + 1)..], out var weight) && FieldList.IsWeight(weight);

    private static string NameOf(string token, bool isWeighted) => isWeighted ? token[..token.LastIndexOf(':')] : token;

    /// <summary>The share of a list's tokens that another column has as its values.</summary>
    public static double ShareIn(SampledColumn list, string splitter, SampledColumn other)
    {
        var (all, known) = (0L, 0L);
        foreach (var text in list.Texts)
        {
            foreach (var token in text.Split(splitter, StringSplitOptions.RemoveEmptyEntries))
            {
                all++;
                if (other.TryFind(token, out _)) known++;
            }
        }
        return all == 0 ? 0 : (double)known / all;
    }

    /// <summary>Whether nearly all different tokens are values of another column, and many of its values are tokens.</summary>
    public static bool AreValues(SampledColumn list, string splitter, SampledColumn other)
    {
        var tokens = list.Texts.SelectMany(t => t.Split(splitter, StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        // Any few small numbers are among others.
        return tokens.Count >= Math.Max(FewestTokens, LeastOfValues * other.Texts.Count)
            && tokens.Count(t => other.TryFind(t, out _)) >= NearlyAll * tokens.Count;
    }

    [GeneratedRegex(@"[()\\{}<>=""/]|.{41}")]
    private static partial Regex Odd();

    [GeneratedRegex(@"^[\w.-]*\d$")]
    private static partial Regex Coded();

    [GeneratedRegex(@"^\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?$")]
    private static partial Regex Clock();
}
