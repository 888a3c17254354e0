using System.Diagnostics;
using System.Globalization;
using Consort.Fuzz;

FuzzOptions options;
try
{
    options = FuzzOptions.Parse(args);
}
catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

var names = TargetCatalogue.All.Select(make => make()).ToList();
if (options.IsList)
{
    names.ForEach(t => Console.WriteLine($"{t.Name,-12} {t.What}"));
    return 0;
}

var unknown = options.Targets.Except(names.Select(t => t.Name)).ToArray();
if (unknown.Length > 0)
{
    Console.Error.WriteLine($"--target: found {unknown[0]}, expected one of {string.Join(", ", names.Select(t => t.Name))}");
    return 2;
}

var chosen = names.Where(t => options.Targets.Count == 0 || options.Targets.Contains(t.Name)).ToList();
var root = Root();
var findings = Path.GetFullPath(options.Findings ?? Path.Combine(root, "artifacts", "fuzz"));
return options.IsInside || options.File is not null ? Inside() : Outside();

// One target, in this process.
int Inside()
{
    var target = chosen[0];
    var memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
    var folder = Environment.GetEnvironmentVariable("CONSORT_FUZZ_FOLDER") ?? Directory.CreateTempSubdirectory("consort-fuzz-").FullName;
    if (Environment.GetEnvironmentVariable("CONSORT_FUZZ_FOLDER") is null && memory == "/dev/shm")
    {
        Directory.Delete(folder);
        folder = Directory.CreateDirectory(Path.Combine(memory, Path.GetFileName(folder))).FullName;
    }

    try
    {
        var loop = new FuzzLoop(target, options, folder, Path.Combine(root, "tests", "Consort.Fuzz", "Corpus", target.Name), findings);
        return options.File is { } file ? loop.Again(File.ReadAllBytes(file)) : loop.Run(options.Inputs) > 0 ? 1 : 0;
    }
    finally
    {
        target.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

// A process for each target: one that dies is a finding, and the others go on.
int Outside()
{
    var failed = 0;
    Parallel.For(0, chosen.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, i =>
    {
        var name = chosen[i].Name;
        var folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
            string.Create(CultureInfo.InvariantCulture, $"consort-fuzz-{Environment.ProcessId}-{name}"));
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo(
            Environment.ProcessPath!, ["exec", typeof(FuzzLoop).Assembly.Location, "--inside", "--target", name, "--findings", findings,
            "--seed", options.Seed.ToString(CultureInfo.InvariantCulture), .. Amount(i), .. options.Grow
            ? ["--grow"] : Array.Empty<string>()]);
        start.Environment["CONSORT_FUZZ_FOLDER"] = folder;
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x80000000"; // 2 GiB: an input that asks for more is a finding
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            failed = 1;
        if (process.ExitCode is not (0 or 1 or Watchdog.Hang or Watchdog.Memory) && !File.Exists(FuzzLoop.Current(folder)))
            Console.WriteLine($"{name}: the process ended with {process.ExitCode} before the first input");
        else if (process.ExitCode is not (0 or 1 or Watchdog.Hang or Watchdog.Memory))
            Console.WriteLine($"finding: {name}: the process ended with {process.ExitCode}\n  again: tests/fuzz --target {name} --file {new Findings(findings, name).Write(File.ReadAllBytes(FuzzLoop.Current(folder)), "the process died")}");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    });

    return failed;
}

IEnumerable<string> Amount(int target) => options.Inputs is { } inputs
    ? ["--inputs", (inputs / chosen.Count + (target < inputs % chosen.Count ? 1 : 0)).ToString(CultureInfo.InvariantCulture)]
    : ["--seconds", options.Seconds.ToString(CultureInfo.InvariantCulture)];

static string Root()
{
    DirectoryInfo? at = new(AppContext.BaseDirectory);
    while (at is not null && !File.Exists(Path.Combine(at.FullName, "Consort.slnx")))
        at = at.Parent;
    return at?.FullName ?? throw new InvalidOperationException("found no Consort.slnx above the program");
}
