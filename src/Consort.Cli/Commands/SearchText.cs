using System.Globalization;
using Consort.Cli.Terminals;
using Consort.Foundation.Tables;
using Consort.Studies.Search;

namespace Consort.Cli.Commands;

/// <summary>What a search came to, for the terminal.</summary>
internal static class SearchText
{
    /// <summary>Shows the best few beside the start, by how much the best is better, what mattered and where the report is.</summary>
    public static void Show(Terminal terminal, TuneResult result)
    {
        terminal.Show(ResultTable.Of(result.Settings,
        [
            new("", s => s.Name), new("seen: score", s => s.Score, "F6"), new("kept aside: AUC", s => s.Auc, "F6"),
            new("log-loss", s => s.LogLoss, "F6"), result.Start.TestAuc is null ? null : new("test AUC", s => s.TestAuc, "F6"),
            new("values",
                s => string.Join(", ", s.Values.Select(v => $"{v.Key[(v.Key.LastIndexOf('.') + 1)..]} {v.Value}"))) { IsProse = true },
        ]) with
        { Marked = [result.Settings.Index().First(s => s.Item == result.Best).Index] });
        terminal.Output.WriteLine(result.Best == result.Start ? "no setting that was tried is better than the start"
            : result.Auc is { } auc ? string.Create(CultureInfo.InvariantCulture,
                $"the best {result.Verdict} on rows kept aside: best − start {auc.AucText} over {result.Over}, p {auc.PValue:G2}")
            : "best − start: too few rows of one label to tell");
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Trials} trial{(result.Trials == 1 ? "" : "s")}, {Pace.Time(result.Seconds)}; {Mattered(result)}"));
        terminal.Output.WriteLine($"report       {result.Page}");
        terminal.Output.WriteLine($"best         {result.BestFile}");
    }

    private static string Mattered(TuneResult result) => result.Importance.Count == 0 ? "too few trials to tell what mattered"
        : string.Create(CultureInfo.InvariantCulture,
            $"what mattered, each option alone: {string.Join(", ", result.Importance.Take(3).Select(i => $"{i.Key} {i.Value:P0}"))}");
}
