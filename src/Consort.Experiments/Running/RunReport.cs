using System.Text;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;
using Consort.Learning.Evaluation;
using Consort.Learning.Training;

namespace Consort.Experiments.Running;

/// <summary>The results of one run for people, as Markdown.</summary>
public static class RunReport
{
    /// <summary>The page.</summary>
    public static string Markdown(Experiment experiment, TrainingResult result, EncodedDataset dataset)
    {
        var text = new StringBuilder();
        text.AppendLine(ShownNumbers.Culture, $"# {experiment.Name}");
        text.AppendLine();
        text.AppendLine(ShownNumbers.Culture,
            $"Members: {string.Join(", ", experiment.Family.Members.Select(m => m.Name))}. Strategy: {string.Join(", then ", experiment.Phases.Select(p => p.Strategy.Name))}. Seed {experiment.Training.Seed}.");
        var more = dataset.Transfer is { } rows ? string.Create(ShownNumbers.Culture, $"{rows.Rows:N0} without labels, ") : "";
        text.AppendLine(ShownNumbers.Culture,
            $"Data: {dataset.Train.Rows:N0} training rows, {more}{dataset.Space.Categorical.Count} categorical and {dataset.Space.Numeric.Count} numeric columns, {dataset.Features:N0} features; key `{dataset.Key}`.");
        text.AppendLine(ShownNumbers.Culture,
            $"{result.Parameters:N0} parameters, {result.RowsPerSecond:N0} training rows/s, {result.Seconds:N1} s in all.");
        text.AppendLine();
        text.AppendLine(MarkdownTable.Of(Results(experiment, result)));
        if (GroupsOf((result.Test ?? result.Valid).Metrics.Ensemble) is { } groups)
        {
            text.AppendLine(ShownNumbers.Culture, $"{groups}.");
            text.AppendLine();
        }

        if (result.Ship is { } ship)
        {
            text.AppendLine(ShownNumbers.Culture,
                $"To ship alone: member {ship}: {experiment.Family.Members[ship].Name}, the best on the validation rows (`consort pack RUN --member best`).");
            text.AppendLine();
        }

        text.AppendLine("## Training");
        text.AppendLine();
        text.Append(MarkdownTable.Of(ResultTable.Of(
            result.Epochs,
            new("phase", e => e.Phase),
            new("epoch", e => e.Epoch, "F0"),
            new("learning rate", e => e.LearningRate, "G3"),
            new("loss", e => string.Join(", ", e.Loss.Select(l => string.Create(ShownNumbers.Culture, $"{l.Key} {l.Value:F5}")))),
            new("valid AUC", e => e.Valid.Ensemble.Auc, "F6"),
            new("valid log-loss", e => e.Valid.Ensemble.LogLoss, "F6"),
            new("best", e => e.IsBest ? "yes" : ""))));
        return text.ToString();
    }

    /// <summary>AUC within groups with its interval, over how many; null where there is none.</summary>
    public static string? GroupsOf(Metrics metrics) => metrics is not { GroupAuc: { } auc, Groups: { } groups } ? null : string.Create(
        ShownNumbers.Culture, $"gAUC over {groups:N0} groups with both clicks and others, weighted by their rows: {auc:F6}{Within(metrics.GroupAucLow, metrics.GroupAucHigh)}");

    /// <summary>An interval by drawing groups, in words; nothing where there is none.</summary>
    public static string Within(double? low, double? high) => low is null || high is null ? ""
        : string.Create(ShownNumbers.Culture, $" ({low:F6} to {high:F6}, 95 % by drawing groups)");

    private static ResultTable Results(Experiment experiment, TrainingResult result)
    {
        var rows = new List<(string Name, string Split, double Auc, double LogLoss, double? GroupAuc, double? Calibration)>();
        var ensembles = new List<int>();
        foreach (var (name, split) in new[] { ("valid", (SplitResult?)result.Valid), ("test", result.Test) })
        {
            if (split is null)
                continue;
            var members = split.Metrics.Members;
            for (var member = 0; member < members.Count && members.Count > 1; member++)
                Add(string.Create(ShownNumbers.Culture, $"member {member}: {experiment.Family.Members[member].Name}"), members[member]);
            if (members.Count > 1)
                ensembles.Add(rows.Count);
            Add(members.Count > 1 ? "ensemble" : experiment.Family.Members[0].Name, split.Metrics.Ensemble);
            if (split.Ceiling is { } ceiling)
                rows.Add(("best reachable", name, ceiling.Auc, ceiling.LogLoss, null, null));

            void Add(string output, Metrics metrics) =>
                rows.Add((output, name, metrics.Auc, metrics.LogLoss, metrics.GroupAuc, metrics.Calibration));
        }

        return ResultTable.Of(
            rows, new("", r => r.Name), new("split", r => r.Split), new("AUC", r => r.Auc, "F6"), new("log-loss", r => r.LogLoss, "F6"),
            rows.Exists(r => r.GroupAuc is not null) ? new("gAUC", r => r.GroupAuc, "F6") : null,
            new("predicted / observed", r => r.Calibration, "F4")) with
        { Marked = ensembles };
    }
}
