using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;
using Consort.Learning.Evaluation;
using Consort.Learning.Training;

namespace Consort.Cli.Reports;

/// <summary>Results as tables.</summary>
internal static class Tables
{
    /// <summary>A run's results: members and ensemble on both splits, and the best reachable.</summary>
    public static ResultTable OfRun(TrainingResult result, IReadOnlyList<string> members) => ResultTable.Of(
        Outputs(result.Valid, result.Test, members), new("", o => o.Name), new("valid AUC", o => o.First?.Auc, "F6"),
        new("log-loss", o => o.First?.LogLoss, "F6"),
        new("test AUC", o => o.Second?.Auc, "F6"), new("log-loss", o => o.Second?.LogLoss, "F6"),
        result.Valid.Metrics.Ensemble.GroupAuc is null ? null : new("gAUC", o => o.Last?.GroupAuc, "F6"),
        new("predicted/observed", o => o.Last?.Calibration, "F4"))
        with
    { Marked = Ensemble(members) };

    /// <summary>What was measured on one set of rows.</summary>
    public static ResultTable OfSplit(SplitResult result, IReadOnlyList<string> members) => ResultTable.Of(
        Outputs(result, null, members), new("", o => o.Name), new("AUC", o => o.First?.Auc, "F6"),
        new("log-loss", o => o.First?.LogLoss, "F6"),
        result.Metrics.Ensemble.GroupAuc is null ? null : new("gAUC", o => o.Last?.GroupAuc, "F6"),
        new("predicted/observed", o => o.Last?.Calibration, "F4"), new("calibration error", o => o.Last?.CalibrationError, "F4"))
        with
    { Marked = Ensemble(members) };

    private static int[] Ensemble(IReadOnlyList<string> members) => [members.Count > 1 ? members.Count : 0];

    // Members unless there is one, their ensemble, and the truth where it is known.
    private static IEnumerable<Output> Outputs(SplitResult first, SplitResult? second, IReadOnlyList<string> members)
    {
        for (var m = 0; m < members.Count && members.Count > 1; m++)
            yield return Output.Of(string.Create(ShownNumbers.Culture, $"member {m}: {members[m]}"), first.Metrics.Members[m],
                second?.Metrics.Members[m]);
        yield return Output.Of(members.Count > 1 ? "ensemble" : members[0], first.Metrics.Ensemble, second?.Metrics.Ensemble);
        if (first.Ceiling is not null || second?.Ceiling is not null)
            yield return new Output("best reachable", first.Ceiling, second?.Ceiling, null);
    }

    private sealed record Output(string Name, CeilingResult? First, CeilingResult? Second, Metrics? Last)
    {
        public static Output Of(string name, Metrics first, Metrics? second) =>
            new(name, new CeilingResult(first.Auc, first.LogLoss), second is null ? null : new CeilingResult(second.Auc, second.LogLoss),
                second ?? first);
    }
}
