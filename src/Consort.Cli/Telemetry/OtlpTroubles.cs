using System.Diagnostics.Tracing;
using System.Globalization;

namespace Consort.Cli.Telemetry;

/// <summary>Says what the exporter could not send, which it tells nobody else; each kind of trouble once.</summary>
internal sealed class OtlpTroubles(TextWriter log) : EventListener
{
    private readonly HashSet<int> _said = [];

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "OpenTelemetry-Exporter-OpenTelemetryProtocol")
            EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // An exception comes with its stack; its first line says what is wrong.
        var words = string.Format(
            CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", [.. eventData.Payload ?? []]);
        lock (_said)
            if (_said.Add(eventData.EventId))
                log.WriteLine($"--otlp: found a collector that does not take what it is sent; serving goes on, and this is not said again: {words.Split('\n')[0].TrimEnd()}");
    }
}
