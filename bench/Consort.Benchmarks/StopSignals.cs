using System.Runtime.InteropServices;

namespace Consort.Benchmarks;

/// <summary>
/// Ctrl-C and termination: the benchmark ends at its next step. Where that takes too long, or at the second signal, the process ends at
/// once, without its temporary folders.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly CancellationTokenSource Source = new();
    private readonly ManualResetEventSlim _done = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, 130)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, 143)),
    ];

    /// <summary>128 + the signal's number, as shells expect it.</summary>
    public int ExitCode { get; private set; } = 130;

    /// <summary>Stops what is given it once a signal came.</summary>
    public static CancellationToken Token => Source.Token;

    /// <summary>Throws once a signal came.</summary>
    /// <exception cref="OperationCanceledException">It came.</exception>
    public static void Check() => Source.Token.ThrowIfCancellationRequested();

    public void Dispose()
    {
        _done.Set();
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Stop(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true; // of the signal's own effect, which is to end the process
        var isFirst = !Source.IsCancellationRequested;
        ExitCode = exitCode;
        Source.Cancel();
        if (isFirst && _done.Wait(Patience)) return;
        TempFolder.RemoveAll();
        Environment.Exit(exitCode);
    }
}
