using System.Diagnostics;
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
    public static double SecondsOfARun(Experiment experiment, int threads, IProgress<EncodeProgress>? encoding,
        CancellationToken cancellation)
    {
        var (dataset, _) = experiment.Data!.Open(threads, encoding, cancellation);
        using (dataset)
        {
            MemoryCheck.Training(experiment.Family.Build(dataset.Space), experiment.Training, []);
            using var trial = new StepTrial(
                experiment.Family, dataset.Space, dataset.Train, experiment.Training, new Learning.Strategies.Supervised(), threads);
            var best = double.PositiveInfinity;
            for (var step = 0; step < WarmUp + Steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = trial.Next(1e-4);
                if (step >= WarmUp)
                    best = Math.Min(best, (trial.Ticks - trial.LoadTicks) / (double)Stopwatch.Frequency / rows);
            }

            var epochs = experiment.Phases.Sum(p => Math.Min(p.Epochs, p.Patience > 0 ? GuessedEpochs : p.Epochs));
            return best * epochs * (dataset.Train.Rows + (EvaluationShare * (dataset.Valid?.Rows ?? 0)));
        }
    }
}
