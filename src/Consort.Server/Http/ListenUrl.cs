using System.Net;
using Consort.Data;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consort.Server.Http;

/// <summary>An address to listen at.</summary>
/// <param name="IsGrpc">Whether HTTP/2 in the clear is spoken there, which gRPC needs; HTTP/1.1 otherwise.</param>
/// <param name="Host">The host of the URL.</param>
/// <param name="Port">The port; 0 for a free one.</param>
internal sealed record ListenUrl(bool IsGrpc, string Host, int Port)
{
    private const string Expected = "expected http://HOST:PORT or grpc://HOST:PORT, where HOST is an address of this machine, localhost, or * for all";

    /// <exception cref="ConsortException">The text is no such URL.</exception>
    public static ListenUrl Parse(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        if (scheme < 0 || text[..scheme] is not ("http" or "grpc") || colon <= scheme
            || !ushort.TryParse(text.AsSpan(colon + 1).TrimEnd('/'), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port))
            throw new ConsortException($"url \"{text}\": {Expected}");
        var host = text[(scheme + 3)..colon];
        if (host is not ("localhost" or "*" or "+") && !IPAddress.TryParse(host, out _))
            throw new ConsortException($"url \"{text}\": found host \"{host}\", {Expected}");
        return new ListenUrl(text[..scheme] == "grpc", host, port);
    }

    /// <summary>Lets a server listen there.</summary>
    public void Listen(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (Host is "*" or "+")
            kestrel.ListenAnyIP(Port, configure);
        else if (Host == "localhost" && Port != 0)
            kestrel.ListenLocalhost(Port, configure);
        else
            kestrel.Listen(Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host), Port, configure);
    }

    /// <summary>Where a server listens that has begun to.</summary>
    public static Uri Address(string scheme, ListenOptions options)
    {
        var end = options.IPEndPoint!;
        var address = end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : end.Address;
        return new Uri($"{scheme}://{new IPEndPoint(address, end.Port)}");
    }
}
