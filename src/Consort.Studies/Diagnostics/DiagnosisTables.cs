using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Studies.Diagnostics;

/// <summary>Diagnoses as tables, on a page and on a terminal.</summary>
internal static class DiagnosisTables
{
    private const string Share = "P2";
    private const int ShownSingularValues = 8;

    /// <summary>Members and ensemble: quality, calibration, distance.</summary>
    public static ResultTable OfOutputs(Diagnosis diagnosis)
    {
        var isFamily = diagnosis.Members.Count > 1;
        List<(string Name, OutputDiagnosis Output, MemberDiagnosis? Member)> rows =
            [.. diagnosis.Members.Select(m => (isFamily ? string.Create(ShownNumbers.Culture, $"member {m.Member}: {m.Model}") : m.Model,
                m.Output, (MemberDiagnosis?)m))];
        if (isFamily)
            rows.Add(("ensemble", diagnosis.Ensemble, null));
        return ResultTable.Of(
            rows,
            new("", r => r.Name),
            new("AUC", r => r.Output.Metrics.Auc, "F6"),
            new("log-loss", r => r.Output.Metrics.LogLoss, "F6"),
            new("predicted / observed", r => r.Output.Metrics.Calibration, "F4") { IsWide = true },
            new("ECE", r => r.Output.Calibration.ExpectedError, "F4"),
            diagnosis.Ensemble.GroupAuc is { } group
            ? new($"gAUC by {group.Field}", r => r.Output.GroupAuc?.Auc, "F6") { ShortHead = "gAUC" } : null,
            new("mean |p − ens|", r => isFamily ? r.Member?.Discrepancy.Mean : null, "F4"),
            new("max", r => isFamily ? r.Member?.Discrepancy.Max : null, "F4"),
            new("knowledge abundance", r => r.Member?.KnowledgeAbundance, "F2") { ShortHead = "abundance" },
            new("centred", r => r.Member?.CentredAbundance, "F2"),
            new("centred effective rank", r => r.Member?.EffectiveRank, "F1") { ShortHead = "eff. rank" })
            with
        { Marked = isFamily ? [diagnosis.Members.Count] : [] };
    }

    /// <summary>Pairs of members.</summary>
    public static ResultTable OfAgreements(Diagnosis diagnosis) => ResultTable.Of(
        diagnosis.Agreements,
        new("members", a => string.Create(ShownNumbers.Culture, $"{a.First} and {a.Second}")),
        new("correlation of logits", a => a.LogitCorrelation, "F4") { ShortHead = "logit correlation" },
        new("mean |Δp|", a => a.MeanProbabilityDifference, "F4"),
        new("rows ranked alike", a => a.RankAgreement, Share) { ShortHead = "ranked alike" },
        new("CKA of last layers", a => a.Cka, "F3") { ShortHead = "CKA" });

    /// <summary>Layers, and embeddings field by field, in short.</summary>
    public static ResultTable OfLayers(Diagnosis diagnosis) => ResultTable.Of(
        diagnosis.SharedLayers.Select(l => (Owner: "shared", Layer: l))
            .Concat(diagnosis.Members.SelectMany(m =>
                m.Layers.Select(l => (Owner: string.Create(ShownNumbers.Culture, $"member {m.Member}"), Layer: l)))),
        new("", r => r.Owner),
        new("layer", r => r.Layer.Field is null ? r.Layer.Layer : $"{r.Layer.Layer} of {r.Layer.Field}"),
        new("abundance", r => r.Layer.Spectrum.InformationAbundance, "F2"),
        new("by frequency", r => r.Layer.Weighted?.InformationAbundance, "F2"),
        new("centred", r => r.Layer.Centred.InformationAbundance, "F2"),
        new("eff. rank", r => r.Layer.Centred.EffectiveRank, "F1"),
        new("of", r => r.Layer.Centred.SingularValues.Count, "F0"),
        new("verdict", r => r.Layer.Verdict.ToString().ToLowerInvariant(), ResultColumn.Right));

    /// <summary>Layers that rows go through, with all that was measured.</summary>
    public static ResultTable OfRepresentations(Diagnosis diagnosis) => ResultTable.Of(
        diagnosis.Members.SelectMany(m => m.Layers.Where(l => l.Kind == LayerKind.Representation).Select(l => (Member: m, Layer: l))),
        new("member", r => string.Create(ShownNumbers.Culture, $"{r.Member.Member}: {r.Member.Model}")),
        new("layer", r => r.Layer.Layer + (r.Member.LastLayers.Contains(r.Layer.Layer) ? " (last)" : "")),
        new("units", r => r.Layer.Units, "F0"),
        new("silent", r => r.Layer.SilentUnits, "F0"),
        new("information abundance", r => r.Layer.Spectrum.InformationAbundance, "F2"),
        new("effective rank", r => r.Layer.Spectrum.EffectiveRank, "F1"),
        new("centred: abundance", r => r.Layer.Centred.InformationAbundance, "F2"),
        new("effective rank", r => r.Layer.Centred.EffectiveRank, "F1"),
        new("σ₂, σ₃, … / σ₁ (centred)", r => string.Join(" ", r.Layer.Centred.Normalised.Skip(1).Take(ShownSingularValues - 1)
            .Select(v => v.ToString("F2", ShownNumbers.Culture)))),
        new("verdict", r => r.Layer.Explanation));

