using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Consort.Benchmarks.Kernels;

namespace Consort.Benchmarks;

/// <summary>Single kernels under BenchmarkDotNet, in this process, so that nothing is built or fetched.</summary>
internal static class KernelSpeed
{
    private static readonly Type[] Kernels =
        [typeof(EmbeddingKernels), typeof(InteractionKernels), typeof(ElementKernels), typeof(MetricKernels)];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("kernels", args, "filter", "job");
        var job = arguments.Choice("job", "short", "medium", "long") switch
        {
            "short" => Job.ShortRun,
            "medium" => Job.MediumRun,
            _ => Job.LongRun,
        };
        var filter = arguments.Text("filter") ?? "";
        using var folder = new TempFolder();
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddFilter(new SimpleFilter(b =>
                $"{b.Descriptor.Type.Name}.{b.Descriptor.WorkloadMethod.Name}".Contains(filter, StringComparison.OrdinalIgnoreCase)))
            .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile)
            .WithArtifactsPath(folder.Path);
        BenchmarkRunInfo[] runs = [.. Kernels.Select(k => BenchmarkConverter.TypeToBenchmarks(k, config))
            .Where(r => r.BenchmarksCases.Length > 0)];
        if (runs.Length == 0)
            throw arguments.Mistake("filter", "a part of a kernel's name: " + string.Join(", ", Names()));
        var summaries = BenchmarkRunner.Run(runs);
        var failed = summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success));
        return failed ? throw new ConsortException("kernels: a benchmark failed; what it said stands above") : 0;
    }

    private static IEnumerable<string> Names() => Kernels.SelectMany(k => BenchmarkConverter.TypeToBenchmarks(k).BenchmarksCases)
        .Select(b => $"{b.Descriptor.Type.Name}.{b.Descriptor.WorkloadMethod.Name}").Distinct();
}
