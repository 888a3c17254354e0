using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Consort.Kills;

/// <summary>The program that is killed, and the folder it runs in.</summary>
internal sealed partial class Subject(string app, string folder)
{
    private const string Renames = "rename,renameat,renameat2";
    private const int Killed = 137;

    /// <summary>Where it runs; emptied before each kill.</summary>
    public string Case { get; } = Path.Combine(folder, "case");

    /// <summary>Whether renames can be counted and died at.</summary>
    public bool HasTracer { get; } = OperatingSystem.IsLinux()
        && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "strace")));

    /// <summary>A folder of its own for what scenarios keep.</summary>
    public string At(string name) => Path.Combine(folder, name);

    /// <summary>Runs it to its end.</summary>
    public void Run(string command)
    {
        var (code, error, _) = Start("dotnet", [app, .. command.Split(' ')], Timeout.InfiniteTimeSpan);
        if (code != 0)
            throw new InvalidOperationException($"consort {command}: exit code {code}: {error}");
    }

    /// <summary>Runs it to its end, and counts the renames of the thread that makes the most.</summary>
    public (int Renames, double Seconds) Measure(string command)
    {
        var clock = Stopwatch.StartNew();
        if (!HasTracer)
        {
            Run(command);
            return (0, clock.Elapsed.TotalSeconds);
        }

        var log = At("trace");
        var (code, error, _) = Start("strace", ["-f", "-qq", "-o", log, "-e", $"trace={Renames}", "-e", "signal=none", "dotnet", app,
            .. command.Split(' ')], Timeout.InfiniteTimeSpan);
        if (code != 0)
            throw new InvalidOperationException($"consort {command}: exit code {code}: {error}");
        var renames = File.ReadLines(log)
            .Where(l => l.Contains("rename", StringComparison.Ordinal) && !l.Contains("resumed>", StringComparison.Ordinal))
            .GroupBy(l => ThreadOf().Match(l).Value).Select(g => g.Count()).DefaultIfEmpty(0).Max();
        return (renames, clock.Elapsed.TotalSeconds);
    }

    /// <summary>Runs it and kills it when it makes that rename.</summary>
    /// <returns>Whether it was killed; false where it ended before.</returns>
    public bool KillAtRename(string command, int rename) => Start(
        "strace",
        ["-f", "-qq", "-o", "/dev/null", "-e", $"trace={Renames}", "-e",
            string.Create(CultureInfo.InvariantCulture, $"inject={Renames}:signal=SIGKILL:when={rename}"), "dotnet", app,
            .. command.Split(' ')],
        Timeout.InfiniteTimeSpan).Code == Killed;

    /// <summary>Runs it and kills it after so long.</summary>
    /// <returns>Whether it was killed; false where it ended before.</returns>
    public bool KillAfter(string command, TimeSpan time) => Start("dotnet", [app, .. command.Split(' ')], time).WasKilled;

    private (int Code, string Error, bool WasKilled) Start(string program, string[] arguments, TimeSpan time)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Case,
            RedirectStandardError = true,
            RedirectStandardOutput = true
        };
        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var wasKilled = !process.WaitForExit(time);
        if (wasKilled)
            process.Kill(); // SIGKILL: nothing is cleaned up
        process.WaitForExit();
        output.Wait();
        // strace ends by the signal that ended what it traced.
        return (process.ExitCode, error.Result, wasKilled);
    }

    [GeneratedRegex(@"^\d+")]
    private static partial Regex ThreadOf();
}
