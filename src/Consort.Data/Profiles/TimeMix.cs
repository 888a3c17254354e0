using System.Text;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>Tells a column whose times are written in several forms: every cell is a time, and yet no one format reads them all.</summary>
internal static class TimeMix
{
    private const double Nearly = 0.9;

    /// <summary>Those cells that are not of the most frequent form; null where nearly all are of one, or too many are no times.</summary>
    /// <param name="name">The column: numbers of several units are times where it says so.</param>
    /// <param name="values">Its texts that are not missing.</param>
    /// <param name="odd">What was seen of cells that are no times of the format that the column is taken for; null for nothing.</param>
    /// <param name="find">Says of some texts which comes first, and where.</param>
    public static OddCells? Of(string name, IReadOnlyList<TextCount> values, OddCells? odd,
        Func<IReadOnlySet<string>, (string Text, string Place)> find)
    {
        var forms = values.Select(v => (Value: v, Form: FormOf(v.Text))).Where(v => v.Form is not null)
            .GroupBy(v => v.Form!.Value, v => v.Value).OrderByDescending(g => g.Sum(v => (long)v.Count)).ThenBy(g => g.Key).ToArray();
        if (forms.Length < 2 || !ColumnWords.IsTime(name) && forms.All(f => f.Key != TimeFormat.Iso)) return null;
        long all = values.Sum(v => (long)v.Count), times = forms.Sum(f => f.Sum(v => (long)v.Count));
        if (times < Nearly * all) return null;
        TextCount[] others = [.. forms.Skip(1).SelectMany(f => f)];
        var cells = others.Sum(v => (long)v.Count);
        var (text, place) = find(others.Select(v => v.Text).ToHashSet(StringComparer.Ordinal));
        var mixed = odd ?? new OddCells("time", cells, [.. others.Take(1).Select(v => v.Text)], text, place, false);
        return mixed with
        {
            Forms = $"{string.Join(" and ", forms.Skip(1).Select(Said))}, where others are {Said(forms[0])}",
            FormCells = cells,
        };

        string Said(IGrouping<TimeFormat, TextCount> form)
        {
            var first = find(form.Select(v => v.Text).ToHashSet(StringComparer.Ordinal));
            return $"{TimeForms.NameOf(Encoding.UTF8.GetBytes(first.Text))}, the first \"{PrintableText.Short(first.Text, 40)}\" ({first.Place})";
        }
    }

    // Numbers are times of the unit that their size says, of years in which rows may well be.
    private static TimeFormat? FormOf(string text)
    {
        if (TimeShapes.TryRead(text, TimeFormat.Iso, out _)) return TimeFormat.Iso;
        if (TimeShapes.TryRead(text, TimeFormat.Yymmddhh, out _)) return TimeFormat.Yymmddhh;
        return NumberShape.TryRead(text, out var number) && TimeText.UnitFor(Math.Abs(number)) is var unit
            && TimeShapes.TryRead(text, unit, out _) ? unit : null;
    }
}
