using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Consort.AspNetCore.Metrics;

/// <summary>Requests that were answered, how, and in what time.</summary>
internal sealed class RequestMetrics
{
    // From what one impression takes to what a caller gives up after.
    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<(string Protocol, string Endpoint, int Code), StrongBox<long>> _requests = new();
    private readonly ConcurrentDictionary<(string Protocol, string Endpoint), Histogram> _durations = new();

    private readonly Histogram<double> _duration;

    public RequestMetrics(IMeterFactory meters)
    {
        Meter = meters.Create("Consort");
        _duration = Meter.CreateHistogram("consort.request.duration", "s", "Time from a request's head to its answer.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
    }

    /// <summary>What the app's own telemetry listens to.</summary>
    public Meter Meter { get; }

    public void AddRequest(string protocol, string endpoint, int code, TimeSpan duration)
    {
        if (_duration.Enabled)
            _duration.Record(duration.TotalSeconds, new("protocol", protocol), new("endpoint", endpoint), new("code", code));
        Interlocked.Increment(ref _requests.GetOrAdd((protocol, endpoint, code), static _ => new StrongBox<long>()).Value);
        _durations.GetOrAdd((protocol, endpoint), static _ => new Histogram(Seconds)).Add(duration.TotalSeconds);
    }

    public void Write(MetricsText text)
    {
        text.Begin("consort_requests_total", "counter", "Requests by protocol, endpoint and status code (of gRPC its own).");
        foreach (var ((protocol, endpoint, code), count) in _requests.OrderBy(p => p.Key))
            text.Add("consort_requests_total", string.Create(CultureInfo.InvariantCulture,
                $"protocol=\"{protocol}\",endpoint=\"{endpoint}\",code=\"{code}\""), Volatile.Read(ref count.Value));
        text.Begin("consort_request_duration_seconds", "histogram", "Time from a request's head to its answer.");
        foreach (var ((protocol, endpoint), durations) in _durations.OrderBy(p => p.Key))
            durations.Write(text, "consort_request_duration_seconds", $"protocol=\"{protocol}\",endpoint=\"{endpoint}\"");
    }
}
