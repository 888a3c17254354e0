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
    public bool HasTracer { get; } = OperatingSystem.IsLinux() && IsThere("strace");

    /// <summary>A folder of its own for what scenarios keep.</summary>
    public string At(string name) => Path.Combine(folder, name);

    /// <summary>Whether several of it can be run as ranks.</summary>
    public static bool HasRanks { get; } = OperatingSystem.IsLinux() && IsThere("mpirun");

    /// <summary>Runs it to its end.</summary>
    public void Run(string command, int ranks = 1)
    {
        var (program, arguments) = With(command, ranks);
        var (code, error, _) = Start(program, arguments, Timeout.InfiniteTimeSpan);
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

    /// <summary>
    /// Runs so many ranks and kills one of them, so long after a file is there. They must all end with it, and by themselves.
    /// </summary>
    /// <returns>Whether it was killed; false where they ended before.</returns>
    /// <exception cref="InvalidOperationException">They did not end, or ended as if nothing had been.</exception>
    public bool KillRank(string command, int ranks, int rank, string file, TimeSpan time)
    {
        var (program, arguments) = With(command, ranks);
        using var process = Process.Start(Info(program, arguments))!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        while (!File.Exists(Path.Combine(Case, file)) && !process.HasExited)
            Thread.Sleep(5);
        var isRunning = !process.WaitForExit(time);
        var children = isRunning ? Children(process.Id) : [];
        if (children.Length == ranks)
            using (var chosen = Process.GetProcessById(children[rank]))
                chosen.Kill();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
            throw new InvalidOperationException($"consort {command}: the other ranks go on though rank {rank} was killed");
        Task.WaitAll(output, error);
        if (children.Length == ranks && process.ExitCode == 0)
            return false; // it had done its work
        return children.Length == ranks;
    }

    // In the order in which they were started: mpirun has no others.
    private static int[] Children(int process) => [.. File.ReadAllText($"/proc/{process}/task/{process}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(c => int.Parse(c, CultureInfo.InvariantCulture)).Order()];

    private static bool IsThere(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, program)));

    private (string Program, string[] Arguments) With(string command, int ranks) => ranks == 1
        ? ("dotnet", [app, .. command.Split(' ')])
        : ("mpirun", ["--oversubscribe", "-np", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", app, .. command.Split(' ')]);

    private ProcessStartInfo Info(string program, string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Case,
            RedirectStandardError = true,
            RedirectStandardOutput = true
        };
        // A container's user may be root.
        info.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = info.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return info;
    }

    private (int Code, string Error, bool WasKilled) Start(string program, string[] arguments, TimeSpan time)
    {
        using var process = Process.Start(Info(program, arguments))!;
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
