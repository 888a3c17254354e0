using System.Runtime.InteropServices;

namespace Consort.Cli.Terminals;

/// <summary>
/// Ctrl-C and termination: the first one asks the work to stop and leave a checkpoint, the second one ends the process. So does time: work
/// that hears nothing, because it waits for a disk or computes without looking up, is ended when its patience is over. Nothing half-written
/// comes of that, for files are moved to their place when whole.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<int> _end;
    private Timer? _timer;

    public StopSignals() : this(Environment.Exit)
    {
        Register(PosixSignal.SIGINT, 130);
        Register(PosixSignal.SIGTERM, 143); // not SIGHUP: nohup has it ignored, and by itself it ends the process
    }

    /// <summary>Signals that come from a test.</summary>
    /// <param name="end">Ends the process with an exit code.</param>
    internal StopSignals(Action<int> end) => _end = end;

    public CancellationToken Token => _source.Token;

    /// <summary>How long the work may take to stop after the first signal.</summary>
    /// <remarks>A command that saves something first asks for more.</remarks>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>128 + the signal's number, as shells expect it, once a signal came; null before.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _timer?.Dispose();
        _source.Dispose();
    }

    /// <summary>What a signal does.</summary>
    /// <param name="exitCode">128 + its number.</param>
    internal void Stop(int exitCode)
    {
        if (ExitCode is not null)
        {
            _end(exitCode);
            return;
        }

        ExitCode = exitCode;
        _timer = new Timer(_ => _end(ExitCode.Value), null, Patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }

    private void Register(PosixSignal signal, int exitCode) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true; // of the signal's own effect, which is to end the process
        Stop(exitCode);
    }));
}
