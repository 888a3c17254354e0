using System.Diagnostics;
using System.Globalization;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Benchmarks;

/// <summary>
/// Where the time of an experiment's training step goes, operation by operation, on its own rows; operations of one kind and shape
/// count as one line.
/// </summary>
internal static class OperationProfile
{
    private const int WarmUpSteps = 5;

    public static int Run(string[] args)
    {
        var arguments = new Arguments("profile", args, "experiment", "data", "steps", "threads");
        string file = arguments.Text("experiment") ?? throw new ConsortException("profile, --experiment: found nothing, expected an experiment file");
        int threads = arguments.Integer("threads", Environment.ProcessorCount, 1, 1024);
        int steps = arguments.Integer("steps", 20, 1, 100_000);
        Experiment experiment = Experiment.Load(file, arguments.Text("data"));
        Console.WriteLine($"{experiment.Name}: {Machine.Describe()}, {threads} threads");
        var (dataset, _) = experiment.Data!.Open(threads, null, CancellationToken.None);
        using (dataset) Measure(experiment, dataset, threads, steps);
        return 0;
    }

    private static void Measure(Experiment experiment, EncodedDataset dataset, int threads, int steps)
    {
        using var workers = new Workers(threads);
        var graph = experiment.Family.Build(dataset.Space);
        var training = experiment.Training;
        using var store = new ParameterStore<float>(graph);
        store.Initialize(training.Seed, workers);
        using var program = new Program<float>(graph, store, OperationKernels.Of<float>(), training.BatchSize, workers, gemm: Multiplies.Of(workers, training.Precision, training.MatrixLibrary));
        using var optimizer = new Optimizer<float>(store, training.Optimizer, workers);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(training.BatchSize, Shuffle: true, training.Seed));
        var pass = new LogitPass(program);
        // What teachers say is left out: a step of distillation is timed without them.
        var strategy = experiment.Phases[0].Strategy is { LearnsFromTeachers: false } own ? own : new Supervised();
        var terms = new double[16];
        var clock = new KernelClock(graph);
        double loading = 0, losses = 0, updates = 0, all = 0;
        long rows = 0;
        int epoch = 0;
        loader.Start(epoch);
        for (int step = -WarmUpSteps; step < steps; step++)
        {
            StopSignals.Check();
            if (step == 0)
            {
                (loading, losses, updates, all, rows) = (0, 0, 0, 0, 0);
                clock.Clear();
            }
            program.Clock = clock;
            long begin = Stopwatch.GetTimestamp();
            if (loader.Next() is not { } batch)
            {
                loader.Start(++epoch);
                batch = loader.Next()!;
            }
            long loaded = Stopwatch.GetTimestamp();
            long passes = clock.ForwardPass + clock.BackwardPass;
            pass.Run(batch, strategy.Fusion, isTraining: true, (ulong)(step + WarmUpSteps));
            strategy.Apply(pass.Logits, terms);
            pass.Backward();
            long done = Stopwatch.GetTimestamp();
            optimizer.Step(experiment.Phases[0].LearningRate);
            long end = Stopwatch.GetTimestamp();
            loading += loaded - begin;
            losses += done - loaded - (clock.ForwardPass + clock.BackwardPass - passes);
            updates += end - done;
            all += end - begin;
            rows += batch.Rows;
        }

        double scale = 1e3 / Stopwatch.Frequency / steps;
        var lines = graph.Values.Where(v => v.Operation is not null)
            .GroupBy(v => $"{v.Operation!.Name} {string.Join(", ", v.Inputs.Select(i => i.Shape))} → {v.Shape}")
            .Select(g => (
                Name: g.Key, Count: g.Count(), Forward: g.Sum(v => clock.Forward[v.Index]) * scale, Backward: g.Sum(v => clock.Backward[v.Index]) * scale,
                Flops: g.Sum(v => 3.0 * v.Operation!.FlopsPerRow([.. v.Inputs.Select(i => i.Shape)]) * rows / steps)))
            .Append(("rows of embeddings", 1, 0, clock.RowGradients * scale, 0))
            .Append(("optimizer", 1, 0, updates * scale, 0))
            .Append(("logits, loss", 1, 0, losses * scale, 0))
            .Append(("loader", 1, loading * scale, 0, 0))
            .OrderByDescending(l => l.Item3 + l.Item4);
        Console.WriteLine("| operation | number | forward ms | backward ms | share | GFLOP/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, count, forward, backward, flops) in lines)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {count} | {forward:F2} | {backward:F2} | {(forward + backward) / (all * scale):P1} | {(flops > 0 ? (flops / (forward + backward) * 1e-6).ToString("F0", CultureInfo.InvariantCulture) : "–")} |"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {all * scale:F2} ms, {rows / (all / Stopwatch.Frequency):F0} rows/s"));
    }
}
