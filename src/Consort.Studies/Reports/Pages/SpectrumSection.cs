using System.Globalization;
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
        blocks.Add(new Fold("Every member", [new TableBlock(Members(runs))], IsOpen: runs.Sum(r => r.Diagnosis.Members.Count) <= MostMembers));
        return new Section(id, title, blocks);
    }

    // The last representation of each setting beside the others: members' lines averaged.
    private static Figure? Last(IReadOnlyList<Diagnosed> runs)
    {
        var lines = runs.Select((r, look) => (Run: r, Look: look, Spectra: r.Diagnosis.Members
            .Select(m => m.Layers.LastOrDefault(l => m.LastLayers.Contains(l.Layer) && l.Kind == LayerKind.Representation)?.Centred.Normalised)
            .OfType<IReadOnlyList<double>>().ToList())).Where(r => r.Spectra.Count > 0)
            .Select(r => new Line(r.Run.Label, [.. Enumerable.Range(0, r.Spectra.Min(s => s.Count)).Select(i =>
                new LinePoint(i + 1, r.Spectra.Average(s => s[i]) is var mean && mean > 1e-7 ? mean : double.NaN, Tip: i == 0 ? r.Run.Label : null))], r.Look, Marks: false))
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

    private static ReportTable Settings(IReadOnlyList<Diagnosed> runs) => new(
        [
            new("setting", IsNumber: false), new("members"), new("knowledge abundance", Meaning: "Σσ / max σ of the last representation, mean over members"),
            new("effective rank", Meaning: "Of the last representation, mean row taken off, mean over members"), new("mean |p − p_ens|"), new("collapsed layers"), new("narrow layers"),
        ],
        [.. runs.Select(r =>
        {
            var layers = r.Diagnosis.Members.SelectMany(m => m.Layers).Concat(r.Diagnosis.SharedLayers).ToList();
            return (IReadOnlyList<string>)
            [
                r.Label, Numbers.Whole(r.Diagnosis.Members.Count), Numbers.Fixed(r.Diagnosis.Spread.KnowledgeAbundanceMean, 2), Numbers.Fixed(r.Diagnosis.Spread.EffectiveRankMean, 2),
                Numbers.Fixed(r.Diagnosis.Spread.DiscrepancyMean, 5), Numbers.Whole(layers.Count(l => l.Verdict == CollapseVerdict.Collapsed)), Numbers.Whole(layers.Count(l => l.Verdict == CollapseVerdict.Narrow)),
            ];
        })]);

    private static string Name(MemberDiagnosis member) => string.Create(CultureInfo.InvariantCulture, $"member {member.Member}: {member.Model}");

    private static string Worst(Diagnosed run)
    {
        var layers = run.Diagnosis.Members.SelectMany(m => m.Layers).Concat(run.Diagnosis.SharedLayers).ToList();
        var (collapsed, narrow) = (layers.Count(l => l.Verdict == CollapseVerdict.Collapsed), layers.Count(l => l.Verdict == CollapseVerdict.Narrow));
        return collapsed + narrow == 0
            ? $"all {layers.Count} layers and embeddings spread out"
            : string.Create(CultureInfo.InvariantCulture, $"of {layers.Count} layers and embeddings {collapsed} collapsed, {narrow} narrow");
    }

    // A panel a layer, a line a member.
    private static List<Panel> Panels(Diagnosed run) => [.. run.Diagnosis.Members
        .SelectMany(m => m.Layers.Where(l => l.Kind == LayerKind.Representation).Select(l => (Member: m, Layer: l)))
        .GroupBy(l => l.Layer.Layer).Select(layer => new Panel(layer.Key, new LinePlot
        {
            Description = $"Normalised singular values of layer {layer.Key}. " + string.Join(" ", layer.Select(l => $"{Name(l.Member)}: effective rank {Numbers.Fixed(l.Layer.Centred.EffectiveRank, 1)} of {l.Layer.Units}.")),
            Lines = [.. layer.Select(l => new Line(
                Name(l.Member), [.. l.Layer.Centred.Normalised.Select((s, i) => new LinePoint(i + 1, s > 1e-7 ? s : double.NaN, Tip: i == 0
                    ? $"{Name(l.Member)}, {layer.Key}: effective rank {Numbers.Fixed(l.Layer.Centred.EffectiveRank, 1)} of {l.Layer.Units}" : null))],
                l.Member.Member, Marks: false))],
            XName = "place i",
            YName = "σᵢ / σ₁",
            WholeX = true,
            LogY = true,
        }.Draw()))];

    private static ReportTable Members(IReadOnlyList<Diagnosed> runs) => new(
        [
            new("setting", IsNumber: false), new("member", IsNumber: false), new("AUC"), new("knowledge abundance", Meaning: "Σσ / max σ of the last representation"),
            new("effective rank", Meaning: "Of the last representation, mean row taken off"), new("mean |p − p_ens|", Meaning: "Distance of its probabilities from the ensemble’s"), new("its worst layer", IsNumber: false),
        ],
        [.. runs.SelectMany(r => r.Diagnosis.Members.Select(m => (IReadOnlyList<string>)
        [
            r.Label, string.Create(CultureInfo.InvariantCulture, $"{m.Member}: {m.Model}"), Numbers.Auc(m.Output.Metrics.Auc), Numbers.Fixed(m.KnowledgeAbundance, 2),
            Numbers.Fixed(m.EffectiveRank, 2), Numbers.Fixed(m.Discrepancy.Mean, 5),
            m.Layers.Where(l => l.Kind == LayerKind.Representation).MaxBy(l => l.Verdict) is { } worst ? $"{worst.Layer}: {worst.Explanation}" : Numbers.None,
        ]))]);

    private static ReportTable Layers(Diagnosed run) => new(
        [
            new("layer", IsNumber: false), new("member", IsNumber: false), new("units"), new("silent units"), new("information abundance"),
            new("effective rank"), new("effective rank, centred"), new("verdict", IsNumber: false),
        ],
        [
            .. run.Diagnosis.SharedLayers.Select(l => Row(l, "shared")),
            .. run.Diagnosis.Members.SelectMany(m => m.Layers.Select(l => Row(l, string.Create(CultureInfo.InvariantCulture, $"{m.Member}: {m.Model}")))),
        ]);

    private static IReadOnlyList<string> Row(LayerSpectrum layer, string member) =>
    [
        layer.Field is { } field ? $"{layer.Layer}, {field}" : layer.Layer, member, Numbers.Whole(layer.Units), Numbers.Whole(layer.SilentUnits),
        Numbers.Fixed(layer.Spectrum.InformationAbundance, 2), Numbers.Fixed(layer.Spectrum.EffectiveRank, 2), Numbers.Fixed(layer.Centred.EffectiveRank, 2), layer.Explanation,
    ];
}
