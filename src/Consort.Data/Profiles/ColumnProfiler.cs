using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Profiles;

/// <summary>What is common to all columns of a sample.</summary>
/// <param name="Clicks">For each row 1 where it was clicked; empty where nobody knows.</param>
/// <param name="IsFit">For each row whether it is of the half that rates are counted on.</param>
/// <param name="AllRows">Rows of the sources, of which the sample is a part.</param>
/// <param name="Top">How many of the most frequent values to list.</param>
/// <param name="PlaceOf">Where a row of the sample is, for a reader.</param>
internal sealed record SampleContext(byte[] Clicks, bool[] IsFit, long AllRows, int Top, Func<int, string> PlaceOf)
{
    public bool HasLabel => Clicks.Length > 0;
}

/// <summary>Says what a column looks like.</summary>
internal static class ColumnProfiler
{
    private const int FewCountries = 20;
    private const double Unique = 0.999;
    private const int FewestUnique = 50;
    private const int MostDays = 3_700;
    private const int MostTries = 1_000;

    // In a column of words these may be values as others, and so may a usual text in other letters, such as n/a.
    private static readonly string[] NumbersAlone = ["none", "-"];

    public static ColumnProfile Of(SampledColumn column, SampleContext context)
    {
        var all = column.Count(context.Clicks, context.IsFit);
        TextCount[] some = [.. all.Where(c => c.Count > 0)];
        var values = some.Where(c => !IsMissing(c.Text)).ToList();
        TextCount[] alone = [.. some.Where(c => IsMissing(c.Text) && IsWordElsewhere(c.Text))];
        var odd = column.Splitter is not null || IsBoolean(values) ? null
            : OddCells.Of("number", values, v => NumberShape.TryRead(v.Text, out _), _ => false, Find);
        var numbers = column.Splitter is null ? NumberShape.Of(Good(odd, v => NumberShape.TryRead(v.Text, out _)), context.HasLabel) : null;
        var mayBeTimes = column.Splitter is null && (numbers is null || numbers.AreWhole);
        var (format, time, others) = mayBeTimes ? TimeOf(column.Name, values, numbers, Find) : default;
        odd = time is null ? odd ?? others : others;
        if (numbers is null && time is null)
        {
            values.AddRange(alone);
            odd = odd?.With(alone, Find);
            if (AreCountries(values)) values.AddRange(some.Where(c => c.Text == "NA"));
        }
        if (mayBeTimes && (time is null || odd is not null))
            odd = TimeMix.Of(column.Name, values, time is null ? null : odd, Find) ?? odd;
        var present = values.Sum(v => (long)v.Count);
        TextCount[] missing = [.. some.Where(c => IsMissing(c.Text) && !values.Contains(c))];
        var list = numbers is not null || time is not null || values.Count == 0 ? null
            : column.Splitter is { } splitter ? ListGuess.Known(values, splitter) : ListGuess.Of(column.Name, values);
        var singles = values.Count(v => v.Count == 1);
        var rows = column.Rows.Length;
        var estimate = rows == context.AllRows || present == 0 ? values.Count
            : (long)(Math.Sqrt((double)context.AllRows / rows) * singles) + values.Count - singles;
        var type = !column.IsRead ? "other" : values.Count == 0 ? "empty"
            : values.Count == 1 && missing.Length == 0 ? "constant"
            : time is not null ? "time"
            : IsBoolean(values) ? "boolean"
            : numbers is not null ? numbers.AreWhole ? "whole" : "number"
            : list is not null ? "list" : "text";
        var (tokens, ranges) = context.HasLabel
            ? (ValueRanks.OfTokens(some), numbers is null ? null : ValueRanks.OfRanges(some)) : (null, null);
        return new ColumnProfile(column.Name, type)
        {
            Rows = rows,
            Missing = rows - present,
            MissingTexts = [.. missing.GroupBy(m => m.Text).Select(g => new TokenCount(g.Key, g.Sum(m => (long)m.Count)))
                .OrderByDescending(m => m.Count)],
            Distinct = values.Count,
            DistinctEstimate = Math.Min(estimate, context.AllRows),
            IsUnique = present >= FewestUnique && values.Count >= Unique * present,
            Top = [.. values.OrderByDescending(v => v.Count).ThenBy(v => v.Text, StringComparer.Ordinal).Take(context.Top)
                .Select(v => new TokenRate(v.Text, v.Count, context.HasLabel ? v.Clicks : null))],
            Numbers = numbers,
            Time = time is null ? null : TimeProfileOf(column, format, time, context),
            List = list,
            Auc = tokens is null ? null : Math.Max(tokens.Value, ranges ?? 0),
            TokenAuc = tokens,
            RangeAuc = ranges,
            Doubt = ValueRanks.Doubt(some),
            MixedShare = present == 0 ? 0 : values.Where(v => v.Clicks > 0 && v.Clicks < v.Count).Sum(v => (double)v.Count) / present,
            Odd = odd,
            Zone = time is null ? null : ZoneGuess.Of(Good(odd, v => time.ContainsKey(v.Text)), time, format),
            SurelyClicked = context.HasLabel ? ValueRanks.SurelyClicked(some) : null,
            Kept = [.. values.Where(v => IsMissing(v.Text)).Select(v => v.Text)],
            MeanCharacters = present == 0 ? 0 : values.Sum(v => (double)v.Text.Length * v.Count) / present,
            HasSpaces = values.Count(v => v.Text.Contains(' ', StringComparison.Ordinal)) > values.Count / 2,
        };

        (string Text, string Place) Find(IReadOnlySet<string> texts)
        {
            var (text, row) = column.First(texts);
            return (text, context.PlaceOf(row));
        }

        IReadOnlyList<TextCount> Good(OddCells? odd, Func<TextCount, bool> isGood) =>
            odd is { AreFew: true } ? [.. values.Where(isGood)] : values;
    }

