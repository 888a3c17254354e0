using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.Benchmarks;

/// <summary>
/// The step of <see cref="StepSpeed"/> with 1, 2, 4, … threads. What more threads than this machine has would give is counted from the run
/// with one: what no job shares out, and in how many pieces the jobs come.
/// </summary>
internal static class ScaleSpeed
{
    private static readonly StepKind[] Kinds = [.. Enum.GetValues<StepKind>().Where(k => k != StepKind.Loader)]; // it has a thread of its own

    public static int Run(string[] args)
    {
        var arguments = new Arguments("scale", args, "model", "with", "batch", "vocab", "members", "strategy", "update", "precision", "threads",
            "steps", "json");
        var options = StepOptions.From(arguments);
        Console.WriteLine(options);
        Console.WriteLine($"{Machine.Describe()}, {Gemm.Fastest} kernels");
        var results = new List<StepResult>();
        foreach (var threads in ThreadsUpTo(options.Threads))
            results.Add(StepSpeed.Measure(options with { Threads = threads }));
        Console.Write(Table(results));
        Machine.Write(arguments.Text("json"), Json(results));
        return 0;
    }

    /// <summary>1, 2, 4, … and the most.</summary>
    public static IEnumerable<int> ThreadsUpTo(int most)
    {
        for (var threads = 1; threads < most; threads *= 2)
            yield return threads;
        yield return most;
    }

    public static JsonArray Json(IReadOnlyList<StepResult> results) => [.. results.Select(r => new JsonObject
    {
        ["threads"] = r.Options.Threads,
        ["rows_per_second"] = Machine.Rounded(r.RowsPerSecond, 1),
        ["floor_fraction"] = Machine.Rounded(r.FloorFraction, 4),
        ["step_ms"] = Machine.Rounded(r.StepMs, 4),
        ["serial_ms"] = Machine.Rounded(r.SerialMs, 4),
        ["shared_ms"] = Machine.Rounded(r.Shared.Milliseconds, 4),
        ["busy_least_ms"] = Machine.Rounded(r.Shared.Least, 4),
        ["busy_most_ms"] = Machine.Rounded(r.Shared.Most, 4),
        ["busy_all_ms"] = Machine.Rounded(r.Shared.All, 4),
        ["evaluation_rows_per_second"] = Machine.Rounded(r.EvaluationRowsPerSecond, 1),
        ["evaluation_serial_ms"] = Machine.Rounded(r.EvaluationSerialMs, 4),
        ["loader_ms"] = Machine.Rounded(r.LoaderMs, 4),
        ["metrics_ms"] = Machine.Rounded(r.MetricsMs, 4),
    })];

    public static string Table(IReadOnlyList<StepResult> results)
    {
        var text = new StringBuilder();
        var one = results[0];
        Row($"");
        Row($"| threads | step ms | rows/s | × one thread | of the floor | serial ms | of the step | evaluation rows/s | × one thread | serial ms | of the evaluation |");
        Row($"|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var r in results)
            Row($"| {r.Options.Threads} | {r.StepMs:F2} | {r.RowsPerSecond:F0} | {r.RowsPerSecond / one.RowsPerSecond:F2} | {r.FloorFraction:P0} | {r.SerialMs:F3} | {r.SerialMs / r.StepMs:P1} | {r.EvaluationRowsPerSecond:F0} | {r.EvaluationRowsPerSecond / one.EvaluationRowsPerSecond:F2} | {r.EvaluationSerialMs:F3} | {r.EvaluationSerialMs / r.EvaluationMs:P1} |");
        Row($"");
        Row($"| threads | shared jobs, ms | of it busy, the least busy thread | the busiest | all, against one thread |");
        Row($"|---|---|---|---|---|");
        foreach (var r in results)
            Row($"| {r.Options.Threads} | {r.Shared.Milliseconds:F2} | {r.Shared.Least / r.Shared.Milliseconds:P1} | {r.Shared.Most / r.Shared.Milliseconds:P1} | {r.Shared.All / one.Shared.All:F3} |");
        Row($"");
        Row($"counted from one thread: what no job shares out, and each job shared out evenly to at most as many threads as it has pieces; memory and caches are not in it");
        Row($"");
        Row($"| threads | step ms | × one thread | serial, of the step | evaluation ms | × one thread | serial, of the evaluation |");
        Row($"|---|---|---|---|---|---|---|");
        for (var i = 0; i < one.CountedMs.Count; i++)
            Row($"| {StepResult.CountedThreads[i]} | {one.CountedMs[i]:F2} | {one.StepMs / one.CountedMs[i]:F1} | {one.SerialMs / one.CountedMs[i]:P1} | {one.EvaluationCountedMs[i]:F2} | {one.EvaluationMs / one.EvaluationCountedMs[i]:F1} | {one.EvaluationSerialMs / one.EvaluationCountedMs[i]:P1} |");
        Row($"");
        Row($"| serial, by kind | {string.Join(" | ", Kinds.Select(StepKinds.Name))} |");
        Row($"|---|{string.Concat(Kinds.Select(_ => "---|"))}");
        Row($"| ms a step | {string.Join(" | ", Kinds.Select(k => Text(one.SerialKindMs[(int)k], "F3")))} |");
        foreach (var i in Enumerable.Range(0, one.CountedMs.Count).Where(i => StepResult.CountedThreads[i] >= 16))
            Row($"| of a step of {StepResult.CountedThreads[i]} threads | {string.Join(" | ", Kinds.Select(k => Text(one.SerialKindMs[(int)k] / one.CountedMs[i], "P1")))} |");
        Row($"");
        Row($"beside them with a thread of their own: the loader fills batches, {one.LoaderMs:F2} ms each, and metrics take {one.MetricsMs:F2} ms a batch; nothing can be shorter than these");
        return text.ToString();

        static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);

        void Row(FormattableString row) => text.AppendLine(row.ToString(CultureInfo.InvariantCulture));
    }
}
