using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;

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
        var words = string.Format(
            CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", [.. eventData.Payload ?? []]);
        lock (_said)
            if (_said.Add(eventData.EventId))
                log.WriteLine(Line(words));
    }

    /// <summary>What is said of a trouble.</summary>
    /// <param name="words">Of the exporter; an exception comes with its stack, and its first line says what is wrong.</param>
    internal static string Line(string words)
    {
        var speaksHttp = words.Contains("HTTP/2", StringComparison.Ordinal);
        var found = !speaksHttp && words.Contains(nameof(SocketException), StringComparison.Ordinal)
            ? "no collector that can be reached" : "a collector that does not take what it is sent";
        var what = speaksHttp ? $" (one that speaks HTTP at a port other than 4318 needs {Otlp.Protocol}=http/protobuf)" : "";
        return $"--otlp: found {found}{what}; serving goes on, and this is not said again: {words.Split('\n')[0].TrimEnd()}";
    }
}
