using System.Globalization;
using System.Text;
using Consort.Foundation.Files;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Promoting;

/// <summary>Says why: as tables, as JSON, and as a page.</summary>
public static class PromotionReport
{
    /// <summary>The most slices that are shown.</summary>
    public const int MostSlices = 20;

    /// <summary>The answer in a line.</summary>
    public static string Verdict(PromotionResult result) => result.IsPromoted
        ? $"promote {result.New.Name}: all {result.Checks.Count} checks hold"
        : $"do not promote {result.New.Name}: {string.Join(", ", result.Checks.Where(c => !c.Passed).Select(c => c.Name))} {(result.Checks.Count(c => !c.Passed) == 1 ? "does" : "do")} not hold{SizeAdvice(result)}";

    // Each update adds tokens: after some the package is twice the first one's, whatever the model is worth.
    private static string SizeAdvice(PromotionResult result) => result.Checks.Any(c => c is { Name: "size", Passed: false })
        ? "; a size that is right to grow, as by updates with new tokens, is allowed by --size-ratio, and `update --max-features` bounds it" : "";

    /// <summary>The rows that decided, in a line.</summary>
    public static string Rows(PromotionResult result) => string.Create(CultureInfo.InvariantCulture,
        $"{result.New.Metrics.Rows:N0} rows, {result.New.Metrics.Clicks:N0} clicks{(result.Clusters is { } groups ? $", {groups:N0} groups" : "")}");

    /// <summary>The two models side by side.</summary>
    public static ResultTable Models(PromotionResult result) => ResultTable.Of(
        new[] { (Role: "new", Model: result.New, Time: result.Latency?.New), (Role: "old", Model: result.Old, Time: result.Latency?.Old) },
        new("", m => m.Role),
        new("model", m => m.Model.Name),
        new("AUC", m => m.Model.Metrics.Auc, "F6"),
        new("log-loss", m => m.Model.Metrics.LogLoss, "F6"),
        new("predicted/observed", m => m.Model.Ratio?.Value, "F4"),
        new("p50, µs", m => m.Time?.P50, "F1"),
        new("p99, µs", m => m.Time?.P99, "F1"),
        new("MB", m => m.Model.Bytes / 1e6, "F2"));

    /// <summary>What was asked for and found.</summary>
    public static ResultTable Checks(PromotionResult result) => ResultTable.Of(
        result.Checks,
        new("check", c => c.Name),
        new("", c => c.Passed ? "holds" : "FAILS"),
        new("found", c => c.Found) { IsProse = true },
        new("asked for", c => c.Expected) { IsProse = true });

    /// <summary>The slices that are worst for the new model.</summary>
    public static ResultTable Slices(PromotionResult result) => ResultTable.Of(
        result.Slices.Take(MostSlices),
        new("slice", PromotionResult.Name),
        new("rows", s => s.Rows, "N0"),
        new("clicks", s => s.Clicks, "N0"),
        new("log-loss, new", s => s.NewLogLoss, "F5"),
        new("old", s => s.OldLogLoss, "F5"),
        new("difference (95 %)", s => PromotionResult.Show(s.Difference), ResultColumn.Right),
        new("p by Holm", s => s.P, "F4"),
        new("", s => s.IsWorse(result.Options.SliceMargin) ? "worse" : ""));

    /// <summary>All of it for machines.</summary>
    public static object Json(PromotionResult result) => new
    {
        promoted = result.IsPromoted,
        rows = result.New.Metrics.Rows,
        clicks = result.New.Metrics.Clicks,
        clusters = result.Clusters,
        @new = Model(result.New, result.Latency?.New),
        old = Model(result.Old, result.Latency?.Old),
        auc = result.Auc,
        logloss = result.LogLoss,
        checks = result.Checks,
        slices = result.Slices,
    };

    /// <summary>Writes one HTML page that needs nothing beside it.</summary>
    /// <exception cref="ConsortException">It cannot be written.</exception>
    public static void Write(string path, PromotionResult result) =>
        SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(HtmlWriter.Write(Page(result)))));

    private static Document Page(PromotionResult result) => new(
        $"{result.New.Name} against {result.Old.Name}", Rows(result), [Verdict(result)],
        [
            new Fact("AUC, new − old", Numbers.Signed(result.Auc.Difference), Numbers.Ends(result.Auc)!),
            new Fact("log-loss, new − old", Numbers.Signed(result.LogLoss.Difference), Numbers.Ends(result.LogLoss)!),
        ],
        [
            new Section("checks", "What was asked for", [new TableBlock(Checks(result)), new TableBlock(Models(result))]),
            new Section("slices", "Slices, the worst for the new model first",
            [
                new Paragraph($"Rows with one value of a field, of each field its 50 most frequent ones with at least {Numbers.Whole(result.Options.SliceRows)} rows; p-values by Holm over all {Numbers.Whole(result.Slices.Count)} slices."),
                new TableBlock(Slices(result)),
            ]),
            new Section("calibration", "Calibration",
            [
                new Figure("Rows in order of their probability, cut into bins of equal size; on the dashed diagonal, predicted and observed are equal. Upright bars are 95 % intervals of the observed rate (Wilson).",
                    [new LegendEntry("new", 0), new LegendEntry("old", 1)],
                    [new Panel("", new ReliabilityPlot
                    {
                        Description = "Reliability curves of both models.",
                        Curves = [new Reliability("new", result.Curves.New, 0), new Reliability("old", result.Curves.Old, 1)],
                    }.Draw())], null),
            ]),
        ]);

    private static object Model(PromotedModel model, Latency? latency) => new
    {
        name = model.Name,
        auc = model.Metrics.Auc,
        logloss = model.Metrics.LogLoss,
        calibration = model.Ratio,
        calibration_error = model.Metrics.CalibrationError,
        bytes = model.Bytes,
        latency_us = latency,
    };
}
