using System.Diagnostics;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>
/// The program as a process of its own, for what only a process has: signals, exit codes, and the streams that a shell gives it.
/// </summary>
internal sealed class ConsoleProcess : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Task<string> _error;

    private ConsoleProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Runs a line of a shell, in which <c>consort</c> is the program.</summary>
    public static ConsoleProcess Shell(string line)
    {
        var start = new ProcessStartInfo(
            "bash", ["-c", $"consort() {{ exec dotnet '{typeof(CommandLine).Assembly.Location}' \"$@\"; }}; {line}"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        return new ConsoleProcess(Process.Start(start)!);
    }

    /// <summary>Sends a signal, as <c>kill</c> does.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end, which must come.</summary>
    public ConsoleRun End()
    {
        var output = _process.StandardOutput.ReadToEndAsync();
        Assert.True(_process.WaitForExit(Longest), "the process does not end");
        return new ConsoleRun(_process.ExitCode, output.GetAwaiter().GetResult(), _error.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
