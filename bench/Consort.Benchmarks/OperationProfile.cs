using System.Diagnostics;
using System.Globalization;
using Consort.Compute.Cpu.Programs;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Learning.Training;

namespace Consort.Benchmarks;

/// <summary>
/// Where the time of an experiment's training step goes, operation by operation, on its own rows; operations of one kind and shape count as
/// one line.
/// </summary>
internal static class OperationProfile
{
    private const int WarmUpSteps = 5;
    private const int PeakRounds = 150; // longer than neighbours hold a processor

    public static int Run(string[] args)
    {
        var arguments = new Arguments(
            "profile", args, "experiment", "data", "steps", "threads", "mean-length", "longest", "model", "with", "batch");
        var file = arguments.Text("experiment");
        using var folder = new TempFolder();
        var mean = arguments.Integer("mean-length", 0, 0, 1000);
        if (file is null == (mean == 0))
            throw new ConsortException(file is null
                ? "profile, --experiment: found nothing, expected a file, or --mean-length with a number of positions"
                : "profile: found --experiment and --mean-length, expected one of them");
        var threads = arguments.Integer("threads", Environment.ProcessorCount, 1, 1024);
        var steps = arguments.Integer("steps", 20, 1, 100_000);
        var longest = arguments.Integer("longest", Math.Max(50, mean), mean, 1000);
        var experiment = file is not null ? Experiment.Load(file, arguments.Text("data")) : HistoryRows.Write(
            folder.Path, mean, longest, arguments.Text("model") ?? "DIN", arguments.Text("with") ?? HistoryScoreSpeed.Attention,
            arguments.Integer("batch", 4096, 1, StepOptions.MaxBatch));
        Console.WriteLine($"{experiment.Name}: {Machine.Describe()}, {threads} threads");
        var (dataset, _) = experiment.Data!.Open(threads, null, CancellationToken.None);
        using (dataset) Measure(experiment, dataset, threads, steps);
        return 0;
    }

    private static void Measure(Experiment experiment, EncodedDataset dataset, int threads, int steps)
    {
        // What teachers say is left out: a step of distillation is timed without them.
        using var trial = new StepTrial(experiment.Family, dataset.Space, dataset.Train, experiment.Training,
            experiment.Phases[0].Strategy, threads);
        var graph = trial.Step.Program.Graph;
        var clock = new KernelClock(graph);
        trial.Step.Program.Clock = clock;
        var lengths = Lengths(dataset);
        var peak = FmaPeak.Of(trial.Workers, trial.Step.Program.Precision);
        var (best, perProcessor) = Peak(peak);
        var processor = TimeSpan.Zero;
        long loading = 0, losses = 0, updates = 0, all = 0, rows = 0;
        for (var step = -WarmUpSteps; step < steps; step++)
        {
            StopSignals.Check();
            if (step == 0)
            {
                (loading, losses, updates, all, rows) = (0, 0, 0, 0, 0);
                clock.Clear();
                processor = Environment.CpuUsage.TotalTime;
            }
            var passes = clock.ForwardPass + clock.BackwardPass;
            rows += trial.Next(experiment.Phases[0].LearningRate);
            var ticks = trial.Step.Ticks;
            loading += trial.LoadTicks;
            losses += ticks.Backward - ticks.Start - (clock.ForwardPass + clock.BackwardPass - passes);
            updates += ticks.Update - ticks.Exchange;
            all += trial.Ticks;
        }

        processor = Environment.CpuUsage.TotalTime - processor;
        var (laterBest, laterPerProcessor) = Peak(peak);
        (best, perProcessor) = (Math.Max(best, laterBest), Math.Max(perProcessor, laterPerProcessor));
        var scale = 1e3 / Stopwatch.Frequency / steps;
        var lines = graph.Values.Where(v => v.Operation is not null)
            .GroupBy(v => $"{v.Operation!.Name} {string.Join(", ", v.Inputs.Select(i => i.Shape))} → {v.Shape}")
            .Select(g => (
                Name: g.Key, Count: g.Count(), Forward: g.Sum(v => clock.Forward[v.Index]) * scale,
                Backward: g.Sum(v => clock.Backward[v.Index]) * scale,
                Flops: g.Sum(v => 3.0 * v.Operation!.FlopsPerRow([.. v.Inputs.Select(i => i.Shape)]) * v.RowsWith(lengths) * rows / steps)))
            .Append(("rows of embeddings", 1, 0, clock.RowGradients * scale, 0))
            .Append(("optimizer", 1, 0, updates * scale, 0))
            .Append(("logits, loss", 1, 0, losses * scale, 0))
            .Append(("loader", 1, loading * scale, 0, 0))
            .OrderByDescending(l => l.Item3 + l.Item4)
            .ToArray();
        Console.WriteLine("| operation | number | forward ms | backward ms | share | GFLOP/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, count, forward, backward, flops) in lines)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {count} | {forward:F2} | {backward:F2} | {(forward + backward) / (all * scale):P1} | {(flops > 0 ? (flops / (forward + backward) * 1e-6).ToString("F0", CultureInfo.InvariantCulture) : "–")} |"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"step {all * scale:F2} ms, {rows * (double)Stopwatch.Frequency / all:F0} rows/s; {rows / processor.TotalSeconds:F0} rows per processor second"));
        var operations = lines.Sum(l => l.Item5);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{operations * 1e-9:F2} GFLOP a step; the floor is {operations / best * 1e-6:F2} ms at {best:F0} GFLOP/s, {operations / best * 1e-6 / (all * scale):P0} of the step, {operations * steps / (perProcessor * 1e9 * processor.TotalSeconds):P0} per processor time"));
        for (var c = 0; c < lengths.Length; c++)
            if (dataset.Categorical[c].List is not null)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{dataset.Categorical[c].Name}: {lengths[c]:F1} tokens in the mean"));
    }

    // The mean number of ids that a training row has of each column.
    private static double[] Lengths(EncodedDataset dataset)
    {
        var (sums, rows) = (new double[dataset.Categorical.Count], 0L);
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(4096));
        for (loader.Start(0); loader.Next() is { } batch; rows += batch.Rows)
            for (var row = 0; row < batch.Rows; row++)
                for (var column = 0; column < sums.Length; column++)
                    sums[column] += batch.IdsOf(row, column).Length;
        return Array.ConvertAll(sums, s => s / rows);
    }

    // The best round, and what a second of processor time gives over all rounds.
    private static (double Best, double PerProcessor) Peak(FmaPeak peak)
    {
        double best = 0, inverse = 0;
        for (var i = 0; i < PeakRounds; i++)
        {
            best = Math.Max(best, peak.Measure(out var round));
            inverse += 1 / round;
        }

        return (best, PeakRounds / inverse);
    }
}
