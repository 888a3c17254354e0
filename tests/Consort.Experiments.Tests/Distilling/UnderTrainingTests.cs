using System.Globalization;
using Consort.Learning.Runs;
using Consort.Studies.Distilling;

namespace Consort.Experiments.Tests.Distilling;

/// <summary>Teachers that are told of because they have not learned what they could.</summary>
public sealed class UnderTrainingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(new[] { 0.51, 0.52, 0.519 }, new[] { 1e-3, 1e-3, 1e-3 }, "whose valid AUC is 0.520")]
    [InlineData(new[] { 0.60, 0.65, 0.70 }, new[] { 1e-3, 1e-3, 1e-3 }, "whose last epoch was its best")]
    [InlineData(new[] { 0.60, 0.65, 0.70 }, new[] { 1e-3, 3e-4, 1e-4 }, null)] // the rate fell, as it was meant to
    [InlineData(new[] { 0.60, 0.70, 0.69 }, new[] { 1e-3, 1e-3, 1e-3 }, null)]
    [InlineData(new[] { 0.70 }, new[] { 1e-3 }, null)] // one pass over a log
    [InlineData(new double[0], new double[0], null)]
    public void Of_ARunsEvaluations_NamesWhatIsMissing(double[] aucs, double[] rates, string? expected)
    {
        var best = 0.0;
        _folder.File("events.jsonl", string.Concat(aucs.Select((auc, i) =>
        {
            var isBest = auc > best;
            best = Math.Max(best, auc);
            return string.Create(CultureInfo.InvariantCulture,
                $"{{\"time\":\"2026-11-29T13:00:00Z\",\"event\":\"evaluation\",\"phase\":\"train\",\"epoch\":{i + 1},\"steps\":{10 * (i + 1)},\"learning_rate\":{rates[i]},\"loss\":{{\"label\":0.4}},\"valid\":{{\"auc\":{auc},\"log_loss\":0.4,\"calibration\":1,\"calibration_error\":0.01,\"rows\":10,\"clicks\":5}},\"members\":[{auc}],\"best\":{(isBest ? "true" : "false")},\"seconds\":1}}\n");
        })));
        var found = UnderTraining.Of(new RunFolder(_folder.Path));
        Assert.Equal(expected is null, found is null);
        Assert.Contains(expected ?? "", found ?? "", StringComparison.Ordinal);
    }
}
