using System.Diagnostics.CodeAnalysis;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Watching;
using Consort.Foundation.Options;
using Consort.Serving;
using Consort.Serving.Packages;

namespace Consort.AspNetCore.Registry;

/// <summary>One loaded package of a model, with what requests need to use it. Given up when its last request ends.</summary>
internal sealed class ModelVersion : IDisposable
{
    private readonly LiveScorer _live;

    private ModelVersion(string model, string name, FileStamp stamp, Scorer scorer, ScoringMeter? meter, int driftRows)
    {
        Window = new TrafficWindow(scorer, driftRows);
        (Model, Name, Stamp) = (model, name, stamp);
        _live = new LiveScorer(scorer);
        Fields = new FieldTable(scorer);
        Batches = new BatchPool(scorer);
        Candidates = new CandidateSets(scorer);
        Metrics = new VersionMetrics(model, name, meter);
        Loaded = DateTimeOffset.UtcNow;
    }

    public string Model { get; }

    public string Name { get; }

    public FileStamp Stamp { get; }

    public FieldTable Fields { get; }

    public BatchPool Batches { get; }

    public CandidateSets Candidates { get; }

    public VersionMetrics Metrics { get; }

    /// <summary>Its traffic beside its training rows.</summary>
    public TrafficWindow Window { get; }

    /// <summary>What came of its answers.</summary>
    public LabelledRows Labelled { get; } = new();

    /// <summary>What it said in the shadow.</summary>
    public ShadowComparison Shadow { get; } = new();

    public DateTimeOffset Loaded { get; }

    /// <summary>Loads a package.</summary>
    /// <exception cref="ConsortException">It is missing, or not whole and genuine.</exception>
    public static ModelVersion Load(string model, string name, string path, PackageStorage storage, Catalogues? catalogues,
        ScoringMeter? meter, int driftRows)
    {
        // Before the load: what is moved or written over the file meanwhile is then seen as a change.
        var stamp = FileStamp.Of(path) ?? throw new ConsortException($"{path}: found no file, expected a package");
        var scorer = Scorer.Load(path, storage: storage, catalogues: catalogues);
        try
        {
            return new ModelVersion(model, name, stamp, scorer, meter, driftRows);
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>Takes the version for a request; false when it has been given up.</summary>
    public bool TryLease([NotNullWhen(true)] out VersionLease? lease)
    {
        try
        {
            lease = new VersionLease(this, _live.Lease());
            return true;
        }
        catch (ObjectDisposedException)
        {
            lease = null;
            return false;
        }
    }

    public void Dispose() => _live.Dispose();
}

/// <summary>A version that stays usable until this is disposed of.</summary>
public sealed class VersionLease : IDisposable
{
    private readonly ScorerLease _lease;

    internal VersionLease(ModelVersion version, ScorerLease lease) => (Version, _lease) = (version, lease);

    /// <summary>Scores impressions.</summary>
    public Scorer Scorer => _lease.Scorer;

    /// <summary>Its name.</summary>
    public string Name => Version.Name;

    internal ModelVersion Version { get; }

    /// <inheritdoc/>
    public void Dispose() => _lease.Dispose();
}
