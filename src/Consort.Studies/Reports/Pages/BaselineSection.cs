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
    /// <param name="settings">The report's: runs that differ in their seed only.</param>
    /// <param name="id">Names the section.</param>
    public static Section Of(BaselineFile baseline, IReadOnlyList<Setting> settings, string id)
    {
        var lines = baseline.Runs.OrderByDescending(r => r.Auc).ToList();
        var words = $"{baseline.Name}, {Numbers.Count(baseline.Seeds, "seed")}: test AUC {Numbers.WithDeviation(baseline.Auc, baseline.Seeds > 1 ? baseline.Deviation : double.NaN)}, log-loss {Numbers.LogLoss(baseline.LogLoss)}.";
        return new Section(id, $"Beside {baseline.Name}", lines.Count == 0 ? [new Paragraph(words)] :
        [
            Plot(baseline, lines),
            new Paragraph($"{words} Differences are of a run minus {baseline.Name}, averaged over its seeds row by row, on the same test rows: AUC by DeLong’s test, log-loss by the bootstrap, of whole groups where rows have some.{Best(baseline, settings)}"),
            new TableBlock(Numbers.Table(lines,
                new("run", r => NameOf(r)),
                new("test AUC", r => r.Auc, "F5"),
                new("log-loss", r => r.LogLoss, "F5"),
                new("ΔAUC", r => r.Difference?.Difference, Numbers.Difference),
                new("95 % interval", r => Numbers.Ends(r.Difference), ResultColumn.Right),
                new("p", r => Numbers.P(r.Difference?.PValue), ResultColumn.Right),
                new("Δ log-loss", r => r.LogLossDifference?.Difference, Numbers.Difference),
                new("95 % interval", r => Numbers.Ends(r.LogLossDifference), ResultColumn.Right),
                new("AUC of both averaged", r => r.Together, "F5"))),
        ]);
    }

    // Of the setting that the validation rows are for, over its seeds.
    private static string Best(BaselineFile baseline, IReadOnlyList<Setting> settings)
    {
        var lineOf = baseline.Runs.DistinctBy(r => Path.GetFullPath(r.Run)).ToDictionary(r => Path.GetFullPath(r.Run));
        var compared = settings.Select(s => (Setting: s, Lines: s.Runs
                .Select(r => lineOf.GetValueOrDefault(Path.GetFullPath(r.Folder))?.Difference).OfType<Comparison>().ToArray()))
            .Where(s => s.Lines.Length > 0);
        if (compared.MaxBy(s => s.Setting.ValidAuc) is not { Setting: { } best, Lines: var lines })
            return "";
        var isOne = lines.Length == 1 && baseline.Seeds == 1;
        return $" {best.Label}, the best of them by validation rows, minus {baseline.Name}: {Over(lines, baseline).AucText} for new {(isOne ? "rows" : "seeds and rows")} ({Numbers.Count(lines.Length, "seed")} of it).";
    }

    /// <summary>
    /// The mean over runs of a setting with one error for new seeds of both and new rows. All runs are measured on the same rows, whose
    /// errors are nearly the same in all: their mean stands for that of the mean, and is no smaller.
    /// </summary>
    internal static Comparison Over(IReadOnlyList<Comparison> lines, BaselineFile baseline)
    {
        var difference = lines.Average(l => l.Difference);
        var ofBaseline = baseline.Seeds < 2 ? null
            : Comparison.FromStudent(difference, baseline.Deviation / Math.Sqrt(baseline.Seeds), baseline.Seeds - 1);
        return Comparison.Joint(difference, new Replicates([.. lines.Select(l => l.Difference)]).Interval, ofBaseline,
            Comparison.FromNormal(difference, lines.Average(l => l.StandardError)));
    }

    private static string NameOf(BaselineLine line) => Path.GetFileName(Path.TrimEndingDirectorySeparator(line.Run));

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
