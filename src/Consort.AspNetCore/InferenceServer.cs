using System.Net.Sockets;
using System.Security.Cryptography;
using Consort.AspNetCore.Grpc;
using Consort.AspNetCore.Http;
using Consort.AspNetCore.Listening;
using Consort.AspNetCore.Logs;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore;

/// <summary>
/// An app that serves packages and does nothing else: <c>AddConsort</c> and <c>MapConsort</c> behind Kestrel with its limits.
/// </summary>
public sealed class InferenceServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<(string Scheme, ListenOptions Options)> _listening = [];
    private int _isStopped;

    private InferenceServer(ServerOptions options, LineLog log, Action<WebApplicationBuilder> also)
    {
        var listens = options.Urls.Select(ListenUrl.Parse).ToArray();
        var connections = new Connections(options.MaxConnections, options.MaxConnectionsPerClient);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Who starts the server has signals in hand already.
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = options.Drain + options.ShutdownTimeout
            + TimeSpan.FromMilliseconds(1));
        builder.Services.AddRouting().AddConsort(_ => { })
            .AddSingleton(Microsoft.Extensions.Options.Options.Create<ConsortOptions>(options));
        // What no service answers is answered as all other unknown paths are.
        builder.Services.Configure<GrpcServiceOptions>(o => o.IgnoreUnknownServices = true);
        // By level: a filter in code would be asked dozens of times a request.
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.None).AddFilter("Consort", LogLevel.Trace);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            KestrelLimits.Set(kestrel, options);
            foreach (var url in listens)
                url.Listen(kestrel, o =>
                {
                    o.Use(connections.Limit);
                    _listening.Add((url.Scheme, o));
                });
        });
        also(builder);
        _app = builder.Build();
        _app.Use(next => async context =>
        {
            connections.Touch(context);
            await next(context);
            if (context.GetEndpoint() is null || context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed)
                await Unmatched(context);
            connections.Touch(context);
        });
        _app.UseRouting();
    }

    /// <summary>
    /// Where it listens: <c>http://…</c> and <c>grpc://…</c>, with the addresses that it has bound and the ports that it got.
    /// </summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>What it serves.</summary>
    public ModelRegistry Models => _app.Services.GetRequiredService<ModelRegistry>();

    internal RequestGate Gate => _app.Services.GetRequiredService<RequestGate>();

    internal WebApplication App => _app;

    /// <summary>Loads all packages and begins to listen.</summary>
    /// <param name="options">What to serve, and where.</param>
    /// <param name="log">Gets a line for each package that is loaded or refused, for failures, and for an address that is open to others
    /// without keys.</param>
    /// <exception cref="ConsortException">An option is out of its range, a package or a key file is refused, or an address is
    /// taken.</exception>
    public static Task<InferenceServer> StartAsync(ServerOptions options, TextWriter log) => StartAsync(options, log, _ => { });

    /// <summary>The same, of an app that has something else too.</summary>
    internal static async Task<InferenceServer> StartAsync(ServerOptions options, TextWriter log, Action<WebApplicationBuilder> also)
    {
        options.Validate();
        InferenceServer? server = null;
        try
        {
            server = new InferenceServer(options, new LineLog(log), also);
            _ = server._app.Services.GetRequiredService<ApiKeys>(); // a key file is refused before packages are read
            server._app.MapConsort();
            await server._app.StartAsync();
        }
        catch (Exception e)
        {
            if (server is not null)
                await server.DisposeAsync();
            // Of the address, or of the certificate for it.
            if (e is IOException or SocketException or InvalidOperationException or CryptographicException
                or ArgumentException or FormatException)
                throw new ConsortException($"urls {string.Join(", ", options.Urls)}: cannot listen: {e.Message}", e);
            throw;
        }

        server.Addresses = [.. server._listening.Select(l => ListenUrl.Address(l.Scheme, l.Options.IPEndPoint!)).Distinct()];
        var logger = server._app.Services.GetRequiredService<ILogger<InferenceServer>>();
        foreach (var (scheme, listening) in server._listening)
            if (ListenUrl.Warning(scheme, listening.IPEndPoint!, options.ApiKeyFile is not null) is { } warning)
                ServerLog.OpenToOthers(logger, warning);
        return server;
    }

    /// <summary>Looks at all packages again: new and changed ones are loaded and put in place, and no call fails meanwhile.</summary>
    /// <returns>What has changed, for each model.</returns>
    public IReadOnlyList<ReloadResult> Reload() => Models.Reload();

    /// <summary>
    /// Says that it is not ready, waits for as long as the options say, takes no more requests, and lets those under way finish.
    /// </summary>
    public Task StopAsync() => Interlocked.Exchange(ref _isStopped, 1) == 0 ? _app.StopAsync() : Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }

    // What routing found no endpoint for is answered, and counted, as all else is.
    private Task Unmatched(HttpContext context)
    {
        if (GrpcGuard.IsCall(context.Request))
            return _app.Services.GetRequiredService<GrpcGuard>().Unknown(context);
        var (request, allowed) = (context.Request, context.Response.Headers.Allow.ToString());
        return _app.Services.GetRequiredService<HttpGuard>().Around("unknown", Access.Open, _ => throw (allowed.Length == 0
            ? new RequestException(404, $"found no path {RequestException.Show(request.Path.Value ?? "/")}; /openapi.json lists all")
            : new RequestException(405, $"found method {RequestException.Show(request.Method)}, expected {allowed}") { Allow = allowed }))(
            context);
    }

    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
