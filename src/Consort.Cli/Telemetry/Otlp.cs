using System.Collections;
using Consort.AspNetCore.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace Consort.Cli.Telemetry;

/// <summary>Sends meter, activities and log of a server to a collector of OpenTelemetry.</summary>
internal static class Otlp
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const int HttpPort = 4318; // of collectors; the other, 4317, is for gRPC

    /// <summary>The variable that says how a collector is spoken to, <c>grpc</c> or <c>http/protobuf</c>.</summary>
    public const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <summary>The collector of the command line, or else of the environment; null where neither names one.</summary>
    public static Uri? CollectorOf(string? option)
    {
        var (place, text) = option is null ? (Endpoint, Environment.GetEnvironmentVariable(Endpoint)) : ("--otlp", option);
        return place == Endpoint && string.IsNullOrWhiteSpace(text) ? null
            : !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
                ? throw new ConsortException($"{place}: found \"{text}\", expected a collector as http://HOST:4317 (gRPC) or http://HOST:4318 (HTTP)")
            : SignalPath(url) is { } path
                ? throw new ConsortException($"{place}: found \"{text}\", expected no {path} behind the collector's address, for metrics, traces and the log each go to a path of their own; over HTTP at a port other than {HttpPort} set {Protocol}=http/protobuf")
            : url;
    }

    /// <summary>
    /// Has the app send what it measures and says, where there is a collector. The variables OTEL_… are handed on, for the app reads none
    /// itself.
    /// </summary>
    public static void Send(WebApplicationBuilder app, Uri? collector)
    {
        if (collector is null)
            return;
        app.Configuration.AddInMemoryCollection(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(v => ((string)v.Key).StartsWith("OTEL_", StringComparison.Ordinal))
            .Select(v => KeyValuePair.Create((string)v.Key, (string?)v.Value)));
        app.Configuration[Endpoint] = collector.ToString();
        app.Configuration[Protocol] ??= collector.Port == HttpPort ? "http/protobuf" : "grpc";
        app.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("consort", serviceVersion: Product.Version).AddEnvironmentVariableDetector())
            .WithMetrics(m => m.AddMeter("Consort", "System.Runtime"))
            .WithTracing(t => t.AddSource("Consort", "Microsoft.AspNetCore"))
            .WithLogging(configureBuilder: null, o => o.IncludeFormattedMessage = true)
            .UseOtlpExporter();
    }

    // What single signals are sent to, which the exporter puts behind the address.
    private static string? SignalPath(Uri url) => Array.Find(["/v1/metrics", "/v1/traces", "/v1/logs"],
        p => url.AbsolutePath.TrimEnd('/').EndsWith(p, StringComparison.OrdinalIgnoreCase));
}
