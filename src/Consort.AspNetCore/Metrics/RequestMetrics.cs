using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Consort.AspNetCore.Metrics;

/// <summary>Requests that were answered, how, and in what time.</summary>
internal sealed class RequestMetrics
{
    private readonly ConcurrentDictionary<(string Protocol, string Endpoint, int Code), StrongBox<long>> _requests = new();
    private readonly ConcurrentDictionary<(string Protocol, string Endpoint), Histogram> _durations = new();

    private readonly Histogram<double> _duration;
    private readonly Counter<long> _refused;

    public RequestMetrics(ScoringMeter meter)
    {
        _duration = meter.Histogram("consort.request.duration", "s", "Time from a request's head to its answer.", ScoringMeter.Seconds);
        _refused = meter.Meter.CreateCounter<long>("consort.requests.refused", "{request}",
            "Requests that were answered by a mistake, theirs or the server's.");
    }

    public void AddRequest(string protocol, string endpoint, int code, TimeSpan duration)
    {
        if (_duration.Enabled)
            _duration.Record(duration.TotalSeconds, new("protocol", protocol), new("endpoint", endpoint), new("code", code));
        if (_refused.Enabled && (protocol == "grpc" ? code != 0 : code >= 400))
            _refused.Add(1, new("protocol", protocol), new("endpoint", endpoint), new("code", code));
        Interlocked.Increment(ref _requests.GetOrAdd((protocol, endpoint, code), static _ => new StrongBox<long>()).Value);
        _durations.GetOrAdd((protocol, endpoint), static _ => new Histogram(ScoringMeter.Seconds)).Add(duration.TotalSeconds);
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
