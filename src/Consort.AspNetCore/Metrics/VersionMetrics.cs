using System.Diagnostics;

namespace Consort.AspNetCore.Metrics;

/// <summary>What a version has been asked and what it answered, since it was loaded; also told to the app's own telemetry.</summary>
/// <param name="model">The model.</param>
/// <param name="version">The version's name.</param>
/// <param name="meter">Whom it is told; null for nobody.</param>
internal sealed class VersionMetrics(string model, string version, ScoringMeter? meter)
{
    private long _values;
    private long _unseen;

    public ScoringMeter? Meter => meter;

    /// <summary>The tag of measurements that names the model.</summary>
    public KeyValuePair<string, object?> Model { get; } = new("model", model);

    /// <summary>The tag of measurements that names the version.</summary>
    public KeyValuePair<string, object?> Version { get; } = new("version", version);

    /// <summary>Impressions of each request.</summary>
    public Histogram Rows { get; } = new(ScoringMeter.Rows, perOne: 1);

    /// <summary>Probabilities; their mean is sum ÷ count.</summary>
    public Histogram Probabilities { get; } = new(ScoringMeter.Probabilities);

    /// <summary>Categorical values that were encoded.</summary>
    public long Values => Interlocked.Read(ref _values);

    /// <summary>Those of them that training has not seen.</summary>
    public long Unseen => Interlocked.Read(ref _unseen);

    /// <summary>Begins the scoring of a request.</summary>
    /// <param name="protocol">How it came: http, grpc, or code.</param>
    public ScoringSpan Begin(string protocol) => new(this, protocol);

    public void AddValues(long values, long unseen)
    {
        Interlocked.Add(ref _values, values);
        Interlocked.Add(ref _unseen, unseen);
        if (values > 0 && meter?.OovRate.Enabled == true)
            meter.OovRate.Record(unseen / (double)values, Model, Version);
    }

    /// <summary>Counts the answer of a request.</summary>
    public void AddAnswer(ReadOnlySpan<float> probabilities)
    {
        Rows.Add(probabilities.Length);
        foreach (var probability in probabilities)
            Probabilities.Add(probability);
        if (ScoringMeter.Activities.HasListeners() && Activity.Current is { } activity && activity.Source == ScoringMeter.Activities)
            activity.SetTag("consort.rows", probabilities.Length);
        if (meter is null)
            return;
        if (meter.BatchRows.Enabled)
            meter.BatchRows.Record(probabilities.Length, Model, Version);
        if (meter.Probability.Enabled)
            foreach (var probability in probabilities)
                meter.Probability.Record(probability, Model, Version);
    }
}
