using System.Globalization;
using Consort.Foundation.Tables;
using Consort.Studies.Diagnostics;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Reports.Pages;

/// <summary>Singular spectra of members and layers: how many directions a representation uses.</summary>
internal static class SpectrumSection
{
    private const int MostOpen = 2;
    private const int MostMembers = 10;

    /// <summary>The section, or null where no run is diagnosed.</summary>
    public static Section? Of(IReadOnlyList<Diagnosed> runs, string id, string title)
    {
        if (runs.Count == 0)
            return null;
        var blocks = new List<Block>
        {
            new Paragraph("Singular values σ of each layer’s outputs over rows the run was not trained on, the mean row taken off, as shares of the greatest. A line that falls early uses few directions: the layer has collapsed. Information abundance Σσ / max σ is of the matrix as it is; knowledge abundance is that of a member’s last representation."),
        };
        if (runs.Count > 1 && Last(runs) is { } last)
            blocks.Add(last);
        blocks.Add(new TableBlock(Settings(runs)));
        foreach (var run in runs)
            if (Panels(run) is { Count: > 0 } panels)
                blocks.Add(new Fold(
                    $"{run.Label} (seed {run.Run.Seed}): {Worst(run)}",
                    [new Figure($"Normalised singular values of {run.Label}, {Numbers.Whole(run.Diagnosis.Data.SampledRows)} sampled {run.Diagnosis.Data.Source} rows.",
                        [.. run.Diagnosis.Members.Select(m => new LegendEntry(Name(m), m.Member))], panels, Layers(run))],
                    IsOpen: runs.Count <= MostOpen));
        blocks.Add(new Fold("Every member", [new TableBlock(Members(runs))],
            IsOpen: runs.Sum(r => r.Diagnosis.Members.Count) <= MostMembers));
        return new Section(id, title, blocks);
    }

    // The last representation of each setting beside the others: members' lines averaged.
    private static Figure? Last(IReadOnlyList<Diagnosed> runs)
    {
        var lines = runs.Select((r, look) => (Run: r, Look: look, Spectra: r.Diagnosis.Members
            .Select(m => m.Layers.LastOrDefault(l => m.LastLayers.Contains(l.Layer)
                && l.Kind == LayerKind.Representation)?.Centred.Normalised)
            .OfType<IReadOnlyList<double>>().ToList())).Where(r => r.Spectra.Count > 0)
            .Select(r => new Line(r.Run.Label, [.. Enumerable.Range(0, r.Spectra.Min(s => s.Count)).Select(i =>
                new LinePoint(i + 1, r.Spectra.Average(s => s[i]) is var mean
                    && mean > 1e-7 ? mean : double.NaN, Tip: i == 0 ? r.Run.Label : null))], r.Look, Marks: false))
            .ToList();
        if (lines.Count is < 2 or > 2 * Marker.Colours)
            return null;
        var plot = new LinePlot
        {
            Description = $"Normalised singular values of the last layer, averaged over members, of {lines.Count} settings.",
            Lines = lines,
            XName = "place i",
            YName = "σᵢ / σ₁, mean over members",
            WholeX = true,
            LogY = true,
        };
        return new Figure(
            "The last hidden layer of each setting, members averaged: the higher a line stays, the more directions carry something.",
            [.. lines.Select(l => new LegendEntry(l.Name, l.Look))],
            [new Panel("", (plot with { Width = 720, Height = 300 }).Draw(), plot.Draw())], Numbers: null);
    }

    private static ResultTable Settings(IReadOnlyList<Diagnosed> runs) => Numbers.Table(
        runs,
        new("setting", r => r.Label),
        new("members", r => r.Diagnosis.Members.Count, "N0"),
        new("knowledge abundance", r => r.Diagnosis.Spread.KnowledgeAbundanceMean, "F2")
        { Meaning = "Σσ / max σ of the last representation, mean over members" },
        new("effective rank", r => r.Diagnosis.Spread.EffectiveRankMean, "F2")
        { Meaning = "Of the last representation, mean row taken off, mean over members" },
        new("mean |p − p_ens|", r => r.Diagnosis.Spread.DiscrepancyMean, "F5"),
        new("collapsed layers", r => AllLayers(r).Count(l => l.Verdict == CollapseVerdict.Collapsed), "N0"),
        new("narrow layers", r => AllLayers(r).Count(l => l.Verdict == CollapseVerdict.Narrow), "N0"));

