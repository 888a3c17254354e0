using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;

namespace Consort.Benchmarks;

/// <summary>What results were measured on, and how they are written.</summary>
internal static class Machine
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Megabytes (2²⁰) that the process has held at most.</summary>
    public static double PeakMegabytes => Megabytes(Process.GetCurrentProcess().PeakWorkingSet64);

    /// <summary>Starts the count of the most memory anew, where the system can (Linux).</summary>
    public static void ForgetPeakMemory()
    {
        const string Counter = "/proc/self/clear_refs";
        try
        {
            GC.Collect();
            if (File.Exists(Counter)) File.WriteAllText(Counter, "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The peak is then that of all runs so far.
        }
    }

    public static double Megabytes(long bytes) => bytes / 1048576.0;

    /// <summary>Processor, vectors, load and runtime in a line.</summary>
    public static string Describe()
    {
        var vectors = Vector512.IsHardwareAccelerated ? "512-bit vectors" : Vector256.IsHardwareAccelerated
            ? "256-bit vectors" : "128-bit vectors";
        return $"{Processor()}, {Environment.ProcessorCount} processors, {vectors}, load average {Load()}, {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>The least such number is 0: JSON knows no NaN.</summary>
    public static double Rounded(double value, int digits) => double.IsFinite(value) ? Math.Round(value, digits) : 0;

    public static void Write(string? path, JsonNode json)
    {
        if (path is null) return;
        var text = JsonSerializer.SerializeToUtf8Bytes(JsonNumbers.Clean(json), Indented);
        SafeFile.Write(path, stream => stream.Write(text));
    }

    public static double Median(ReadOnlySpan<double> values)
    {
        var sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Processor()
    {
        const string Info = "/proc/cpuinfo";
        var line = File.Exists(Info)
            ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString(
            ) : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string Load()
    {
        const string Average = "/proc/loadavg";
        return File.Exists(Average)
            ? double.Parse(File.ReadAllText(Average).Split(' ')[0], CultureInfo.InvariantCulture)
            .ToString("F1", CultureInfo.InvariantCulture)
            : "unknown";
    }
}
