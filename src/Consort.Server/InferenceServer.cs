using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using Consort.Server.Grpc;
using Consort.Server.Http;
using Consort.Server.Metrics;
using Consort.Server.Registry;
using Consort.Serving.Packages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consort.Server;

/// <summary>
/// Serves packages over HTTP/JSON and gRPC: the Open Inference Protocol version 2, a plain protocol of rows, models and their
/// versions, metrics, and a page to try an impression by hand.
/// </summary>
public sealed class InferenceServer : IAsyncDisposable
{
    internal const string Platform = "consort_package";
    private readonly ServerOptions _options;
    private readonly TextWriter _log;
    private readonly ModelRegistry _registry;
    private readonly RequestGate _gate;
    private readonly ModelEndpoints _models;
    private readonly ServerMetrics _metrics = new();
    private readonly CancellationTokenSource _watching = new();
    private readonly List<(string Scheme, ListenOptions Options)> _listening = [];
    private readonly WebApplication _app;
    private readonly Lock _logging = new();
    private Task _watch = Task.CompletedTask;
    private string? _lookMistake;
    private volatile bool _isReady;
    private int _isStopped;

    private InferenceServer(ServerOptions options, TextWriter log)
    {
        (_options, _log) = (options, log);
        var keys = new ApiKeys(options.ApiKeyFile, options.AdminKeyFile);
        var listens = options.Urls.Select(ListenUrl.Parse).ToArray();
        _registry = new ModelRegistry(options.Models, options.CanaryShare, options.MapPackages ? PackageStorage.Mapped : PackageStorage.Memory);
        _gate = new RequestGate(options, keys.ClientOf);
        var connections = new Connections(options.MaxConnections, options.MaxConnectionsPerClient);
        var limits = new Limits(options);
        _models = new ModelEndpoints(_registry, _gate, _metrics, limits, options.Examples, Log);
        var http = new HttpEndpoints(_registry, _gate, _metrics, limits, () => _isReady, _models);
        var grpc = new GrpcEndpoint(_registry, _gate, keys, limits, () => _isReady);
        var dispatcher = new Dispatcher(http.Router, grpc, keys, _metrics, connections, Log);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Who starts the server has signals in hand already.
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = options.ShutdownTimeout);
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
        try
        {
            _app = builder.Build();
            _app.Run(dispatcher.Answer);
        }
        catch
        {
            _registry.Dispose();
            _gate.Dispose();
            throw;
        }
    }

    /// <summary>The version of the program.</summary>
    public static string Version { get; } =
        typeof(InferenceServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Where it listens: <c>http://…</c> and <c>grpc://…</c>, with the addresses that it has bound and the ports that it got.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    internal RequestGate Gate => _gate;

    /// <summary>Loads all packages and begins to listen.</summary>
    /// <param name="options">What to serve, and where.</param>
    /// <param name="log">Gets a line for each package that is loaded or refused, for failures, and for an address that is open to others without keys.</param>
    /// <exception cref="ConsortException">An option is out of its range, a package or a key file is refused, or an address is taken.</exception>
    public static async Task<InferenceServer> StartAsync(ServerOptions options, TextWriter log)
    {
        options.Validate();
        InferenceServer? server = null;
        try
        {
            server = new InferenceServer(options, log);
            await server._app.StartAsync();
        }
        catch (Exception e)
        {
            if (server is not null)
                await server.DisposeAsync();
            // Of the address, or of the certificate for it.
            if (e is IOException or System.Net.Sockets.SocketException or InvalidOperationException or CryptographicException or ArgumentException or FormatException)
                throw new ConsortException($"urls {string.Join(", ", options.Urls)}: cannot listen: {e.Message}", e);
            throw;
        }

        server.Addresses = [.. server._listening.Select(l => ListenUrl.Address(l.Scheme, l.Options.IPEndPoint!)).Distinct()];
        foreach (var (scheme, listening) in server._listening)
            if (ListenUrl.Warning(scheme, listening.IPEndPoint!, options.ApiKeyFile is not null) is { } warning)
                server.Log(warning);
        server._isReady = true;
        server._watch = server.Watch();
        return server;
    }

    /// <summary>Looks at all packages again: new and changed ones are loaded and put in place, and no call fails meanwhile.</summary>
    /// <returns>What has changed, for each model.</returns>
    public IReadOnlyList<ReloadResult> Reload()
    {
        var results = _registry.Reload();
        foreach (var result in results)
        {
            _metrics.AddReload(result);
            Log(result);
        }

        return results;
    }

    /// <summary>Says that it is not ready, waits for as long as the options say, takes no more requests, and lets those under way finish.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
            return;
        _isReady = false;
        await _watching.CancelAsync();
        if (_options.Drain > TimeSpan.Zero)
            await Task.Delay(_options.Drain);
        using var limit = new CancellationTokenSource(_options.ShutdownTimeout + TimeSpan.FromMilliseconds(1));
        await _app.StopAsync(limit.Token);
        await _watch;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _models.Dispose();
        _registry.Dispose();
        _gate.Dispose();
        _watching.Dispose();
    }

    private async Task Watch()
    {
        if (_options.Watch <= TimeSpan.Zero)
            return;
        using var timer = new PeriodicTimer(_options.Watch);
        try
        {
            while (await timer.WaitForNextTickAsync(_watching.Token))
                Look();
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    // Nothing that a look comes upon ends the watch.
    private void Look()
    {
        try
        {
            Reload();
            _lookMistake = null;
        }
        catch (Exception e)
        {
            if (_lookMistake != e.Message)
                Log($"packages could not be looked at: {e}");
            _lookMistake = e.Message;
        }
    }

    private void Log(ReloadResult result)
    {
        if (result.Trouble is { } trouble)
            Log($"model {result.Model}: {trouble}");
        foreach (var version in result.Loaded)
            Log($"model {result.Model}: version {version} loaded");
        foreach (var version in result.Removed)
            Log($"model {result.Model}: version {version} removed");
        foreach (var (version, mistake) in result.Failed)
            Log($"model {result.Model}: {(version == ServedModel.TheFile ? version : $"version {version}")} refused: {mistake}");
    }

    private void Log(string line)
    {
        lock (_logging)
            _log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'} {line}"));
    }

    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
