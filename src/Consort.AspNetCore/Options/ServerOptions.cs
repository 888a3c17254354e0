namespace Consort.AspNetCore.Options;

/// <summary>Where a server of its own listens, and the limits of its connections.</summary>
public sealed record ServerOptions : ConsortOptions
{
    /// <summary>
    /// Where it listens: <c>http://host:port</c> for HTTP/1.1, <c>grpc://host:port</c> for gRPC (HTTP/2 in the clear), <c>https://</c> and
    /// <c>grpcs://</c> for the same over TLS, with the certificate of Kestrel's configuration. Port 0 takes a free one.
    /// </summary>
    public IReadOnlyList<string> Urls { get; set; } = ["http://127.0.0.1:8080", "grpc://127.0.0.1:8081"];

    /// <summary>Connections at a time at most, 1 to 1,000,000; a further one closes the one that has been idle for longest.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>Connections of one address at a time at most, 1 to 1,000,000; a further one closes that client's longest idle.</summary>
    public int MaxConnectionsPerClient { get; set; } = 512;

    /// <summary>Bytes a second that a client must send of a body, and take of an answer, after five seconds; 0 (any) to 1 GiB.</summary>
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>How long requests under way may take after <see cref="ConsortOptions.Drain"/>; up to an hour.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Urls.Count == 0)
            throw new ConsortException("urls: found none, expected at least one");
        Check(MaxConnections, 1, 1_000_000, "connections");
        Check(MaxConnectionsPerClient, 1, 1_000_000, "connections of a client");
        Check(MinBytesPerSecond, 0, 1 << 30, "bytes a second");
        Check(ShutdownTimeout.TotalSeconds, 0, 3600, "shutdown timeout");
    }
}
