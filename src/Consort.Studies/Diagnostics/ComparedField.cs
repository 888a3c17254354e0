namespace Consort.Studies.Diagnostics;

/// <summary>A field's embeddings in several runs: one model beside families, where collapse would show.</summary>
/// <param name="Field">The field.</param>
/// <param name="Runs">Those that have a table for it.</param>
public sealed record ComparedField(string Field, IReadOnlyList<ComparedTable> Runs)
{
    /// <summary>All fields, in the order of the first run.</summary>
    internal static IReadOnlyList<ComparedField> Of(IReadOnlyList<Diagnosis> runs) =>
        [.. runs.SelectMany(TablesOf).GroupBy(t => t.Field).Select(g => new ComparedField(g.Key, [.. g.Select(t => t.Table)]))];

    /// <summary>The tables of a run by field; of several members' own the mean.</summary>
    internal static IEnumerable<(string Field, ComparedTable Table)> TablesOf(Diagnosis run) =>
        run.SharedLayers.Concat(run.Members.SelectMany(m => m.Layers))
            .Where(l => l is { Kind: LayerKind.Embedding, Layer: "embedding", Field: not null })
            .GroupBy(l => l.Field!)
            .Select(g => (g.Key, new ComparedTable(
                run.Run, g.Count(), g.First().Rows, g.First().Units, g.Average(l => l.Spectrum.InformationAbundance / l.Units),
                g.Average(l => l.Weighted?.InformationAbundance / l.Units))));
}

/// <summary>A field's embeddings in one run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Tables">1 where it is shared, else one a member, of which the means stand here.</param>
/// <param name="Features">Values of the field.</param>
/// <param name="Dimensions">D.</param>
/// <param name="Abundance">Information abundance over D, up to 1.</param>
/// <param name="WeightedAbundance">The same with each value as often as it occurs in the training rows; null where these are not at
/// hand.</param>
public sealed record ComparedTable(string Run, int Tables, long Features, int Dimensions, double Abundance, double? WeightedAbundance);
