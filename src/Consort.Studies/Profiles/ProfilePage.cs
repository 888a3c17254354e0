using System.Globalization;
using Consort.Data.Profiles;
using Consort.Data.Sources;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Profiles;

/// <summary>What was seen in raw rows, as one HTML page with plots that needs nothing beside it.</summary>
internal static class ProfilePage
{
    private const int MostPlots = 100;
    private const int MostValues = 12;
    private const int LongestName = 60;
    private const int LongestValue = 24;

    /// <summary>The page.</summary>
    /// <param name="profile">What was seen.</param>
    public static string Of(DataProfile profile)
    {
        var title = string.Join(", ", profile.Sources.Select(s =>
            SourcePlace.IsFile(s) ? PrintableText.Of(Path.GetFileName(s)) : SourcePlace.Show(s)));
        var looked = profile.RowsLookedAt == profile.Rows ? "all of them looked at"
            : $"{Numbers.Whole(profile.RowsLookedAt)} of them looked at, spread over all";
        var subtitle = $"{(profile.IsCounted ? "" : "about ")}{Numbers.Whole(profile.Rows)} rows ({looked}), {profile.Columns.Count} columns; {profile.Written}";
        var facts = new List<Fact> { new("rows", Numbers.Whole(profile.Rows), profile.IsCounted ? "" : "about"),
            new("columns", Numbers.Whole(profile.Columns.Count), "") };
        if (profile.Label is { } label)
            facts.Add(new Fact("click rate", Numbers.Percent(label.ClickRate, 2), $"by column {Name(label.Column)}"));
        var sections = new List<Section> { new("columns", "Columns", [new TableBlock(Table(profile))]) };
        sections.AddRange(Days(profile));
        var others = profile.Columns.Where(c => c.Name != profile.Label?.Column && c.Type is not ("empty" or "constant" or "time"))
            .ToArray();
        // Of many columns those that tell most.
        var shown = others.OrderByDescending(c => c.Auc ?? 0).Take(MostPlots).ToHashSet();
        sections.AddRange(others.Where(shown.Contains)
            .Select((c, i) => Column(c, profile, string.Create(CultureInfo.InvariantCulture, $"column-{i + 1}"))));
        return HtmlWriter.Write(new Document(title, subtitle, Findings(profile), facts, sections));
    }

    private static List<string> Findings(DataProfile profile)
    {
        var found = new List<string>();
        if (profile.Label is { } label)
            found.Add($"{Name(label.Column)} says what was clicked: {PrintableText.Of(label.Why)}.");
        else
            found.Add($"No label: {PrintableText.Of(profile.LabelProblem)}");
        var best = profile.Columns.Where(c => c.Name != profile.Label?.Column && c.Auc is not null).OrderByDescending(c => c.Auc).Take(3)
            .ToArray();
        if (best.Length > 0)
            found.Add($"What tells most by itself: {string.Join(", ", best.Select(c => $"{Name(c.Name)} (AUC {Numbers.Fixed(c.Auc, 3)})"))}.");
        return found;
    }

    private static ResultTable Table(DataProfile profile) => Numbers.Table(
        profile.Columns, new("column", c => Name(c.Name)), new("type", c => c.Type), new("distinct", c => (double)c.Distinct, "N0"),
        profile.RowsLookedAt == profile.Rows ? null : new("in all, about", c => (double)c.DistinctEstimate, "N0"),
        new("missing", c => Numbers.Percent(c.MissingShare, 2), ResultColumn.Right),
        new("AUC alone", c => c.Name == profile.Label?.Column ? null : c.Auc, "F3")
        {
            Meaning = "how well the column alone ranks clicks: rates counted on one half of the rows, measured on the other",
        },
        new("least", c => c.Numbers?.Min, "G6"), new("median", c => c.Numbers?.Quantiles[3], "G6"),
            new("greatest", c => c.Numbers?.Max, "G6"),
        new("most frequent", c => string.Join(", ", c.Top.Take(3).Select(t => Value(t.Token)))));

