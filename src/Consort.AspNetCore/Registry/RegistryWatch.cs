using Consort.AspNetCore.Logs;
using Consort.AspNetCore.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Consort.AspNetCore.Registry;

/// <summary>
/// Looks for new packages now and then, has changed options served, and knows whether the app takes requests: from its start
/// until it is told to stop.
/// </summary>
internal sealed class RegistryWatch(ModelRegistry registry, ConsortOptions options, ILogger<RegistryWatch> log,
    IOptionsFactory<ConsortOptions> factory, IEnumerable<IOptionsChangeTokenSource<ConsortOptions>> sources) : BackgroundService,
    IHostedLifecycleService
{
    private readonly List<IDisposable> _changes = [];
    private volatile bool _isReady;
    private string? _mistake;

    /// <summary>Whether requests are wanted.</summary>
    public bool IsReady => _isReady;

    // What IOptionsMonitor stands on; its own callback never comes to know of a value that cannot be read.
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _changes.AddRange(sources.Select(s => ChangeToken.OnChange(s.GetChangeToken, Change)));
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _changes.ForEach(c => c.Dispose());
        base.Dispose();
    }

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

    private void Change()
    {
        try
        {
            registry.Change(factory.Create(Microsoft.Extensions.Options.Options.DefaultName));
        }
        catch (ConsortException e)
        {
            ServerLog.OptionsRefused(log, e.Message);
        }
        catch (Exception e)
        {
            ServerLog.CannotChange(log, e);
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
                ServerLog.CannotLook(log, e);
            _mistake = e.Message;
        }
    }
}