    private static bool IsMissing(string text) =>
        text.Length == 0 || CellHint.UsualMissing.Contains(text, StringComparer.OrdinalIgnoreCase);

    private static bool IsWordElsewhere(string text) =>
        text.Length > 0 && (NumbersAlone.Contains(text) || !CellHint.UsualMissing.Contains(text));

    // Where others are two capital letters, NA is Namibia.
    private static bool AreCountries(List<TextCount> values) =>
        values.Count >= FewCountries && values.All(v => v.Text.Length == 2 && v.Text.All(char.IsAsciiLetterUpper));

    private static bool IsBoolean(List<TextCount> values)
    {
        if (values.Count > 6) return false;
        var yes = new HashSet<bool>();
        foreach (var value in values)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(value.Text);
            if (NumberParser.TryWord(bytes, out var word)) yes.Add(word);
            else if (NumberParser.TryWhole(bytes, out var number) && number is 0 or 1) yes.Add(number == 1);
            else return false;
        }
        return yes.Count == 2;
    }

    /// <summary>
    /// The format that all values have as times, or nearly all, if one is likely; and those that do not have it.
    /// </summary>
    private static (TimeFormat Format, Dictionary<string, DateTime>? Times, OddCells? Odd) TimeOf(string name, List<TextCount> values,
        NumberProfile? numbers, Func<IReadOnlySet<string>, (string Text, string Place)> find)
    {
        if (values.Count == 0) return default;
        var (isNamed, note) = (ColumnWords.IsTime(name), default(OddCells));
        foreach (var format in Enum.GetValues<TimeFormat>().Where(f => f != TimeFormat.Auto))
        {
            if (format == TimeFormat.Iso != numbers is null) continue;
            // Any number of eight or ten digits may be one: without the name many values must agree, within some years.
            if (format != TimeFormat.Iso && !isNamed && values.Count < FewestUnique) continue;
            var times = new Dictionary<string, DateTime>(values.Count, StringComparer.Ordinal);
            foreach (var (value, at) in values.Select((v, i) => (v, i)))
            {
                if (TimeShapes.TryRead(value.Text, format, out var time)) times.Add(value.Text, time);
                else if (!isNamed && format != TimeFormat.Iso || at > MostTries && times.Count < at / 2) break;
            }
            if (times.Count == 0) continue;
            var odd = times.Count == values.Count ? null : OddCells.Of("time", values, v => times.ContainsKey(v.Text),
                v => TimeShapes.IsOutside(v.Text, format), find);
            var areTimes = times.Count == values.Count || odd is { AreFew: true } && (isNamed || format == TimeFormat.Iso);
            if (areTimes
                && (isNamed || format == TimeFormat.Iso || times.Values.Max() - times.Values.Min() < TimeSpan.FromDays(3 * 366)))
                return (format, times, odd);
            if (format == TimeFormat.Iso) note = odd;
        }
        return (default, null, note);
    }

    private static TimeProfile TimeProfileOf(SampledColumn column, TimeFormat format, Dictionary<string, DateTime> times,
        SampleContext context)
    {
        var of = column.Texts.Select(t => times.TryGetValue(t, out var time) ? time : DateTime.MinValue).ToArray();
        var (days, inOrder, before) = (new SortedDictionary<DateTime, (long Rows, long Clicks)>(), true, DateTime.MinValue);
        for (var row = 0; row < column.Rows.Length; row++)
        {
            if (column.Rows[row] < 0 || of[column.Rows[row]] is var time && time == DateTime.MinValue) continue;
            inOrder &= time >= before;
            before = time;
            var (rows, clicks) = days.GetValueOrDefault(time.Date);
            days[time.Date] = (rows + 1, clicks + (context.HasLabel ? context.Clicks[row] : 0));
        }
        var zone = format == TimeFormat.Iso && ZoneGuess.OfAll(times.Keys) is { } written ? written : TimeSpan.Zero;
        return new TimeProfile(Words.Of(format), times.Values.Min(), times.Values.Max(), inOrder,
            [.. days.TakeLast(MostDays).Select(d => new DayRate(
            d.Key.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), d.Value.Rows, context.HasLabel ? d.Value.Clicks : null))])
        { HasHours = times.Values.Any(t => (t + zone).TimeOfDay != TimeSpan.Zero) };
    }
}
