using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>Models beside what one would pick instead, such as boosted trees, on the same test rows.</summary>
internal static class BaselineSection
{
    /// <summary>The section.</summary>
    /// <param name="baseline">What it came to.</param>
    /// <param name="id">Names the section.</param>
    public static Section Of(BaselineFile baseline, string id)
    {
        var lines = baseline.Runs.OrderByDescending(r => r.Auc).ToList();
        var words = $"{baseline.Name}, {Numbers.Count(baseline.Seeds, "seed")}: test AUC {Numbers.WithDeviation(baseline.Auc, baseline.Seeds > 1 ? baseline.Deviation : double.NaN)}, log-loss {Numbers.LogLoss(baseline.LogLoss)}.";
        return new Section(id, $"Beside {baseline.Name}", lines.Count == 0 ? [new Paragraph(words)] :
        [
            Plot(baseline, lines),
            new Paragraph($"{words} Differences are of a run minus {baseline.Name}, averaged over its seeds row by row, on the same test rows: AUC by DeLong’s test, log-loss by the bootstrap, of whole groups where rows have some."),
            new TableBlock(Numbers.Table(lines,
                new("run", r => NameOf(r)),
                new("test AUC", r => r.Auc, "F5"),
                new("log-loss", r => r.LogLoss, "F5"),
                new("ΔAUC", r => r.Difference?.Difference, Numbers.Difference),
                new("95 % interval", r => Interval(r.Difference), ResultColumn.Right),
                new("p", r => Numbers.P(r.Difference?.PValue), ResultColumn.Right),
                new("Δ log-loss", r => r.LogLossDifference?.Difference, Numbers.Difference),
                new("95 % interval", r => Interval(r.LogLossDifference), ResultColumn.Right),
                new("AUC of both averaged", r => r.Together, "F5"))),
        ]);
    }

    private static string NameOf(BaselineLine line) => Path.GetFileName(Path.TrimEndingDirectorySeparator(line.Run));

    private static string? Interval(Comparison? c) => c is null ? null : $"{Numbers.Signed(c.Low)} to {Numbers.Signed(c.High)}";

    private static Figure Plot(BaselineFile baseline, List<BaselineLine> lines) => new(
        $"Test AUC of each run minus that of {baseline.Name}, with its 95 % interval.", [],
        [new Panel("", Of(lines, baseline, 820), Of(lines, baseline, 350))], null);

    private static string Of(List<BaselineLine> lines, BaselineFile baseline, double width) => new StripPlot
    {
        Description = $"Difference of test AUC to {baseline.Name} for {Numbers.Count(lines.Count, "run")}, the best at the top.",
        Name = $"AUC minus that of {baseline.Name}",
        Strips = [.. lines.Select(r => new Strip(NameOf(r), [], r.Difference?.Difference ?? r.Auc - baseline.Auc, r.Difference?.Low,
            r.Difference?.High, $"{NameOf(r)}: {Numbers.Signed(r.Difference?.Difference ?? r.Auc - baseline.Auc)}"))],
        Levels = [new Level(0, baseline.Name)],
    }.Draw(width);
}
