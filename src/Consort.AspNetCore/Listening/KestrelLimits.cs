using Consort.AspNetCore.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;

namespace Consort.AspNetCore.Listening;

/// <summary>
/// What Kestrel itself keeps: rates, waits, sizes of heads, streams of a connection, and the certificates of its configuration.
/// </summary>
internal static class KestrelLimits
{
    private const int Head = 16 << 10;
    private const int Streams = 100;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void Set(KestrelServerOptions kestrel, ServerOptions options)
    {
        // ASPNETCORE_Kestrel__Certificates__Default__Path and what else is under that name.
        kestrel.Configure(new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").Build().GetSection("Kestrel"));
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = options.MaxBodyBytes + 1024L; // our own limit, which says what it is, comes first
        limits.MaxRequestBufferSize = 256 << 10; // bodies are read as they arrive
        // Connections beyond the most close others; this is for those that are still closing.
        limits.MaxConcurrentConnections = (2L * options.MaxConnections) + 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(Math.Clamp(options.Timeout.TotalSeconds, 1, 30));
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        limits.MaxRequestHeadersTotalSize = Head;
        var rate = options.MinBytesPerSecond > 0 ? new MinDataRate(options.MinBytesPerSecond, Grace) : null;
        (limits.MinRequestBodyDataRate, limits.MinResponseDataRate) = (rate, rate);
        limits.Http2.MaxStreamsPerConnection = Streams;
        limits.Http2.MaxRequestHeaderFieldSize = Head;
        // Of one connection so much may lie unread, whatever the number of its streams.
        limits.Http2.InitialConnectionWindowSize = 512 << 10;
        limits.Http2.InitialStreamWindowSize = 256 << 10;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
