using System.Globalization;
using System.Runtime.Intrinsics;
using Consort.Compute.Cpu.Threads;

namespace Consort.Benchmarks;

/// <summary>What this machine can do at most, per number of threads: arithmetic, memory, random rows.</summary>
internal static class Ceiling
{
    private const int Rounds = 15;

    public static int Run(string[] args)
    {
        if (args.Length > 0)
        {
            Console.Error.WriteLine("usage: ceiling");
            return 2;
        }
        Console.WriteLine($"{Environment.ProcessorCount} processors, Vector512 {Yes(Vector512.IsHardwareAccelerated)}, Vector256 {Yes(Vector256.IsHardwareAccelerated)}");
        Console.WriteLine("| threads | fp32 512-bit GFLOP/s | fp32 256-bit GFLOP/s | read GB/s | triad GB/s | random 64-byte rows GB/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        using var memory = new MemorySpeed();
        for (var threads = 1; threads <= Environment.ProcessorCount; threads = Next(threads))
        {
            using var workers = new Workers(threads);
            var wide = new FmaPeak(workers, 512);
            var narrow = new FmaPeak(workers, 256);
            var best = new double[5, Rounds];
            for (var i = 0; i < Rounds; i++)
            {
                best[0, i] = wide.Measure();
                best[1, i] = narrow.Measure();
                best[2, i] = memory.Measure(workers, MemoryPattern.Read);
                best[3, i] = memory.Measure(workers, MemoryPattern.Triad);
                best[4, i] = memory.Measure(workers, MemoryPattern.Gather);
            }
            Console.WriteLine($"| {threads} | {string.Join(" | ", Enumerable.Range(0, 5).Select(k => Best(best, k)))} |");
        }
        return 0;
    }

    private static int Next(int threads) =>
        threads == Environment.ProcessorCount ? threads + 1 : Math.Min(threads * 2, Environment.ProcessorCount);

    private static string Yes(bool flag) => flag ? "yes" : "no";

    private static string Best(double[,] samples, int kind)
    {
        double[] sorted = [.. Enumerable.Range(0, Rounds).Select(i => samples[kind, i]).Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[^1]:F1} (median {sorted[Rounds / 2]:F1})");
    }
}
