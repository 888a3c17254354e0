using System.Globalization;

namespace Consort.Data.Profiles;

/// <summary>Cells of a column of numbers or times that are none: a bad cell of an export, a word that means a missing value.</summary>
/// <param name="Kind">What the others are: <c>number</c> or <c>time</c>.</param>
/// <param name="Cells">How many there are.</param>
/// <param name="Texts">The different ones, the most frequent first; at most twenty of them.</param>
/// <param name="First">The one that comes first.</param>
/// <param name="Place">Where: <c>clicks.csv:17</c>.</param>
/// <param name="AreFew">Whether the column is taken for what the others are.</param>
public sealed record OddCells(string Kind, long Cells, IReadOnlyList<string> Texts, string First, string Place, bool AreFew)
{
    private const int MostTexts = 20;
    private const double Few = 0.01, Some = 0.1, Half = 0.5;

    /// <summary>In words.</summary>
    /// <param name="rows">The cells of the column that are there.</param>
    public string Say(long rows) => Forms is null ? SayOdd(rows) : string.Create(CultureInfo.InvariantCulture,
        $"{(FormCells < Cells ? $"{SayOdd(rows)}; " : "")}{FormCells:N0} of {rows:N0} cells {(FormCells == 1 ? "is a time" : "are times")} of another form: {Forms}");

    private string SayOdd(long rows) => string.Create(CultureInfo.InvariantCulture,
        $"{Cells:N0} of {rows:N0} cells {(Cells == 1 ? "is" : "are")} no {Kind}{(IsRange ? $" of {Encoders.TimeText.Range}" : "")}, the first \"{PrintableText.Short(First, 30)}\" ({Place})");

    /// <summary>Whether all of them are times too early or too late.</summary>
    internal bool IsRange { get; init; }

    /// <summary>In which forms times are written, with the first of each and its place; null where all times are of one.</summary>
    internal string? Forms { get; init; }

    /// <summary>How many cells are times of another form than most are.</summary>
    internal long FormCells { get; init; }

    /// <summary>With texts that would be missing ones among numbers, where the column is taken for words.</summary>
    /// <param name="texts">Them.</param>
    /// <param name="find">Says of some texts which comes first, and where.</param>
    internal OddCells With(IReadOnlyList<TextCount> texts, Func<IReadOnlySet<string>, (string Text, string Place)> find)
    {
        if (texts.Count == 0) return this;
        string[] all = [.. Texts, .. texts.Select(t => t.Text)];
        var (text, place) = find(all.ToHashSet(StringComparer.Ordinal));
        return this with
        {
            Cells = Cells + texts.Sum(t => (long)t.Count),
            Texts = [.. all.Take(MostTexts)],
            First = text,
            Place = place,
            IsRange = false,
        };
    }

    /// <summary>Looks for such cells; null where there are none, or where there are too many to speak of.</summary>
    /// <param name="kind">What the others are.</param>
    /// <param name="values">The texts of the column that are not missing.</param>
    /// <param name="isGood">Whether one is what the others are.</param>
    /// <param name="isOutside">Whether one would be, but that it is too small or too great: such texts mean no value.</param>
    /// <param name="find">Says of some texts which comes first, and where.</param>
    internal static OddCells? Of(string kind, IReadOnlyList<TextCount> values, Func<TextCount, bool> isGood,
        Func<TextCount, bool> isOutside, Func<IReadOnlySet<string>, (string Text, string Place)> find)
    {
        TextCount[] odd = [.. values.Where(v => !isGood(v))];
        long cells = odd.Sum(v => (long)v.Count), all = values.Sum(v => (long)v.Count);
        var isRange = odd.Length > 0 && odd.All(isOutside);
        if (cells == 0 || cells > (isRange ? 1 : Some) * all || cells == all) return null;
        var (text, place) = find(odd.Select(v => v.Text).ToHashSet(StringComparer.Ordinal));
        return new OddCells(kind, cells, [.. odd.OrderByDescending(v => v.Count).ThenBy(v => v.Text, StringComparer.Ordinal)
            .Take(MostTexts).Select(v => v.Text)], text, place, cells <= (isRange ? Half : Few) * all && odd.Length <= MostTexts)
        { IsRange = isRange };
    }
}
