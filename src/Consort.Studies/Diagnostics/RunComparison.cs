namespace Consort.Studies.Diagnostics;

/// <summary>
/// Several diagnosed runs side by side, M rising: quality against the number of members and what may lie behind it. <c>comparison.json</c>.
/// </summary>
/// <param name="Version">Grows when a key changes its meaning or goes.</param>
/// <param name="Runs">One a run, by strategy, number of members, and name.</param>
public sealed record RunComparison(int Version, IReadOnlyList<ComparedRun> Runs)
{
    /// <summary>Puts diagnoses side by side.</summary>
    public static RunComparison Of(IEnumerable<Diagnosis> diagnoses) => new(1, [.. diagnoses.Select(ComparedRun.Of)
        .OrderBy(r => r.Strategy, StringComparer.Ordinal).ThenBy(r => r.Members).ThenBy(r => r.Run, StringComparer.Ordinal)]);
}

/// <summary>One run of a comparison.</summary>
/// <param name="Run">The name of its folder.</param>
/// <param name="Strategy">Its phases' strategies, joined by <c> then </c>.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Source">The rows it was measured on.</param>
/// <param name="Rows">How many.</param>
/// <param name="Members">M.</param>
/// <param name="Auc">The ensemble's AUC.</param>
/// <param name="LogLoss">The ensemble's log-loss.</param>
/// <param name="ExpectedError">The ensemble's ECE over bins of equal mass.</param>
/// <param name="GroupAuc">The ensemble's gAUC, or null.</param>
/// <param name="Spread">Its members.</param>
/// <param name="LogitCorrelation">Mean over pairs of members, or null for one member.</param>
/// <param name="Cka">Mean over pairs of members that have it, or null.</param>
/// <param name="CollapsedLayers">Own and shared layers and fields that are called collapsed.</param>
/// <param name="Layers">All that were measured.</param>
public sealed record ComparedRun(
    string Run, string Strategy, ulong Seed, string Source, long Rows, int Members, double Auc, double LogLoss, double ExpectedError,
    double? GroupAuc, MemberSpread Spread, double? LogitCorrelation, double? Cka, int CollapsedLayers, int Layers)
{
    internal static ComparedRun Of(Diagnosis diagnosis)
    {
        var ensemble = diagnosis.Ensemble;
        LayerSpectrum[] layers = [.. diagnosis.Members.SelectMany(m => m.Layers), .. diagnosis.SharedLayers];
        return new ComparedRun(
            diagnosis.Run, string.Join(" then ", diagnosis.Strategies), diagnosis.Seed, diagnosis.Data.Source, diagnosis.Data.Rows,
            diagnosis.Members.Count, ensemble.Metrics.Auc, ensemble.Metrics.LogLoss, ensemble.Calibration.ExpectedError,
            ensemble.GroupAuc?.Auc,
            diagnosis.Spread, diagnosis.Agreements.Average(a => (double?)a.LogitCorrelation), diagnosis.Agreements.Average(a => a.Cka),
            layers.Count(l => l.Verdict == CollapseVerdict.Collapsed), layers.Length);
    }
}
