using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Synthetic;

namespace Consort.Benchmarks;

/// <summary>
/// Encoding of synthetic clicks with Criteo's cardinalities: text in, both passes, a store that is flushed to the disk. The true
/// probabilities are left out, as real logs have none.
/// </summary>
internal static class EncodeSpeed
{
    private const int WarmUpRows = 20_000;
    private const int Rounds = 3;
    private static readonly int[] MinCounts = [1, 10];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("encode", args, "rows", "threads", "json");
        var rows = arguments.Integer("rows", 1_000_000, 1000, 1_000_000_000);
        var threads = arguments.Integer("threads", Environment.ProcessorCount, 1, 1024);
        using var folder = new TempFolder();
        Console.WriteLine(Machine.Describe());
        Time(folder, Text(folder, "warm-up", WarmUpRows, threads), MinCounts[0], threads);
        var text = Text(folder, "clicks", rows, threads);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{rows} rows, {new FileInfo(text).Length / 1e6:F1} MB of text, {threads} threads"));
        Console.WriteLine("| min count | seconds median | seconds best | rows/s | MB/s |");
        Console.WriteLine("|---|---|---|---|---|");
        var pace = new double[MinCounts.Length];
        for (var i = 0; i < MinCounts.Length; i++)
        {
            double[] seconds = [.. Enumerable.Range(0, Rounds).Select(_ => Time(folder, text, MinCounts[i], threads))];
            var median = Machine.Median(seconds);
            pace[i] = rows / median;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {MinCounts[i]} | {median:F3} | {seconds.Min():F3} | {pace[i]:F0} | {new FileInfo(text).Length / 1e6 / median:F1} |"));
        }
        var memory = Machine.PeakMegabytes;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak memory {memory:F1} MB"));
        var json = new JsonObject
        {
            ["rows_per_second"] = Machine.Rounded(pace.Min(), 1),
            ["peak_memory_mb"] = Machine.Rounded(memory, 1),
            ["rows"] = rows,
            ["threads"] = threads,
        };
        for (var i = 0; i < MinCounts.Length; i++)
            json[string.Create(CultureInfo.InvariantCulture, $"rows_per_second_min_count_{MinCounts[i]}")] = Machine.Rounded(pace[i], 1);
        Machine.Write(arguments.Text("json"), json);
        return 0;
    }

    private static string Text(TempFolder folder, string name, int rows, int threads)
    {
        var path = folder.At(name + ".tsv");
        SyntheticClicks.Write(path, rows, new SyntheticOptions { CardinalityScale = 1 }, threads);
        File.Delete(path + SyntheticClicks.TruthSuffix);
        return path;
    }

    private static double Time(TempFolder folder, string text, int minCount, int threads)
    {
        var schema = Schema.Preset("criteo") with { MinCount = minCount };
        var target = folder.At("encoded");
        var start = Stopwatch.GetTimestamp();
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.BySeed([text], seed: 1), target, threads));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Directory.Delete(target, recursive: true);
        return seconds;
    }
}
