using System.Text;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>What a column of lists of times says of the lists beside it.</summary>
/// <param name="Of">The column that has as many tokens in every row.</param>
/// <param name="Until">A column of times, none of which is before one of the row's list.</param>
/// <param name="Splitter">What stands between the times.</param>
/// <param name="Format">How they are written.</param>
/// <param name="Order">In which order they stand.</param>
internal sealed record StepTimes(string Of, string Until, string Splitter, TimeFormat Format, StepOrder Order);

/// <summary>Lists of times beside lists of tokens: as many in every row, and none later than a time that the row has.</summary>
internal static class StepTimeGuess
{
    private const int FewestRows = 5; // that have a list
    private const long LeastTicks = 1_000_000_000_000_000; // 100 million seconds from 1970: smaller numbers are counts

    /// <summary>What the column is, or null where it is something else.</summary>
    public static StepTimes? Of(int column, ColumnProfile[] columns, IReadOnlyList<SampledColumn> samples)
    {
        if (columns[column] is not { Type: "text" or "list", Time: null, List: null or { WeightSplitter: null } }) return null;
        for (var h = 0; h < columns.Length; h++)
        {
            if (h == column || columns[h].List is not { } list) continue;
            foreach (var splitter in SplittersOf(samples[column], columns[column].List, list))
            {
                if (Read(samples[column], splitter) is not { } read || OrderOf(read.Times) is not { } order
                    || !AreAlike(samples[column], splitter, samples[h], list.Splitter)) continue;
                foreach (var (t, time) in columns.Index().Where(c => c.Item.Time is not null))
                {
                    if (ArePast(samples[column], read.Times, samples[t]))
                        return new StepTimes(columns[h].Name, time.Name, splitter, read.Format, order);
                }
            }
        }
        return null;
    }

    // A space within the times may have been taken for what stands between them.
    private static IEnumerable<string> SplittersOf(SampledColumn column, ListProfile? own, ListProfile steps) =>
        column.Splitter is { } known ? [known] : new[] { own?.Splitter, steps.Splitter }.OfType<string>().Distinct();

    // The times of each text; null where some token is none, or they are written in several ways.
    private static (long[][] Times, TimeFormat Format)? Read(SampledColumn column, string splitter)
    {
        var (all, formats) = (new long[column.Texts.Count][], new HashSet<TimeFormat>());
        for (var i = 0; i < all.Length; i++)
        {
            var tokens = column.Texts[i].Length == 0 ? [] : column.Texts[i].Split(splitter);
            all[i] = new long[tokens.Length];
            for (var j = 0; j < tokens.Length; j++)
            {
                if (tokens[j].Length == 0) continue;
                var text = Encoding.UTF8.GetBytes(tokens[j]);
                if (!TimeText.TryRead(text, TimeFormat.Auto, out var time) || Math.Abs(time - DateTime.UnixEpoch.Ticks) < LeastTicks)
                    return null;
                all[i][j] = time;
                if (formats.Add(TimeText.Guess(text)) && formats.Count > 1) return null;
            }
        }
        return formats.Count == 1 && formats.Single() != TimeFormat.Yymmddhh ? (all, formats.Single()) : null;
    }

    private static bool AreAlike(SampledColumn times, string splitter, SampledColumn steps, string other)
    {
        ReadOnlySpan<int> of = steps.Rows, own = times.Rows;
        var rows = 0;
        for (var row = 0; row < own.Length; row++)
        {
            var (text, history) = (TextOf(times, own[row]), TextOf(steps, of[row]));
            if (text.Length == 0) continue;
            if (history.Length == 0 || Count(text, splitter) != Count(history, other)) return false;
            rows++;
        }
        return rows >= FewestRows;
    }

    private static bool ArePast(SampledColumn times, long[][] read, SampledColumn until)
    {
        ReadOnlySpan<int> own = times.Rows, other = until.Rows;
        for (var row = 0; row < own.Length; row++)
        {
            if (own[row] < 0 || read[own[row]].Length == 0 || TextOf(until, other[row]) is not { Length: > 0 } text) continue;
            if (!TimeText.TryRead(Encoding.UTF8.GetBytes(text), TimeFormat.Auto, out var now) || read[own[row]].Max() > now) return false;
        }
        return true;
    }

    // Null where they are in none: numbers of things may look like times, but stand in no order.
    private static StepOrder? OrderOf(long[][] read)
    {
        bool rises = read.Any(t => t.Length > 1), falls = rises;
        foreach (var times in read)
        {
            long[] known = [.. times.Where(t => t != AgeColumn.NoTime)];
            for (var i = 1; i < known.Length; i++) (rises, falls) = (rises && known[i] >= known[i - 1], falls && known[i] <= known[i - 1]);
        }
        return rises ? StepOrder.OldestFirst : falls ? StepOrder.NewestFirst : null;
    }

    private static string TextOf(SampledColumn column, int number) => number < 0 ? "" : column.Texts[number];

    private static int Count(string text, string splitter) => text.Split(splitter).Length;
}
