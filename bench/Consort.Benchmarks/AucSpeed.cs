using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Foundation.Numbers;
using Consort.Learning.Evaluation;
using Consort.Learning.Training;

namespace Consort.Benchmarks;

/// <summary>
/// Exact AUC of many rows, batch after batch: the time to add them and to sort and count at the end, alone and along with log-loss and
/// calibration. Making the logits is not counted.
/// </summary>
internal static class AucSpeed
{
    private const int Batch = 4096;
    private const double ClickRate = 0.25;
    private const int WarmUpRows = 200_000;

    public static int Run(string[] args)
    {
        var arguments = new Arguments("auc", args, "rows", "json");
        var rows = arguments.Integer("rows", 10_000_000, 1000, 2_000_000_000);
        Console.WriteLine(Machine.Describe());
        using (var warm = new AucCounter()) _ = Add(WarmUpRows, warm.Add, warm.Result, out _);
        using (var warm = new Evaluator()) _ = Add(WarmUpRows, (z, y) => warm.Add(z, y), () => warm.Result().Auc, out _);

        Machine.ForgetPeakMemory();
        var before = MemoryUse.Now();
        double auc, add, finish, allAdd, allFinish;
        using (var counter = new AucCounter()) (add, finish) = Add(rows, counter.Add, counter.Result, out auc);
        var peak = MemoryUse.PeakBytes();
        using (var evaluator = new Evaluator()) (allAdd, allFinish) = Add(rows, (z, y) => evaluator.Add(z, y), () => evaluator.Result().Auc, out _);

        var perRow = Math.Max(0, peak - before) / (double)rows;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows} rows in batches of {Batch}, AUC {auc:F6}"));
        Console.WriteLine("| metrics | add s | finish s | all s | rows/s |");
        Console.WriteLine("|---|---|---|---|---|");
        Row("AUC", add, finish);
        Row("AUC, log-loss, calibration", allAdd, allFinish);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"peak memory {Machine.Megabytes(peak):F1} MB, {Machine.Megabytes(before):F1} MB of it before: {perRow:F1} bytes a row; bounded by 12 (4 a row kept, room that doubles, as much again to sort), whatever the logits"));
        Machine.Write(arguments.Text("json"), new JsonObject
        {
            ["rows"] = rows,
            ["seconds"] = Machine.Rounded(add + finish, 3),
            ["add_seconds"] = Machine.Rounded(add, 3),
            ["finish_seconds"] = Machine.Rounded(finish, 3),
            ["evaluator_add_seconds"] = Machine.Rounded(allAdd, 3),
            ["evaluator_finish_seconds"] = Machine.Rounded(allFinish, 3),
            ["rows_per_second"] = Machine.Rounded(rows / (add + finish), 1),
            ["peak_memory_mb"] = Machine.Rounded(Machine.Megabytes(peak), 1),
            ["bytes_per_row"] = Machine.Rounded(perRow, 2),
            ["auc"] = Machine.Rounded(auc, 6),
        });
        return 0;

        void Row(string name, double adding, double finishing) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {adding:F3} | {finishing:F3} | {adding + finishing:F3} | {rows / (adding + finishing):F0} |"));
    }

    private delegate void AddRows(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels);

    private static (double Add, double Finish) Add(int rows, AddRows add, Func<double> finish, out double auc)
    {
        var random = new CounterRandom(1, "auc");
        var logits = new float[Batch];
        var labels = new float[Batch];
        long ticks = 0, start;
        for (long first = 0; first < rows; first += Batch)
        {
            StopSignals.Check();
            var count = (int)Math.Min(Batch, rows - first);
            for (var i = 0; i < count; i++)
            {
                labels[i] = random.Uniform((ulong)(first + i)) < ClickRate ? 1 : 0;
                // Sums of uniforms, which are cheap, for a curve that is about a model's.
                var bits = random.Bits((ulong)(first + i) | 1UL << 63);
                logits[i] = ((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (float)(bits >> 48)) / 16384f
                    - 9 + labels[i];
            }
            start = Stopwatch.GetTimestamp();
            add(logits.AsSpan(0, count), labels.AsSpan(0, count));
            ticks += Stopwatch.GetTimestamp() - start;
        }
        start = Stopwatch.GetTimestamp();
        auc = finish();
        return (ticks / (double)Stopwatch.Frequency, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
