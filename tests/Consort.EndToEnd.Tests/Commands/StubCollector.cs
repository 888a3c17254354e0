using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Takes what is sent to a collector of OpenTelemetry, over gRPC or HTTP, and keeps it.</summary>
internal sealed class StubCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, string Body)> _received = new();

    private StubCollector(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, o => o.Protocols = protocols));
        _app = builder.Build();
        _app.MapPost("/{**path}", Take);
    }

    public string Url => _app.Urls.Single();

    public static async Task<StubCollector> Start(HttpProtocols protocols)
    {
        var collector = new StubCollector(protocols);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>All bodies that were sent to a path, one after another; names in a message of protobuf are plain text.</summary>
    public string At(string path) => string.Concat(_received.Where(r => r.Path == path).Select(r => r.Body));

    /// <summary>Waits until something was sent there, or these words.</summary>
    public async Task Receive(string path, string words = "")
    {
        for (var tries = 0; At(path).Length == 0 || !At(path).Contains(words, StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 600, $"nothing was sent to {path}: {words}");
            await Task.Delay(100);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _received.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
            return;
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]); // an empty message
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
