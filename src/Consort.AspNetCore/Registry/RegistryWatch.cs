using Consort.AspNetCore.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Registry;

/// <summary>
/// Looks for new packages now and then, and knows whether the app takes requests: from its start until it is told to stop.
/// </summary>
internal sealed partial class RegistryWatch(ModelRegistry registry, ConsortOptions options, ILogger<RegistryWatch> log) : BackgroundService,
    IHostedLifecycleService
{
    private volatile bool _isReady;
    private string? _mistake;

    /// <summary>Whether requests are wanted.</summary>
    public bool IsReady => _isReady;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _isReady = true;
        return Task.CompletedTask;
    }

    /// <summary>Before anything stops: says so, and lets those who look come to know it.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isReady = false;
        return options.Drain > TimeSpan.Zero ? Task.Delay(options.Drain, cancellationToken) : Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Watch <= TimeSpan.Zero)
            return;
        using var timer = new PeriodicTimer(options.Watch);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
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
            registry.Reload();
            _mistake = null;
        }
        catch (Exception e)
        {
            if (_mistake != e.Message)
                CannotLook(log, e);
            _mistake = e.Message;
        }
    }

    [LoggerMessage(LogLevel.Error, "packages could not be looked at")]
    private static partial void CannotLook(ILogger log, Exception exception);
}
