using System.Globalization;
using System.Text;
using Consort.Foundation.Files;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Recipes.Daily;

/// <summary>The days as curves: <c>daily.html</c>.</summary>
internal static class DailyPage
{
    /// <summary>Writes the page beside the table.</summary>
    public static void Write(string folder, IReadOnlyList<DailyLine> lines)
    {
        var document = new Document(
            "Day by day", "Each day is scored before anything is trained on it", [], [], [.. lines.GroupBy(l => l.Model).Select(OfModel)]);
        SafeFile.Write(Path.Combine(folder, "daily.html"), stream => stream.Write(Encoding.UTF8.GetBytes(HtmlWriter.Write(document))));
    }

    private static Section OfModel(IGrouping<string, DailyLine> lines)
    {
        LegendEntry[] legend = [.. lines.Select((l, look) => new LegendEntry(l.Way.Text, look)), new("best reachable", lines.Count())];
        Panel[] panels =
        [
            Plot("AUC", lines, s => s.Score.Auc, s => s.Score.Ceiling?.Auc),
            Plot("log-loss", lines, s => s.Score.LogLoss, s => s.Score.Ceiling?.LogLoss),
            Plot("predicted / observed", lines, s => s.Score.Calibration, _ => null),
            Plot("ids", lines, s => s.Ids, _ => null),
        ];
        return new Section(lines.Key, lines.Key, [new Figure("Means over seeds.", legend, panels, null)]);
    }

    private static Panel Plot(
        string name, IGrouping<string, DailyLine> lines, Func<DailyScore, double?> value, Func<DailyScore, double?> best)
    {
        var curves = lines.Select((l, look) => new Line(l.Way.Text, Points(l.ByDay(value)), look)).ToList();
        var top = lines.First().ByDay(best);
        if (top.All(double.IsFinite))
            curves.Add(new Line("best reachable", Points(top), curves.Count, Marks: false));
        return new Panel(name, new LinePlot
        {
            Description = $"{name} of {lines.Key} over days",
            Lines = curves,
            XName = "day",
            YName = name,
            WholeX = true,
        }.Draw());
    }

    private static LinePoint[] Points(IReadOnlyList<double> values) => [.. values.Select((v, day) =>
        new LinePoint(day + 2, v, Tip: string.Create(CultureInfo.InvariantCulture, $"day {day + 2}: {v:F5}")))];
}
