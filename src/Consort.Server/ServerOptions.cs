using Consort.Server.Registry;

namespace Consort.Server;

/// <summary>What a server serves, where it listens, and its limits.</summary>
public sealed record ServerOptions
{
    /// <summary>The models, at least one; the first answers where a request names none.</summary>
    public required IReadOnlyList<ModelSource> Models { get; init; }

    /// <summary>
    /// Where it listens: <c>http://host:port</c> for HTTP/1.1, <c>grpc://host:port</c> for gRPC (HTTP/2 in the clear), <c>https://</c> and
    /// <c>grpcs://</c> for the same over TLS, with the certificate of Kestrel's configuration. Port 0 takes a free one.
    /// </summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080", "grpc://127.0.0.1:8081"];

    /// <summary>A file with the keys that may score, one a line; null lets everyone.</summary>
    public string? ApiKeyFile { get; init; }

    /// <summary>A file with the keys that may also reload models and move labels; null lets nobody do so over the wire.</summary>
    public string? AdminKeyFile { get; init; }

    /// <summary>Bytes of a request's body at most, 1 KiB to 1 GiB.</summary>
    public int MaxBodyBytes { get; init; } = 2 << 20;

    /// <summary>Impressions of a request at most, 1 to 1,000,000.</summary>
    public int MaxRows { get; init; } = 4096;

    /// <summary>Bytes of a value at most, 1 to 1,048,576.</summary>
    public int MaxValueBytes { get; init; } = 1024;

    /// <summary>Depth of JSON at most, 4 to 64.</summary>
    public int MaxDepth { get; init; } = 16;

    /// <summary>Requests that are scored at a time at most, 1 to 100,000; those beyond are answered 503.</summary>
    public int MaxInFlight { get; init; } = 128;

    /// <summary>Requests of one client (its key, or else its address) that are scored at a time at most, 1 to 100,000; those beyond are answered 429.</summary>
    public int MaxPerClient { get; init; } = 64;

    /// <summary>Bytes that the bodies of requests under way hold together at most, 1 MiB to 1 TiB; at least four bodies fit in any case.</summary>
    public long MaxBufferedBytes { get; init; } = 256L << 20;

    /// <summary>Connections at a time at most, 1 to 1,000,000; a further one closes the one that has been idle for longest.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Connections of one address at a time at most, 1 to 1,000,000; a further one closes that client's longest idle.</summary>
    public int MaxConnectionsPerClient { get; init; } = 512;

    /// <summary>Bytes a second that a client must send of a body, and take of an answer, after five seconds; 0 (any) to 1 GiB.</summary>
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>Whether packages are mapped rather than read into memory; their files must then never be written to, only replaced.</summary>
    public bool MapPackages { get; init; }

    /// <summary>Time for a request, from its head to its answer; 10 ms to an hour.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a server that was told to stop goes on taking requests while it says that it is not ready; 0 to an hour.</summary>
    public TimeSpan Drain { get; init; }

    /// <summary>How long requests under way may take after that; up to an hour.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often packages are looked at for changes; 0 never, up to a day.</summary>
    public TimeSpan Watch { get; init; }

    /// <summary>The share of requests without a version that the label <c>canary</c> gets, where there is one; 0 to 1.</summary>
    public double CanaryShare { get; init; }

    /// <summary>How many tokens of each vocabulary the page may offer, 0 to 1000; they are training data.</summary>
    public int Examples { get; init; }

    /// <summary>Checks ranges, names and labels.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public void Validate()
    {
        if (Models.Count == 0)
            throw new ConsortException("models: found none, expected at least one");
        if (Models.Select(m => m.Name).Distinct(StringComparer.Ordinal).Count() != Models.Count)
            throw new ConsortException("models: found one name twice, expected different names");
        foreach (var model in Models)
            model.Validate();
        if (Urls.Count == 0)
            throw new ConsortException("urls: found none, expected at least one");
        Check(MaxBodyBytes, 1 << 10, 1 << 30, "body");
        Check(MaxRows, 1, 1_000_000, "rows");
        Check(MaxValueBytes, 1, 1 << 20, "value length");
        Check(MaxDepth, 4, 64, "depth");
        Check(MaxInFlight, 1, 100_000, "requests in flight");
        Check(MaxPerClient, 1, 100_000, "requests of a client");
        Check(MaxBufferedBytes, 1 << 20, 1L << 40, "bytes of bodies");
        Check(MaxConnections, 1, 1_000_000, "connections");
        Check(MaxConnectionsPerClient, 1, 1_000_000, "connections of a client");
        Check(MinBytesPerSecond, 0, 1 << 30, "bytes a second");
        Check(Timeout.TotalSeconds, 0.01, 3600, "timeout");
        Check(Drain.TotalSeconds, 0, 3600, "drain");
        Check(ShutdownTimeout.TotalSeconds, 0, 3600, "shutdown timeout");
        Check(Watch.TotalSeconds, 0, 86_400, "watch");
        Check(CanaryShare, 0, 1, "canary share");
        Check(Examples, 0, 1000, "examples");

        static void Check(double value, double min, double max, string what)
        {
            if (!(value >= min && value <= max))
                throw new ConsortException(FormattableString.Invariant($"{what}: found {value}, expected {min} to {max}"));
        }
    }
}
