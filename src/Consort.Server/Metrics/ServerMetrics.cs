using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Consort.Server.Http;
using Consort.Server.Registry;

namespace Consort.Server.Metrics;

/// <summary>What the server counts of its requests.</summary>
internal sealed class ServerMetrics
{
    // From what one impression takes to what a caller gives up after.
    private static readonly double[] Seconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<(string Protocol, string Endpoint, int Code), Counter> _requests = new();
    private readonly ConcurrentDictionary<(string Protocol, string Endpoint), Histogram> _durations = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _reloads;
    private long _failedReloads;

    public void AddRequest(string protocol, string endpoint, int code, TimeSpan duration)
    {
        Interlocked.Increment(ref _requests.GetOrAdd((protocol, endpoint, code), static _ => new Counter()).Value);
        _durations.GetOrAdd((protocol, endpoint), static _ => new Histogram(Seconds)).Add(duration.TotalSeconds);
    }

    public void AddReload(ReloadResult result)
    {
        Interlocked.Add(ref _reloads, result.Loaded.Count);
        Interlocked.Add(ref _failedReloads, result.Failed.Count);
    }

    public byte[] Write(ModelRegistry registry, RequestGate gate)
    {
        var text = new MetricsText();
        text.Begin("consort_requests_total", "counter", "Requests by protocol, endpoint and status code (of gRPC its own).");
        foreach (var ((protocol, endpoint, code), count) in _requests.OrderBy(p => p.Key))
            text.Add("consort_requests_total", string.Create(CultureInfo.InvariantCulture, $"protocol=\"{protocol}\",endpoint=\"{endpoint}\",code=\"{code}\""), Volatile.Read(ref count.Value));
        text.Begin("consort_request_duration_seconds", "histogram", "Time from a request's head to its answer.");
        foreach (var ((protocol, endpoint), durations) in _durations.OrderBy(p => p.Key))
            durations.Write(text, "consort_request_duration_seconds", $"protocol=\"{protocol}\",endpoint=\"{endpoint}\"");
        text.Begin("consort_requests_in_flight", "gauge", "Requests that are being read, scored or answered.").Add("consort_requests_in_flight", "", gate.UnderWay);
        text.Begin("consort_requests_scored", "gauge", "Requests of them that are being scored.").Add("consort_requests_scored", "", gate.Scored);
        text.Begin("consort_body_bytes", "gauge", "Memory that the bodies of requests hold.").Add("consort_body_bytes", "", gate.Memory.Held);
        text.Begin("consort_package_loads_total", "counter", "Packages that were loaded while the server ran.").Add("consort_package_loads_total", "", Interlocked.Read(ref _reloads));
        text.Begin("consort_package_load_failures_total", "counter", "Packages that were refused.").Add("consort_package_load_failures_total", "", Interlocked.Read(ref _failedReloads));
        WriteVersions(text, registry);
        text.Begin("consort_uptime_seconds", "gauge", "Since the server started.").Add("consort_uptime_seconds", "", Stopwatch.GetElapsedTime(_start).TotalSeconds);
        text.Begin("process_resident_memory_bytes", "gauge", "Memory of the process, packages included.").Add("process_resident_memory_bytes", "", Environment.WorkingSet);
        text.Begin("dotnet_gc_heap_bytes", "gauge", "Memory of managed objects.").Add("dotnet_gc_heap_bytes", "", GC.GetTotalMemory(forceFullCollection: false));
        return text.ToBytes();
    }

    private static void WriteVersions(MetricsText text, ModelRegistry registry)
    {
        var versions = registry.Models.SelectMany(m => m.State.Versions).Select(v => (Version: v, Labels: $"{MetricsText.Label("model", v.Model)},{MetricsText.Label("version", v.Name)}")).ToArray();
        text.Begin("consort_model_info", "gauge", "Versions that are served, and their labels.");
        foreach (var (version, labels) in versions)
        {
            var state = registry.Find(version.Model).State;
            var named = state.Labels.Where(l => l.Value == version.Name || (l.Value == ServedModel.Latest && version == state.Versions[^1])).Select(l => l.Key).Order(StringComparer.Ordinal);
            text.Add("consort_model_info", $"{labels},{MetricsText.Label("labels", string.Join(',', named))}", 1);
        }

        text.Begin("consort_model_loaded_timestamp_seconds", "gauge", "When a version was loaded.");
        foreach (var (version, labels) in versions)
            text.Add("consort_model_loaded_timestamp_seconds", labels, version.Loaded.ToUnixTimeMilliseconds() / 1000.0);
        text.Begin("consort_batch_rows", "histogram", "Impressions of a request.");
        foreach (var (version, labels) in versions)
            version.Metrics.Rows.Write(text, "consort_batch_rows", labels);
        text.Begin("consort_probability", "histogram", "Probabilities that were answered.");
        foreach (var (version, labels) in versions)
            version.Metrics.Probabilities.Write(text, "consort_probability", labels);
        text.Begin("consort_probability_mean", "gauge", "Mean probability since a version was loaded.");
        foreach (var (version, labels) in versions)
            if (version.Metrics.Probabilities.Count is var count and > 0)
                text.Add("consort_probability_mean", labels, version.Metrics.Probabilities.Sum / count);
        text.Begin("consort_categorical_values_total", "counter", "Categorical values that were encoded.");
        foreach (var (version, labels) in versions)
            text.Add("consort_categorical_values_total", labels, version.Metrics.Values);
        text.Begin("consort_unseen_values_total", "counter", "Those of them that training has not seen.");
        foreach (var (version, labels) in versions)
            text.Add("consort_unseen_values_total", labels, version.Metrics.Unseen);
        text.Begin("consort_oov_rate", "gauge", "Unseen values as a share of categorical values, since a version was loaded.");
        foreach (var (version, labels) in versions)
            if (version.Metrics.Values is var values and > 0)
                text.Add("consort_oov_rate", labels, version.Metrics.Unseen / (double)values);
    }

    private sealed class Counter
    {
        public long Value;
    }
}
