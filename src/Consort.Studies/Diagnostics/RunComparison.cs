namespace Consort.Studies.Diagnostics;

/// <summary>
/// Several diagnosed runs side by side, M rising: quality against the number of members and what may lie behind it. <c>comparison.json</c>.
/// </summary>
/// <param name="Version">Grows when a key changes its meaning or goes.</param>
/// <param name="Runs">One a run, by strategy, number of members, and name.</param>
public sealed record RunComparison(int Version, IReadOnlyList<ComparedRun> Runs)
{
    /// <summary>The embedding tables field by field, one model beside families.</summary>
    public IReadOnlyList<ComparedField> Fields { get; init; } = [];

    /// <summary>How far apart runs are that were measured on the same rows, pair by pair.</summary>
    public IReadOnlyList<Churn> Churn { get; init; } = [];

    /// <summary>Puts diagnoses side by side.</summary>
    public static RunComparison Of(IEnumerable<Diagnosis> diagnoses)
    {
        Diagnosis[] all = [.. diagnoses.OrderBy(d => d.Strategy, StringComparer.Ordinal).ThenBy(d => d.Members.Count)
            .ThenBy(d => d.Run, StringComparer.Ordinal)];
        return new(1, [.. all.Select(ComparedRun.Of)]) { Fields = ComparedField.Of(all), Churn = Diagnostics.Churn.Of(all) };
    }
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
    /// <summary>Information abundance of the fields' embeddings over D, the mean over fields; null without any.</summary>
    public double? TableAbundance { get; init; }

    /// <summary>The same with each value as often as it occurs in the training rows, or null.</summary>
    public double? WeightedTableAbundance { get; init; }

    /// <summary>What it gives on rows it was trained on, or null.</summary>
    public TrainFit? Train { get; init; }

    /// <summary>Which weights of a run that has not finished were looked into, in words; null for a finished run.</summary>
    public string? Unfinished { get; init; }

    internal static ComparedRun Of(Diagnosis diagnosis)
    {
        var ensemble = diagnosis.Ensemble;
        LayerSpectrum[] layers = [.. diagnosis.Members.SelectMany(m => m.Layers), .. diagnosis.SharedLayers];
        ComparedTable[] tables = [.. ComparedField.TablesOf(diagnosis).Select(t => t.Table)];
        return new ComparedRun(
            diagnosis.Run, diagnosis.Strategy, diagnosis.Seed, diagnosis.Data.Source, diagnosis.Data.Rows,
            diagnosis.Members.Count, ensemble.Metrics.Auc, ensemble.Metrics.LogLoss, ensemble.Calibration.ExpectedError,
            ensemble.GroupAuc?.Auc,
            diagnosis.Spread, diagnosis.Agreements.Average(a => (double?)a.LogitCorrelation), diagnosis.Agreements.Average(a => a.Cka),
            layers.Count(l => l.Verdict == CollapseVerdict.Collapsed), layers.Length)
        {
            TableAbundance = tables.Average(t => (double?)t.Abundance),
            WeightedTableAbundance = tables.Average(t => t.WeightedAbundance),
            Train = diagnosis.Train,
            Unfinished = diagnosis.Unfinished,
        };
    }
}
