using System.Text;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Numbers;
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
        text.AppendLine(ShownNumbers.Culture, $"Members: {string.Join(", ", experiment.Family.Members.Select(m => m.Name))}. Strategy: {string.Join(", then ", experiment.Phases.Select(p => p.Strategy.Name))}. Seed {experiment.Training.Seed}.");
        text.AppendLine(ShownNumbers.Culture, $"Data: {dataset.Train.Rows:N0} training rows, {dataset.Space.Categorical.Count} categorical and {dataset.Space.Numeric.Count} numeric columns, {dataset.Features:N0} features; key `{dataset.Key}`.");
        text.AppendLine(ShownNumbers.Culture, $"{result.Parameters:N0} parameters, {result.RowsPerSecond:N0} training rows/s, {result.Seconds:N1} s in all.");
        text.AppendLine();
        Table(text, experiment, result);
        text.AppendLine("## Training");
        text.AppendLine();
        text.AppendLine("| phase | epoch | learning rate | loss | valid AUC | valid log-loss | best |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        foreach (var epoch in result.Epochs)
        {
            var loss = string.Join(", ", epoch.Loss.Select(l => string.Create(ShownNumbers.Culture, $"{l.Key} {l.Value:F5}")));
            text.AppendLine(ShownNumbers.Culture, $"| {epoch.Phase} | {epoch.Epoch} | {epoch.LearningRate:G3} | {loss} | {epoch.Valid.Ensemble.Auc:F6} | {epoch.Valid.Ensemble.LogLoss:F6} | {(epoch.IsBest ? "yes" : "")} |");
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, Experiment experiment, TrainingResult result)
    {
        text.AppendLine("| | split | AUC | log-loss | predicted / observed |");
        text.AppendLine("|---|---|---|---|---|");
        foreach (var (name, split) in new[] { ("valid", (SplitResult?)result.Valid), ("test", result.Test) })
        {
            if (split is null)
                continue;
            var members = split.Metrics.Members;
            for (var member = 0; member < members.Count && members.Count > 1; member++)
                Row(text, string.Create(ShownNumbers.Culture, $"member {member}: {experiment.Family.Members[member].Name}"), name, members[member]);
            Row(text, members.Count > 1 ? "**ensemble**" : experiment.Family.Members[0].Name, name, split.Metrics.Ensemble);
            if (split.Ceiling is { } ceiling)
                text.AppendLine(ShownNumbers.Culture, $"| best reachable | {name} | {ceiling.Auc:F6} | {ceiling.LogLoss:F6} | |");
        }

        text.AppendLine();
    }

    private static void Row(StringBuilder text, string name, string split, Metrics metrics) => text.AppendLine(
        ShownNumbers.Culture, $"| {name} | {split} | {metrics.Auc:F6} | {metrics.LogLoss:F6} | {metrics.Calibration:F4} |");
}
