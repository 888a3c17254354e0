using System.Diagnostics;
using System.Diagnostics.Metrics;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Metrics;

/// <summary>
/// What the app's own telemetry may listen to: the meter and the activities <c>Consort</c>. Where nobody listens, a request asks so a few
/// times and allocates nothing.
/// </summary>
internal sealed class ScoringMeter
{
    public const string Name = "Consort";

    /// <summary>From what one impression takes to what a caller gives up after.</summary>
    public static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Impressions of a request.</summary>
    public static readonly double[] Rows = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    /// <summary>Clicks are rare: most probabilities lie far below a half.</summary>
    public static readonly double[] Probabilities = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

    private static readonly double[] Shares = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

    // One for all apps of a process, as listeners find it by its name.
    public static readonly ActivitySource Activities = new(Name, Product.Version);

    public ScoringMeter(IMeterFactory meters)
    {
        Meter = meters.Create(Name, Product.Version);
        Duration = Histogram("consort.score.duration", "s", "Time to read, encode and score the impressions of a request.", Seconds);
        BatchRows = Histogram("consort.batch.rows", "{impression}", "Impressions of a request.", Rows);
        Probability = Histogram("consort.probability", "1", "Probabilities that were answered.", Probabilities);
        OovRate = Histogram("consort.oov.rate", "1",
            "Categorical values that training has not seen, as a share of those of a request (of up to 256 of its impressions at a time).",
            Shares);
    }

    public Meter Meter { get; }

    public Histogram<double> Duration { get; }

    public Histogram<double> BatchRows { get; }

    public Histogram<double> Probability { get; }

    public Histogram<double> OovRate { get; }

    public Histogram<double> Histogram(string name, string unit, string help, double[] bounds) =>
        Meter.CreateHistogram(name, unit, help, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}

/// <summary>The impressions of one request while they are scored, as an activity and a duration; only where somebody listens.</summary>
internal readonly struct ScoringSpan : IDisposable
{
    private readonly VersionMetrics _version;
    private readonly string _protocol;
    private readonly long _start;
    private readonly Activity? _activity;

    public ScoringSpan(VersionMetrics version, string protocol)
    {
        (_version, _protocol) = (version, protocol);
        _start = version.Meter?.Duration.Enabled == true ? Stopwatch.GetTimestamp() : 0;
        _activity = ScoringMeter.Activities.StartActivity("consort.score");
        _activity?.SetTag("consort.model", version.Model.Value).SetTag("consort.version", version.Version.Value)
            .SetTag("consort.protocol", protocol);
    }

    /// <summary>Says on the way of an exception that this ends by it; always false, so that it goes on.</summary>
    public bool Fails(Exception exception)
    {
        _activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        return false;
    }

    public void Dispose()
    {
        if (_start != 0)
            _version.Meter!.Duration.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds, _version.Model, _version.Version,
                new("protocol", _protocol));
        _activity?.Dispose();
    }
}
