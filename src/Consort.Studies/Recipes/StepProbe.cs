using System.Diagnostics;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Learning.Training;

namespace Consort.Studies.Recipes;

/// <summary>Times a few training steps of an experiment on its own rows.</summary>
internal static class StepProbe
{
    /// <summary>Epochs that early stopping is expected to leave of many.</summary>
    public const int GuessedEpochs = 10;

    private const int WarmUp = 2, Steps = 4;
    private const double EvaluationShare = 1.0 / 3; // of the time of a training row

    /// <summary>The seconds that the whole run is expected to take.</summary>
    public static double SecondsOfARun(Experiment experiment, int threads, IProgress<EncodeProgress>? encoding, CancellationToken cancellation)
    {
        var (dataset, _) = experiment.Data!.Open(threads, encoding, cancellation);
        using (dataset)
        {
            using var workers = new Workers(threads);
            var graph = experiment.Family.Build(dataset.Space);
            MemoryCheck.Training(graph, experiment.Training, []);
            using var store = new ParameterStore<float>(graph);
            store.Initialize(experiment.Training.Seed, workers);
            using var program = new Program<float>(graph, store, OperationKernels.Of<float>(), experiment.Training.BatchSize, workers, gemm: Multiplies.Of(workers, experiment.Training.Precision, experiment.Training.MatrixLibrary));
            using var optimizer = new Optimizer<float>(store, experiment.Training.Optimizer, workers);
            using var loader = new BatchLoader(dataset.Train, new LoaderOptions(experiment.Training.BatchSize, Shuffle: true, experiment.Training.Seed));
            var pass = new LogitPass(program);
            var strategy = new Learning.Strategies.Supervised();
            var terms = new double[strategy.TermNames.Count];
            var best = double.PositiveInfinity;
            loader.Start(0);
            for (var step = 0; step < WarmUp + Steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (loader.Next() is not { } batch)
                {
                    loader.Start(step); // a small split ends before the steps do
                    batch = loader.Next()!;
                }

                var start = Stopwatch.GetTimestamp();
                pass.Run(batch, strategy.Fusion, isTraining: true, (ulong)step);
                strategy.Apply(pass.Logits, terms);
                pass.Backward();
                optimizer.Step(1e-4);
                if (step >= WarmUp)
                    best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / batch.Rows);
            }

            var epochs = experiment.Phases.Sum(p => Math.Min(p.Epochs, p.Patience > 0 ? GuessedEpochs : p.Epochs));
            return best * epochs * (dataset.Train.Rows + (EvaluationShare * (dataset.Valid?.Rows ?? 0)));
        }
    }
}
