using System.Diagnostics;
using System.Diagnostics.Metrics;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Serving.Profiles;

namespace Consort.AspNetCore.Http;

/// <summary>All that is counted, as Prometheus reads it; and, for the app's own telemetry, as a meter's instruments.</summary>
internal sealed class MetricsPage
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly ModelRegistry _registry;
    private readonly RequestGate _gate;
    private readonly RequestMetrics _requests;

    public MetricsPage(ModelRegistry registry, RequestGate gate, RequestMetrics requests, ScoringMeter scoring)
    {
        (_registry, _gate, _requests) = (registry, gate, requests);
        var meter = scoring.Meter;
        meter.CreateObservableGauge("consort.requests.in_flight", () => gate.UnderWay, null,
            "Requests that are being read, scored or answered.");
        meter.CreateObservableGauge("consort.requests.scored", () => gate.Scored, null, "Requests of them that are being scored.");
        meter.CreateObservableGauge("consort.probability.mean", () => Each(Mean), null, "Mean probability since a version was loaded.");
        meter.CreateObservableCounter("consort.categorical.values", () => Each(v => v.Metrics.Values), null,
            "Categorical values that were encoded.");
        meter.CreateObservableCounter("consort.unseen.values", () => Each(v => v.Metrics.Unseen), null,
            "Those of them that training has not seen.");

        meter.CreateObservableGauge("consort.drift.psi", () => Drift(c => c.Psi), null,
            "Population stability index of a column of the last window of traffic, less what chance gives.");
        meter.CreateObservableGauge("consort.drift.unseen", () => Drift(c => c.Unseen), null,
            "Share of unseen values of a column in that window.");
        meter.CreateObservableGauge("consort.drift.missing", () => Drift(c => c.Missing), null, "Share of missing values likewise.");
        meter.CreateObservableGauge("consort.drift.alarms", () => Each(v => v.Window.Last?.Alarms.Count), null,
            "What differs from the training rows by much and surely in that window.");
        meter.CreateObservableGauge("consort.feedback.auc", () => Each(v => v.Labelled.Measure().Auc), null,
            "AUC over the last labels that came back.");
        meter.CreateObservableGauge("consort.feedback.calibration",
            () => Each(v => v.Labelled.Measure().PredictedOverObserved), null,
            "Predicted over observed clicks of these.");
        meter.CreateObservableCounter("consort.feedback.labels", () => Each(v => v.Labelled.Labels), null, "Labels that came back.");
        meter.CreateObservableGauge("consort.shadow.difference", () => Each(v => v.Shadow.Measure()?.MeanDifference), null,
            "Mean difference of a shadow's probabilities from those that were answered.");

        IEnumerable<Measurement<double>> Drift(Func<ColumnDrift, double?> value) =>
            from version in registry.Models.SelectMany(m => m.State.Versions)
            from column in version.Window.Last?.Columns ?? []
            let number = value(column)
            where number is not null
            select new Measurement<double>(
                number.Value, new("model", version.Model), new("version", version.Name), new("field", column.Name));

        IEnumerable<Measurement<double>> Each(Func<ModelVersion, double?> value) =>
            from version in registry.Models.SelectMany(m => m.State.Versions)
            let number = value(version)
            where number is not null
            select new Measurement<double>(number.Value, new("model", version.Model), new("version", version.Name));
    }

    public byte[] Write()
    {
        var text = new MetricsText();
        _requests.Write(text);
        text.Add("consort_requests_in_flight", "gauge", "Requests that are being read, scored or answered.", _gate.UnderWay);
        text.Add("consort_requests_scored", "gauge", "Requests of them that are being scored.", _gate.Scored);
        text.Add("consort_body_bytes", "gauge", "Memory that the bodies of requests hold.", _gate.Memory.Held);
        text.Add("consort_package_loads_total", "counter", "Packages that were loaded while the server ran.", _registry.Loads);
        text.Add("consort_package_load_failures_total", "counter", "Packages that were refused.", _registry.Failures);
        WriteVersions(text);
        text.Add("consort_uptime_seconds", "gauge", "Since the server started.", Stopwatch.GetElapsedTime(_start).TotalSeconds);
        text.Add("process_resident_memory_bytes", "gauge", "Memory of the process, packages included.", Environment.WorkingSet);
        text.Add("dotnet_gc_heap_bytes", "gauge", "Memory of managed objects.", GC.GetTotalMemory(forceFullCollection: false));
        return text.ToBytes();
    }

    private static double? Mean(ModelVersion version) =>
        version.Metrics.Probabilities is { Count: var count and > 0 } all ? all.Sum / count : null;

    private void WriteVersions(MetricsText text)
    {
        var versions = _registry.Models.Select(m => m.State).SelectMany(s => s.Versions, (State, Version) => (State, Version))
            .Select(v => (v.State, v.Version, Labels: $"{MetricsText.Label("model", v.Version.Model)},{MetricsText.Label("version", v.Version.Name)}")).ToArray();
        text.Begin("consort_model_info", "gauge", "Versions that are served, and their labels.");
        foreach (var (state, version, labels) in versions)
        {
            var named = state.Labels.Where(l => l.Value == version.Name || (l.Value == ServedModel.Latest && version == state.Versions[^1]))
                .Select(l => l.Key).Order(StringComparer.Ordinal);
            text.Add("consort_model_info", $"{labels},{MetricsText.Label("labels", string.Join(',', named))}", 1);
        }

        Each("consort_model_loaded_timestamp_seconds", "gauge", "When a version was loaded.",
            v => v.Loaded.ToUnixTimeMilliseconds() / 1000.0);
        Histograms("consort_batch_rows", "Impressions of a request.", m => m.Rows);
        Histograms("consort_probability", "Probabilities that were answered.", m => m.Probabilities);
        Each("consort_probability_mean", "gauge", "Mean probability since a version was loaded.", Mean);
        Each("consort_categorical_values_total", "counter", "Categorical values that were encoded.", v => v.Metrics.Values);
        Each("consort_unseen_values_total", "counter", "Those of them that training has not seen.", v => v.Metrics.Unseen);
        Each("consort_oov_rate", "gauge", "Unseen values as a share of categorical values, since a version was loaded.",
            v => v.Metrics.Values is var values and > 0 ? v.Metrics.Unseen / (double)values : null);

        Columns("consort_drift_psi", "Population stability index of a column of the last window of traffic, less what chance gives.", c => c.Psi);
        Columns("consort_drift_unseen", "Share of unseen values of a column in that window.", c => c.Unseen);
        Columns("consort_drift_missing", "Share of missing values of a column in that window.", c => c.Missing);
        Each("consort_drift_alarms", "gauge", "What differs from the training rows by much and surely in that window.", v => v.Window.Last?.Alarms.Count);
        Each("consort_feedback_labels_total", "counter", "Labels that came back.", v => v.Labelled.Labels);
        Each("consort_feedback_auc", "gauge", "AUC over the last labels that came back.",
            v => v.Labelled.Measure().Auc);
        Each("consort_feedback_calibration", "gauge", "Predicted over observed clicks of these.",
            v => v.Labelled.Measure().PredictedOverObserved);
        Each("consort_shadow_rows_total", "counter", "Rows that a shadow has scored.", v => v.Shadow.Rows);
        Each("consort_shadow_failures_total", "counter", "Requests that a shadow could not score.", v => v.Shadow.Failures);
        Each("consort_shadow_difference", "gauge", "Mean difference of a shadow's probabilities from those that were answered.",
            v => v.Shadow.Measure()?.MeanDifference);

        void Columns(string name, string help, Func<ColumnDrift, double?> value)
        {
            text.Begin(name, "gauge", help);
            foreach (var (_, version, labels) in versions)
                foreach (var column in version.Window.Last?.Columns ?? [])
                    if (value(column) is { } number)
                        text.Add(name, $"{labels},{MetricsText.Label("field", column.Name)}", number);
        }

        void Each(string name, string type, string help, Func<ModelVersion, double?> value)
        {
            text.Begin(name, type, help);
            foreach (var (_, version, labels) in versions)
                if (value(version) is { } number)
                    text.Add(name, labels, number);
        }

        void Histograms(string name, string help, Func<VersionMetrics, Histogram> histogram)
        {
            text.Begin(name, "histogram", help);
            foreach (var (_, version, labels) in versions)
                histogram(version.Metrics).Write(text, name, labels);
        }
    }
}
