namespace Consort.Data.Sources;

/// <summary>Standard input, which a process may have been started without.</summary>
internal static class StandardInput
{
    /// <summary>
    /// Whether there is a standard input. Where a process was started without one, its number is free, and the first file or pipe that
    /// the runtime opens for itself has it: waiting for rows there has no end. What the runtime opens is closed when a program is
    /// started, as what a program was started with cannot be.
    /// </summary>
    /// <exception cref="ConsortException">It is closed.</exception>
    public static void Check()
    {
        const int ClosedOnStart = 0x80000; // O_CLOEXEC
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fdinfo")) return;
        try
        {
            var flags = File.ReadLines("/proc/self/fdinfo/0").First(l => l.StartsWith("flags:", StringComparison.Ordinal));
            if ((Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & ClosedOnStart) == 0) return;
        }
        catch (FileNotFoundException)
        {
            // the number is free
        }
        throw new ConsortException("-: found a closed standard input, expected rows");
    }
}
