using System.Globalization;
using Consort.Experiments.Updating;
using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>Updates day by day: what each day's rows were worth to the run before it.</summary>
internal static class DaysSection
{
    /// <summary>The section, or null without an update.</summary>
    public static Section? Of(IReadOnlyList<UpdateChain> chains)
    {
        if (chains.Count == 0)
            return null;
        LegendEntry[] legend = chains.Count == 1 ? [] : [.. chains.Select((c, look) => new LegendEntry(c.Name, look))];
        var table = Numbers.Table(
            chains.SelectMany(c => c.Days.Select(d => (Chain: c.Name, Day: d))),
            [
                chains.Count > 1 ? new("up to", d => d.Chain) : null,
                new("day", d => d.Day.Number, "F0"),
                new("rows of", d => d.Day.Rows),
                .. UpdateColumns.Of<(string Chain, ChainDay Day)>(d => d.Day.Record, "AUC", "F4"),
            ]);
        return new Section("days", "Day by day",
        [
            new Figure("Each day’s rows as the run of the day before scores them, before it is trained on them: what an update is worth on the next day. A day is an update, in the order of the chain.",
                legend, [Plot("AUC", chains, s => s.Auc), Plot("log-loss", chains, s => s.LogLoss)], table),
        ]);
    }

    private static Panel Plot(string name, IReadOnlyList<UpdateChain> chains, Func<DayScore, double> value) => new(name, new LinePlot
    {
        Description = $"{name} of each day’s rows before they were trained on.",
        Lines =
        [
            .. chains.Select((c, look) => new Line(c.Name, [.. c.Days.Select(d => new LinePoint(d.Number, value(d.Record.Before),
                Tip: string.Create(CultureInfo.InvariantCulture, $"{d.Rows}: {value(d.Record.Before):F5}")))], look)),
        ],
        XName = "day",
        YName = name,
        WholeX = true,
    }.Draw());
}