    /// <summary>Embeddings, field by field, with all that was measured.</summary>
    public static ResultTable OfEmbeddings(Diagnosis diagnosis) => ResultTable.Of(
        diagnosis.SharedLayers.Select(l => (Owner: "shared", Field: l)).Concat(diagnosis.Members.SelectMany(m => m.Layers
            .Where(l => l.Kind == LayerKind.Embedding)
            .Select(l => (Owner: string.Create(ShownNumbers.Culture, $"member {m.Member}"), Field: l)))),
        new("table", r => $"{r.Owner} {r.Field.Layer}"),
        new("field", r => r.Field.Field),
        new("features", r => r.Field.Rows, "N0"),
        new("dimensions", r => r.Field.Units, "F0"),
        new("information abundance", r => r.Field.Spectrum.InformationAbundance, "F2"),
        new("by frequency", r => r.Field.Weighted?.InformationAbundance, "F2"),
        new("effective rank", r => r.Field.Spectrum.EffectiveRank, "F1"),
        new("by frequency", r => r.Field.Weighted?.EffectiveRank, "F1"),
        new("centred: effective rank", r => r.Field.Centred.EffectiveRank, "F1"),
        new("verdict", r => r.Field.Explanation));

    /// <summary>How far apart runs are, pair by pair.</summary>
    public static ResultTable OfChurn(RunComparison comparison) => ResultTable.Of(
        comparison.Churn,
        new("runs", c => $"{c.First} and {c.Second}"),
        new("differ in", c => c.SeedsAlone ? "seed" : "setting"),
        new("churn: mean |Δp|", c => c.MeanProbabilityDifference, "F4"),
        new("max", c => c.MaxProbabilityDifference, "F4"),
        new("rows ranked alike", c => c.RankAgreement, Share) { ShortHead = "ranked alike" });

    /// <summary>Information abundance over D of each field's table, a column a run: plain / by frequency.</summary>
    public static ResultTable OfFields(RunComparison comparison) => ResultTable.Of(
        comparison.Fields,
        [new("field", f => f.Field), .. comparison.Runs.Select(r => r.Run).Distinct().Select(run => new ResultColumn<ComparedField>(
            run, f => Abundances(f.Runs.FirstOrDefault(t => t.Run == run)), ResultColumn.Right))]);

    private static string? Abundances(ComparedTable? table) => table is null ? null : string.Create(
        ShownNumbers.Culture, $"{table.Abundance:F3}{(table.WeightedAbundance is { } weighted ? $" / {weighted:F3}" : "")}");

    /// <summary>Runs side by side.</summary>
    public static ResultTable OfRuns(RunComparison comparison) => ResultTable.Of(
        comparison.Runs,
        new("run", r => r.Run),
        new("strategy", r => r.Strategy),
        new("M", r => r.Members, "F0"),
        new("AUC", r => r.Auc, "F6"),
        new("log-loss", r => r.LogLoss, "F6"),
        new("ECE", r => r.ExpectedError, "F4") { IsWide = true },
        new("gAUC", r => r.GroupAuc, "F6") { IsWide = true },
        new("members' AUC", r => r.Spread.AucMean, "F6"),
        new("sd", r => r.Spread.AucDeviation, "F6"),
        new("mean |p − ens|", r => r.Spread.DiscrepancyMean, "F4"),
        new("max", r => r.Spread.DiscrepancyMax, "F4") { IsWide = true },
        new("knowledge abundance", r => r.Spread.KnowledgeAbundanceMean, "F2") { ShortHead = "abundance" },
        new("centred", r => r.Spread.CentredAbundanceMean, "F2"),
        new("centred effective rank", r => r.Spread.EffectiveRankMean, "F1") { ShortHead = "eff. rank" },
        new("CKA", r => r.Cka, "F3"),
        new("tables' abundance / D", r => r.TableAbundance, "F3") { ShortHead = "tables" },
        new("by frequency", r => r.WeightedTableAbundance, "F3"),
        new("train log-loss", r => r.Train?.TrainLogLoss, "F4") { IsWide = true },
        new("collapsed", r => string.Create(ShownNumbers.Culture, $"{r.CollapsedLayers} of {r.Layers}"), ResultColumn.Right)
        { IsWide = true });
}