    private static IEnumerable<LayerSpectrum> AllLayers(Diagnosed run) =>
        run.Diagnosis.Members.SelectMany(m => m.Layers).Concat(run.Diagnosis.SharedLayers);

    private static string Name(MemberDiagnosis member) =>
        string.Create(CultureInfo.InvariantCulture, $"member {member.Member}: {member.Model}");

    private static string Worst(Diagnosed run)
    {
        var layers = AllLayers(run).ToList();
        var (collapsed, narrow) = (layers.Count(l => l.Verdict == CollapseVerdict.Collapsed),
            layers.Count(l => l.Verdict == CollapseVerdict.Narrow));
        return collapsed + narrow == 0
            ? $"all {layers.Count} layers and embeddings spread out"
            : string.Create(CultureInfo.InvariantCulture,
                $"of {layers.Count} layers and embeddings {collapsed} collapsed, {narrow} narrow");
    }

    // A panel a layer, a line a member.
    private static List<Panel> Panels(Diagnosed run) => [.. run.Diagnosis.Members
        .SelectMany(m => m.Layers.Where(l => l.Kind == LayerKind.Representation).Select(l => (Member: m, Layer: l)))
        .GroupBy(l => l.Layer.Layer).Select(layer => new Panel(layer.Key, new LinePlot
        {
            Description = $"Normalised singular values of layer {layer.Key}. " + string.Join(" ",
                layer.Select(l => $"{Name(l.Member)}: effective rank {Numbers.Fixed(l.Layer.Centred.EffectiveRank, 1)} of {l.Layer.Units}.")),
            Lines = [.. layer.Select(l => new Line(
                Name(l.Member), [.. l.Layer.Centred.Normalised.Select((s, i) => new LinePoint(i + 1, s > 1e-7 ? s : double.NaN, Tip: i == 0
                    ? $"{Name(l.Member)}, {layer.Key}: effective rank {Numbers.Fixed(l.Layer.Centred.EffectiveRank, 1)} of {l.Layer.Units}" : null))],
                l.Member.Member, Marks: false))],
            XName = "place i",
            YName = "σᵢ / σ₁",
            WholeX = true,
            LogY = true,
        }.Draw()))];

    private static ResultTable Members(IReadOnlyList<Diagnosed> runs) => Numbers.Table(
        runs.SelectMany(r => r.Diagnosis.Members.Select(m => (r.Label, Member: m))),
        new("setting", r => r.Label),
        new("member", r => Numbered(r.Member)),
        new("AUC", r => r.Member.Output.Metrics.Auc, "F5"),
        new("knowledge abundance", r => r.Member.KnowledgeAbundance, "F2") { Meaning = "Σσ / max σ of the last representation" },
        new("effective rank", r => r.Member.EffectiveRank, "F2") { Meaning = "Of the last representation, mean row taken off" },
        new("mean |p − p_ens|", r => r.Member.Discrepancy.Mean, "F5") { Meaning = "Distance of its probabilities from the ensemble’s" },
        new("its worst layer", r => r.Member.Layers.Where(l => l.Kind == LayerKind.Representation)
            .MaxBy(l => l.Verdict) is { } worst ? $"{worst.Layer}: {worst.Explanation}" : null));

    private static ResultTable Layers(Diagnosed run) => Numbers.Table(
        run.Diagnosis.SharedLayers.Select(l => (Layer: l, Member: "shared"))
        .Concat(run.Diagnosis.Members.SelectMany(m => m.Layers.Select(l => (Layer: l, Member: Numbered(m))))),
        new("layer", r => r.Layer.Field is { } field ? $"{r.Layer.Layer}, {field}" : r.Layer.Layer),
        new("member", r => r.Member),
        new("units", r => r.Layer.Units, "N0"),
        new("silent units", r => r.Layer.SilentUnits, "N0"),
        new("information abundance", r => r.Layer.Spectrum.InformationAbundance, "F2"),
        new("effective rank", r => r.Layer.Spectrum.EffectiveRank, "F2"),
        new("effective rank, centred", r => r.Layer.Centred.EffectiveRank, "F2"),
        new("verdict", r => r.Layer.Explanation));

    private static string Numbered(MemberDiagnosis member) =>
        string.Create(CultureInfo.InvariantCulture, $"{member.Member}: {member.Model}");
}
