using Consort.Foundation.Numbers;
using Consort.Studies.Diagnostics;

namespace Consort.Cli.Reports;

/// <summary>Diagnoses as tables.</summary>
internal static class DiagnosisTables
{
    /// <summary>Members and ensemble: quality, calibration, distance.</summary>
    public static ResultTable OfOutputs(Diagnosis diagnosis)
    {
        var grouped = diagnosis.Ensemble.GroupAuc is not null;
        string[] columns = ["", "AUC", "log-loss", "ECE", .. grouped ? new[] { "gAUC" } : [], "mean |p − ens|", "max", "abundance", "centred", "eff. rank"];
        var table = Tables.New(1, columns);
        var several = diagnosis.Members.Count > 1;
        foreach (var member in diagnosis.Members)
        {
            var name = several ? $"member {Text(member.Member)}: {member.Model}" : member.Model;
            table.Add([
                name, .. Cells(member.Output), several ? Text(member.Discrepancy.Mean, "F4") : "", several ? Text(member.Discrepancy.Max, "F4") : "",
                Text(member.KnowledgeAbundance, "F2"), Text(member.CentredAbundance, "F2"), Text(member.EffectiveRank, "F1")]);
        }

        if (several)
            table.AddBold(["ensemble", .. Cells(diagnosis.Ensemble), "", "", "", "", ""]);
        return table;

        string[] Cells(OutputDiagnosis output) =>
            [Text(output.Metrics.Auc, "F6"), Text(output.Metrics.LogLoss, "F6"), Text(output.Calibration.ExpectedError, "F4"), .. grouped ? new[] { Text(output.GroupAuc!.Auc, "F6") } : []];
    }

    /// <summary>Pairs of members.</summary>
    public static ResultTable OfAgreements(Diagnosis diagnosis)
    {
        var table = Tables.New(1, "members", "logit correlation", "mean |Δp|", "ranked alike", "CKA");
        foreach (var pair in diagnosis.Agreements)
            table.Add($"{Text(pair.First)} and {Text(pair.Second)}", Text(pair.LogitCorrelation, "F4"), Text(pair.MeanProbabilityDifference, "F4"), Tables.Percent(pair.RankAgreement), Text(pair.Cka, "F3"));
        return table;
    }

    /// <summary>Layers, and embeddings field by field.</summary>
    public static ResultTable OfLayers(Diagnosis diagnosis)
    {
        var table = Tables.New(2, "", "layer", "abundance", "centred", "eff. rank", "of", "verdict");
        foreach (var layer in diagnosis.SharedLayers)
            Add("shared", layer);
        foreach (var member in diagnosis.Members)
            foreach (var layer in member.Layers)
                Add($"member {Text(member.Member)}", layer);
        return table;

        void Add(string owner, LayerSpectrum layer) => table.Add(
            owner, layer.Field is null ? layer.Layer : $"{layer.Layer} of {layer.Field}", Text(layer.Spectrum.InformationAbundance, "F2"),
            Text(layer.Centred.InformationAbundance, "F2"), Text(layer.Centred.EffectiveRank, "F1"), Text(layer.Centred.SingularValues.Count),
            layer.Verdict.ToString().ToLowerInvariant());
    }

    /// <summary>Runs side by side.</summary>
    public static ResultTable OfRuns(RunComparison comparison)
    {
        var table = Tables.New(2, "run", "strategy", "M", "AUC", "log-loss", "members' AUC", "sd", "mean |p − ens|", "abundance", "centred", "eff. rank", "CKA");
        foreach (var run in comparison.Runs)
            table.Add(
                run.Run, run.Strategy, Text(run.Members), Text(run.Auc, "F6"), Text(run.LogLoss, "F6"), Text(run.Spread.AucMean, "F6"), Text(run.Spread.AucDeviation, "F6"),
                Text(run.Spread.DiscrepancyMean, "F4"), Text(run.Spread.KnowledgeAbundanceMean, "F2"), Text(run.Spread.CentredAbundanceMean, "F2"), Text(run.Spread.EffectiveRankMean, "F1"), Text(run.Cka, "F3"));
        return table;
    }

    private static string Text(int value) => value.ToString(ShownNumbers.Culture);

    private static string Text(double? value, string format) =>
        value?.ToString(format, ShownNumbers.Culture) ?? "";
}
