using System.Text;
using Consort.Experiments.Running;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Studies.Diagnostics;

/// <summary>Diagnoses for people, as Markdown.</summary>
public static class DiagnosisReport
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "diagnosis.md";

    /// <summary>The page of one run.</summary>
    public static string Markdown(Diagnosis diagnosis)
    {
        var text = new StringBuilder();
        var (data, calibration) = (diagnosis.Data, diagnosis.Ensemble.Calibration);
        Line($"# Diagnosis of {diagnosis.Run}");
        Line($"{diagnosis.Experiment}: {diagnosis.Members.Count} {(diagnosis.Members.Count == 1 ? "member" : "members")}, {string.Join(" then ", diagnosis.Strategies)}, seed {diagnosis.Seed}. Measured on {data.Rows:N0} rows ({data.Source}, {data.Clicks:N0} clicks); representations on {data.SampledRows:N0} of them.");
        Line($"{diagnosis.Unfinished}");
        Part("Quality, calibration, distance from the ensemble", DiagnosisTables.OfOutputs(diagnosis));
        if (diagnosis.Train is { } train)
            Line($"Members: {train.Explanation} ({train.Rows:N0} training rows).");
        if (diagnosis.Ensemble.GroupAuc is { } grouped)
            Line($"gAUC over {grouped.Groups:N0} groups with {grouped.Rows:N0} rows: {grouped.Auc:F6}{RunReport.Within(grouped.Low, grouped.High)}; left out: {grouped.OneClassGroups:N0} groups of one class ({grouped.OneClassRows:N0} rows), and {grouped.UngroupedRows:N0} rows whose {grouped.Field} is missing or was not seen in training.");
        if (diagnosis.Importance is { } importance)
        {
            Part($"Importance of fields, on {importance.Rows:N0} rows", ImportanceTables.OfFields(importance));
            Part("Pairs of fields", ImportanceTables.OfPairs(importance));
            Part("Slices that are predicted worst", ImportanceTables.OfSlices(importance));
            Part("Partial dependence", ImportanceTables.OfCurves(importance));
        }

        Part("Agreement of members", DiagnosisTables.OfAgreements(diagnosis));
        Part("Layers", DiagnosisTables.OfRepresentations(diagnosis));
        Line($"{string.Join('\n', diagnosis.Members.Where(m => m.KnowledgeAbundance is not null).Select(Last))}");
        Part("Embeddings", DiagnosisTables.OfEmbeddings(diagnosis));
        Line($"## Calibration of the ensemble");
        Line($"Mean predicted {calibration.MeanPredicted:F5}, mean observed {calibration.MeanObserved:F5}, ECE {calibration.ExpectedError:F5}, greatest error of a bin {calibration.MaximumError:F5}.");
        text.Append(MarkdownTable.Of(ResultTable.Of(
            calibration.Bins, new("rows", b => b.Rows, "N0"), new("predicted", b => b.Predicted, "F5"),
            new("observed", b => b.Observed, "F5"))));
        return text.ToString();

        void Part(string title, ResultTable table)
        {
            if (table.Rows.Count > 0)
                text.Append(ShownNumbers.Culture, $"## {title}\n\n{MarkdownTable.Of(table)}\n");
        }

        void Line(FormattableString line)
        {
            if (line.ToString(ShownNumbers.Culture) is { Length: > 0 } shown)
                text.Append(shown).Append("\n\n");
        }
    }

    /// <summary>The table of several runs.</summary>
    public static string Markdown(RunComparison comparison)
    {
        var text = new StringBuilder($"# Runs side by side\n\n{MarkdownTable.Of(DiagnosisTables.OfRuns(comparison))}");
        foreach (var run in comparison.Runs.Where(r => r.Unfinished is not null))
            text.Append(ShownNumbers.Culture, $"\n{run.Unfinished}\n");
        if (TrainLines(comparison) is { Count: > 0 } lines)
            text.Append(ShownNumbers.Culture, $"\n## Rows trained on\n\n{string.Concat(lines.Select(l => $"- {l}\n"))}");
        if (comparison.Churn.Count > 0)
            text.Append(ShownNumbers.Culture, $"\n## Churn\n\n{MarkdownTable.Of(DiagnosisTables.OfChurn(comparison))}");
        if (comparison.Fields.Count > 0)
            text.Append(ShownNumbers.Culture, $"\n## Embeddings: information abundance / D, and by frequency\n\n{MarkdownTable.Of(DiagnosisTables.OfFields(comparison))}");
        return text.ToString();
    }

    /// <summary>What each run that was measured on its training rows says of teaching.</summary>
    public static IReadOnlyList<string> TrainLines(RunComparison comparison) =>
        [.. comparison.Runs.Where(r => r.Train is not null).Select(r => $"{r.Run}: {r.Train!.Explanation}")];

    private static string Last(MemberDiagnosis member) => string.Create(
        ShownNumbers.Culture,
        $"- member {member.Member}: knowledge abundance {member.KnowledgeAbundance:F2}, centred {member.CentredAbundance:F2}, centred effective rank {member.EffectiveRank:F1}, of {string.Join(" and ", member.LastLayers)}");
}
