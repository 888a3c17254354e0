using System.Runtime.InteropServices;

namespace Consort.Cli.Terminals;

/// <summary>
/// Ctrl-C and termination: the first one asks the work to stop and leave a checkpoint, the second one ends the process.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, 130)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, 143)),
    ];

    public CancellationToken Token => _source.Token;

    /// <summary>128 + the signal's number, as shells expect it, once a signal came; null before.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context, int exitCode)
    {
        if (_source.IsCancellationRequested)
            return;
        context.Cancel = true; // of the signal's own effect, which is to end the process
        ExitCode = exitCode;
        _source.Cancel();
    }
}
