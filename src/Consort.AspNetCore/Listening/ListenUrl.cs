using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consort.AspNetCore.Listening;

/// <summary>An address to listen at.</summary>
/// <param name="Scheme">http or https: HTTP/1.1, with TLS HTTP/2 too; grpc or grpcs: HTTP/2, which gRPC needs.</param>
/// <param name="Host">The host of the URL.</param>
/// <param name="Port">The port; 0 for a free one.</param>
internal sealed record ListenUrl(string Scheme, string Host, int Port)
{
    private const string Expected =
        "expected http://HOST:PORT or grpc://HOST:PORT, with TLS https:// or grpcs://, where HOST is an address of this machine, localhost, or * for all";

    public bool IsTls => Scheme is "https" or "grpcs";

    /// <exception cref="ConsortException">The text is no such URL.</exception>
    public static ListenUrl Parse(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        if (scheme < 0 || text[..scheme] is not ("http" or "grpc" or "https" or "grpcs") || colon <= scheme
            || !ushort.TryParse(text.AsSpan(colon + 1).TrimEnd('/'), System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture, out var port))
            throw new ConsortException($"url \"{text}\": {Expected}");
        var host = text[(scheme + 3)..colon];
        if (host is not ("localhost" or "*" or "+") && !IPAddress.TryParse(host, out _))
            throw new ConsortException($"url \"{text}\": found host \"{host}\", {Expected}");
        return new ListenUrl(text[..scheme], host, port);
    }

    /// <summary>Lets a server listen there.</summary>
    public void Listen(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (Host is "*" or "+")
            kestrel.ListenAnyIP(Port, Configure);
        else if (Host == "localhost" && Port != 0)
            kestrel.ListenLocalhost(Port, Configure);
        else
            kestrel.Listen(Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host), Port, Configure);

        void Configure(ListenOptions options)
        {
            // Without TLS a server cannot tell the two apart on one port.
            options.Protocols = Scheme switch
            {
                "https" => HttpProtocols.Http1AndHttp2,
                "http" => HttpProtocols.Http1,
                _ => HttpProtocols.Http2,
            };
            configure(options);
            // The certificate is that of Kestrel's configuration.
            if (IsTls)
                options.UseHttps();
        }
    }

    /// <summary>Where a server listens that has begun to: the address that it has bound, be it that of all.</summary>
    public static Uri Address(string scheme, IPEndPoint end) => new($"{scheme}://{end}");

    /// <summary>What to say loudly of an address that others than this machine can reach; null for one that they cannot.</summary>
    public static string? Warning(string scheme, IPEndPoint end, bool hasKeys)
    {
        if (IPAddress.IsLoopback(end.Address))
            return null;
        var isAny = end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any);
        var where = $"{scheme}://{end}{(isAny ? $", every address of {Environment.MachineName}" : "")}";
        if (!hasKeys)
            return $"WARNING: there are no keys, so whoever reaches {where}, may score; give --api-key-file, or listen at 127.0.0.1";
        return scheme is "https" or "grpcs"
            ? null : $"warning: keys and impressions travel in the clear to {where}; listen at https:// and grpcs://, or put a proxy that ends TLS before it";
    }
}
