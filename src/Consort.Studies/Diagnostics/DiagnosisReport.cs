using System.Text;
using Consort.Foundation.Numbers;
using Consort.Learning.Diagnostics;

namespace Consort.Studies.Diagnostics;

/// <summary>Diagnoses for people, as Markdown.</summary>
public static class DiagnosisReport
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "diagnosis.md";

    private const int ShownSingularValues = 8;

    /// <summary>The page of one run.</summary>
    public static string Markdown(Diagnosis diagnosis)
    {
        var text = new StringBuilder();
        Line(text, $"# Diagnosis of {diagnosis.Run}");
        Line(text, $"");
        Line(text, $"{diagnosis.Experiment}: {diagnosis.Members.Count} {(diagnosis.Members.Count == 1 ? "member" : "members")}, {string.Join(" then ", diagnosis.Strategies)}, seed {diagnosis.Seed}. Measured on {diagnosis.Data.Rows:N0} rows ({diagnosis.Data.Source}, {diagnosis.Data.Clicks:N0} clicks); representations on {diagnosis.Data.SampledRows:N0} of them.");
        Line(text, $"");
        Outputs(text, diagnosis);
        Pairs(text, diagnosis);
        Layers(text, diagnosis);
        Embeddings(text, diagnosis);
        Calibration(text, diagnosis.Ensemble.Calibration);
        return text.ToString();
    }

    /// <summary>The table of several runs.</summary>
    public static string Markdown(RunComparison comparison)
    {
        var text = new StringBuilder();
        Line(text, $"# Runs side by side");
        Line(text, $"");
        Line(text, $"| run | strategy | M | AUC | log-loss | ECE | gAUC | members' AUC | sd | mean abs(p − ens) | max | knowledge abundance | centred | centred effective rank | CKA | collapsed |");
        Line(text, $"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var run in comparison.Runs)
        {
            var spread = run.Spread;
            Line(text, $"| {run.Run} | {run.Strategy} | {run.Members} | {run.Auc:F6} | {run.LogLoss:F6} | {run.ExpectedError:F4} | {Optional(run.GroupAuc, "F6")} | {spread.AucMean:F6} | {Optional(spread.AucDeviation, "F6")} | {spread.DiscrepancyMean:F4} | {spread.DiscrepancyMax:F4} | {Optional(spread.KnowledgeAbundanceMean, "F2")} | {Optional(spread.CentredAbundanceMean, "F2")} | {Optional(spread.EffectiveRankMean, "F1")} | {Optional(run.Cka, "F3")} | {run.CollapsedLayers} of {run.Layers} |");
        }

        return text.ToString();
    }

    private static void Outputs(StringBuilder text, Diagnosis diagnosis)
    {
        var grouped = diagnosis.Ensemble.GroupAuc;
        Line(text, $"## Quality, calibration, distance from the ensemble");
        Line(text, $"");
        Line(text, $"| | AUC | log-loss | predicted / observed | ECE{(grouped is null ? "" : $" | gAUC by {grouped.Field}")} | mean abs(p − ens) | max |");
        Line(text, $"|---|---|---|---|---{(grouped is null ? "" : "|---")}|---|---|");
        foreach (var member in diagnosis.Members)
            if (diagnosis.Members.Count > 1)
                Row($"member {member.Member}: {member.Model}", member.Output, member.Discrepancy);
        Row(diagnosis.Members.Count > 1 ? "**ensemble**" : diagnosis.Members[0].Model, diagnosis.Ensemble, null);
        Line(text, $"");
        if (grouped is not null)
        {
            Line(text, $"gAUC over {grouped.Groups:N0} groups with {grouped.Rows:N0} rows; left out: {grouped.OneClassGroups:N0} groups of one class ({grouped.OneClassRows:N0} rows), and {grouped.UngroupedRows:N0} rows whose {grouped.Field} is missing or was not seen in training.");
            Line(text, $"");
        }

        void Row(string name, OutputDiagnosis output, Discrepancy? discrepancy) => Line(
            text, $"| {name} | {output.Metrics.Auc:F6} | {output.Metrics.LogLoss:F6} | {output.Metrics.Calibration:F4} | {output.Calibration.ExpectedError:F4}{(output.GroupAuc is { } auc ? string.Create(ShownNumbers.Culture, $" | {auc.Auc:F6}") : "")} | {Optional(discrepancy?.Mean, "F4")} | {Optional(discrepancy?.Max, "F4")} |");
    }

    private static void Pairs(StringBuilder text, Diagnosis diagnosis)
    {
        if (diagnosis.Agreements.Count == 0)
            return;
        Line(text, $"## Agreement of members");
        Line(text, $"");
        Line(text, $"| members | correlation of logits | mean abs(Δp) | rows ranked alike | CKA of last layers |");
        Line(text, $"|---|---|---|---|---|");
        foreach (var pair in diagnosis.Agreements)
            Line(text, $"| {pair.First} and {pair.Second} | {pair.LogitCorrelation:F4} | {pair.MeanProbabilityDifference:F4} | {pair.RankAgreement:P1} | {Optional(pair.Cka, "F3")} |");
        Line(text, $"");
    }

    private static void Layers(StringBuilder text, Diagnosis diagnosis)
    {
        if (!diagnosis.Members.Any(m => m.Layers.Any(l => l.Kind == LayerKind.Representation)))
            return;
        Line(text, $"## Layers");
        Line(text, $"");
        Line(text, $"| member | layer | units | silent | information abundance | effective rank | centred: abundance | effective rank | σ₂, σ₃, … / σ₁ (centred) | verdict |");
        Line(text, $"|---|---|---|---|---|---|---|---|---|---|");
        foreach (var member in diagnosis.Members)
            foreach (var layer in member.Layers.Where(l => l.Kind == LayerKind.Representation))
                Line(text, $"| {member.Member}: {member.Model} | {layer.Layer}{(member.LastLayers.Contains(layer.Layer) ? " (last)" : "")} | {layer.Units} | {layer.SilentUnits} | {layer.Spectrum.InformationAbundance:F2} | {layer.Spectrum.EffectiveRank:F1} | {layer.Centred.InformationAbundance:F2} | {layer.Centred.EffectiveRank:F1} | {Head(layer.Centred)} | {layer.Explanation} |");
        Line(text, $"");
        foreach (var member in diagnosis.Members.Where(m => m.KnowledgeAbundance is not null))
            Line(text, $"- member {member.Member}: knowledge abundance {Optional(member.KnowledgeAbundance, "F2")}, centred {Optional(member.CentredAbundance, "F2")}, centred effective rank {Optional(member.EffectiveRank, "F1")}, of {string.Join(" and ", member.LastLayers)}");
        Line(text, $"");
    }

    private static void Embeddings(StringBuilder text, Diagnosis diagnosis)
    {
        var fields = diagnosis.SharedLayers.Select(l => ("shared", l))
            .Concat(diagnosis.Members.SelectMany(m => m.Layers.Where(l => l.Kind == LayerKind.Embedding).Select(l => ($"member {m.Member}", l)))).ToArray();
        if (fields.Length == 0)
            return;
        Line(text, $"## Embeddings");
        Line(text, $"");
        Line(text, $"| table | field | features | dimensions | information abundance | effective rank | centred: effective rank | verdict |");
        Line(text, $"|---|---|---|---|---|---|---|---|");
        foreach (var (owner, field) in fields)
            Line(text, $"| {owner} {field.Layer} | {field.Field} | {field.Rows:N0} | {field.Units} | {field.Spectrum.InformationAbundance:F2} | {field.Spectrum.EffectiveRank:F1} | {field.Centred.EffectiveRank:F1} | {field.Explanation} |");
        Line(text, $"");
    }

    private static void Calibration(StringBuilder text, CalibrationCurve curve)
    {
        Line(text, $"## Calibration of the ensemble");
        Line(text, $"");
        Line(text, $"Mean predicted {curve.MeanPredicted:F5}, mean observed {curve.MeanObserved:F5}, ECE {curve.ExpectedError:F5}, greatest error of a bin {curve.MaximumError:F5}.");
        Line(text, $"");
        Line(text, $"| rows | predicted | observed |");
        Line(text, $"|---|---|---|");
        foreach (var bin in curve.Bins)
            Line(text, $"| {bin.Rows:N0} | {bin.Predicted:F5} | {bin.Observed:F5} |");
    }

    private static string Head(Spectrum spectrum) =>
        string.Join(" ", spectrum.Normalised.Skip(1).Take(ShownSingularValues - 1).Select(v => v.ToString("F2", ShownNumbers.Culture)));

    private static string Optional(double? value, string format) =>
        value?.ToString(format, ShownNumbers.Culture) ?? "";

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(ShownNumbers.Culture)).Append('\n');
}