    private static IEnumerable<Section> Days(DataProfile profile)
    {
        foreach (var (column, index) in profile.Columns.Where(c => c.Time is not null).Select((c, i) => (c, i)))
        {
            var days = column.Time!.Days;
            var panels = new List<Panel>
            {
                new("rows", Plot($"rows by day of {column.Name}", "day", "rows",
                    [.. days.Select((d, i) => new LinePoint(i + 1, d.Rows, Tip: $"{d.Day}: {Numbers.Whole(d.Rows)} rows"))])),
            };
            if (profile.Label is not null)
                panels.Add(new Panel("click rate", Plot($"click rate by day of {column.Name}", "day", "click rate",
                    [.. days.Select((d, i) => Point(i + 1, d.Rows, d.Clicks ?? 0, d.Day))])));
            var table = Numbers.Table(days, new("day", d => d.Day), new("rows", d => (double)d.Rows, "N0"),
                profile.Label is null ? null : new("click rate", d => Numbers.Percent(d.Clicks / (double)d.Rows, 2), ResultColumn.Right));
            yield return new Section(string.Create(CultureInfo.InvariantCulture, $"days-{index + 1}"), $"{Name(column.Name)}, by day",
                [new Figure($"{days.Count} days from {days[0].Day} to {days[^1].Day} (UTC); bars are 95 % intervals.", [], panels, table)]);
        }
    }

    private static Section Column(ColumnProfile column, DataProfile profile, string id)
    {
        var words = $"{column.Type}, {Numbers.Whole(column.Distinct)} distinct, {Numbers.Percent(column.MissingShare, 2)} missing"
            + (column.Auc is { } auc ? $"; AUC alone {Numbers.Fixed(auc, 3)}" : "");
        var blocks = new List<Block> { new Paragraph(words) };
        if (column.Numbers is { Ranges.Count: > 1 } numbers && column.Distinct > MostValues)
            blocks.Add(new Figure("Click rate by ranges of about as many rows each, at their middle place; bars are 95 % intervals.", [],
                [new("", Plot($"click rate by ranges of {column.Name}", "range", "click rate", [.. numbers.Ranges.Select((r, i) =>
                    Point(i + 1, r.Rows, r.Clicks, string.Create(CultureInfo.InvariantCulture, $"{r.From:G6} to {r.To:G6}")))]))],
                Numbers.Table(numbers.Ranges, new("from", r => r.From, "G6"), new("to", r => r.To, "G6"),
                    new("rows", r => (double)r.Rows, "N0"),
                    new("click rate", r => Numbers.Percent((double)r.Clicks / r.Rows, 2), ResultColumn.Right))));
        else if (!column.IsUnique && column.Top.Count > 0)
            blocks.Add(Values(column, profile));
        return new Section(id, Name(column.Name), blocks);
    }

    private static Block Values(ColumnProfile column, DataProfile profile)
    {
        var table = Numbers.Table(column.Top, new("value", t => Value(t.Token)), new("rows", t => (double)t.Count, "N0"),
            profile.Label is null ? null
                : new("click rate", t => Numbers.Percent((double)(t.Clicks ?? 0) / t.Count, 2), ResultColumn.Right));
        if (profile.Label is not { } label)
            return new TableBlock(table);
        var plot = new StripPlot
        {
            Description = $"click rate by value of {column.Name}",
            Name = "click rate",
            Levels = [new Level(label.ClickRate, "all")],
            Strips = [.. column.Top.Take(MostValues).Select(t =>
            {
                var rate = (double)(t.Clicks ?? 0) / t.Count;
                var (low, high) = ReliabilityPlot.Wilson(rate, t.Count);
                return new Strip(Value(t.Token), [], rate, low, high,
                    $"{Value(t.Token)}: {Numbers.Percent(rate, 2)} of {Numbers.Whole(t.Count)} rows");
            })],
        };
        return new Figure("Click rate of the most frequent values; bars are 95 % intervals.", [],
            [new("", plot.Draw(720), plot.Draw(360))], table);
    }

    private static LinePoint Point(double x, long rows, long clicks, string what)
    {
        var rate = (double)clicks / rows;
        var (low, high) = ReliabilityPlot.Wilson(rate, rows);
        return new LinePoint(x, rate, low, high, $"{what}: {Numbers.Percent(rate, 2)} of {Numbers.Whole(rows)} rows");
    }

    private static string Plot(string description, string x, string y, IReadOnlyList<LinePoint> points) => new LinePlot
    {
        Description = PrintableText.Short(description, 2 * LongestName),
        XName = x,
        YName = y,
        WholeX = true,
        Lines = [new Line(y, points, 0)],
    }.Draw();

    // Back-ticks would make code of what is a name.
    private static string Name(string name) => PrintableText.Short(name.Length == 0 ? "(no name)" : name, LongestName).Replace('`', '\'');

    private static string Value(string value) => PrintableText.Short(value, LongestValue).Replace('`', '\'');
}
