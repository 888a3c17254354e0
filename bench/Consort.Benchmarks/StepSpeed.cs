using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.Benchmarks;

/// <summary>
/// A training step and an evaluation pass beside the floor that their floating-point operations set: 39 categorical columns, embeddings of
/// 16 shared by all members, towers of [400, 400, 400] with ReLU, Adam at 1e-3.
/// </summary>
internal static class StepSpeed
{
    public static int Run(string[] args)
    {
        var arguments = new Arguments("step", args, "model", "with", "batch", "vocab", "members", "strategy", "update", "ema", "embedding-l2",
            "max-gradient-norm", "precision", "threads", "steps", "tokens", "as", "detail", "json");
        var options = StepOptions.From(arguments);
        if (options.Precision.Missing() is { } reason)
            Console.Error.WriteLine($"bench: no {options.Precision.Name()} here ({reason}); measuring fp32");
        Console.WriteLine(options);
        Console.WriteLine($"{Machine.Describe()}, {Gemm.Fastest} kernels");
        Console.WriteLine("rows: zipf ids in a temporary encoded split, read by the training loader");
        var result = Measure(options);
        Console.Write(result.Table());
        Machine.Write(arguments.Text("json"), result.Json());
        return 0;
    }

    /// <summary>Memory's bandwidth, the steps, and the bandwidth again.</summary>
    public static StepResult Measure(StepOptions options)
    {
        var before = Bandwidth.Measure(options.Threads);
        Machine.ForgetPeakMemory();
        StepResult result;
        using (var run = new StepRun(options)) result = run.Measure();
        return result with { Bandwidth = before.Best(Bandwidth.Measure(options.Threads)) };
    }
}
