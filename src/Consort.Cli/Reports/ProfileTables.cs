using System.Globalization;
using Consort.Data.Profiles;
using Consort.Data.Sources;
using Consort.Foundation.Tables;

namespace Consort.Cli.Reports;

/// <summary>What was seen in rows of which nothing was known, in words.</summary>
internal static class ProfileTables
{
    /// <summary>The most columns that a terminal is shown.</summary>
    public const int MostColumns = 200;

    private const int LongestName = 40, LongestToken = 32, MostDays = 31, FewValues = 24;

    /// <summary>The files, their rows, how they are written, and the click rate.</summary>
    public static string Headline(DataProfile profile)
    {
        var files = string.Join(", ", profile.Sources.Select(SourcePlace.Show).Select(PrintableText.Of));
        var rows = string.Create(CultureInfo.InvariantCulture, $"{(profile.IsCounted ? "" : "about ")}{profile.Rows:N0} rows");
        var looked = profile.RowsLookedAt == profile.Rows ? ""
            : string.Create(CultureInfo.InvariantCulture, $" ({profile.RowsLookedAt:N0} of them looked at)");
        var clicks = profile.Label is { } label
            ? string.Create(CultureInfo.InvariantCulture, $"; click rate {label.ClickRate:P2} by column {PrintableText.Of(label.Column)}")
                : "";
        return $"{files}: {rows}{looked}, {profile.Columns.Count} columns, {profile.Written}{clicks}";
    }

    /// <summary>How many columns are not shown, or null where all are.</summary>
    public static string? Rest(DataProfile profile) => profile.Columns.Count <= MostColumns ? null
        : string.Create(CultureInfo.InvariantCulture, $"and {profile.Columns.Count - MostColumns:N0} columns more");

    /// <summary>A row for each column.</summary>
    public static ResultTable Columns(DataProfile profile) => ResultTable.Of(
        profile.Columns.Take(MostColumns),
        new("column", c => PrintableText.Short(c.Name, LongestName)),
        new("type", c => c.Type),
        new("distinct", c => c.Distinct, "N0"),
        profile.RowsLookedAt == profile.Rows ? null : new("in all, about", c => c.DistinctEstimate, "N0"),
        new("missing", c => c.MissingShare, "P2"),
        profile.Label is null ? null : new("AUC alone", c => c.Name == profile.Label.Column ? null : c.Auc, "F3"),
        new(profile.Label is null ? "range, or most frequent" : "range, or most frequent with click rate", Values) { IsProse = true });

    /// <summary>A table for each time: rows and clicks by day.</summary>
    public static IEnumerable<ResultTable> Days(DataProfile profile) => profile.Columns.Where(c => c.Time is not null)
        .Select(c => ResultTable.Of(
        c.Time!.Days.TakeLast(MostDays),
        new($"day of {PrintableText.Short(c.Name, LongestName)}", d => d.Day),
        new("rows", d => d.Rows, "N0"),
        profile.Label is null ? null : new("clicks", d => d.Clicks, "N0"),
        profile.Label is null ? null : new("click rate", d => d.Clicks is { } clicks ? (double)clicks / d.Rows : null, "P2")));

    /// <summary>All of it for machines.</summary>
    public static object Json(DataProfile profile) => new
    {
        sources = profile.Sources,
        rows = profile.Rows,
        rows_looked_at = profile.RowsLookedAt,
        is_counted = profile.IsCounted,
        written = profile.Written,
        label = profile.Label,
        label_problem = profile.Label is null ? profile.LabelProblem : null,
        columns = profile.Columns,
    };

    private static string Values(ColumnProfile column)
    {
        var missing = column.MissingTexts.Any(m => m.Token.Length > 0)
            ? $"  (missing: {string.Join(", ", column.MissingTexts.Where(m => m.Token.Length > 0).Select(m => PrintableText.Short(m.Token, LongestToken)))})" : "";
        if (column.Odd is { } odd)
            missing += $"  ({odd.Say(column.Rows - column.Missing)})";
        return column switch
        {
            { Time: { } t } => string.Create(CultureInfo.InvariantCulture,
                $"{t.Format}, {t.From:yyyy-MM-dd HH:mm} to {t.To:yyyy-MM-dd HH:mm}{(t.InOrder ? ", in order" : "")}{missing}"),
            { List: { } l } => string.Create(CultureInfo.InvariantCulture,
                $"{l.MeanLength:F1} tokens a row with \"{l.Splitter}\" between, {l.Tokens:N0} distinct: {string.Join("  ", l.Top.Take(Math.Max(1, column.Top.Count)).Select(t => $"{PrintableText.Short(t.Token, LongestToken)} ×{t.Count.ToString("N0", CultureInfo.InvariantCulture)}"))}{missing}"),
            { Type: "number" or "whole", Numbers: { } n } when column.Distinct > FewValues => string.Create(CultureInfo.InvariantCulture,
                $"{n.Min:G6} to {n.Max:G6}, median {n.Quantiles[3]:G6}, mean {n.Mean:G4} ± {n.Deviation:G4}{(n.AsFloats ? ", whole numbers as floats" : "")}{(n.Mark is null ? "" : $", {n.Mark} stands out")}{missing}"),
            { IsUnique: true } => "every row has its own" + missing,
            _ => string.Join("  ", column.Top.Select(Rate)) + missing,
        };
    }

    private static string Rate(TokenRate token) => string.Create(CultureInfo.InvariantCulture,
        $"{PrintableText.Short(token.Token, LongestToken)} ×{token.Count:N0}{(token.Clicks is { } clicks ? string.Create(CultureInfo.InvariantCulture, $" {(double)clicks / token.Count:P1}") : "")}");
}
