using System.Globalization;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Statistics;
using Consort.Studies.Baselines;

namespace Consort.Studies.Recipes;

/// <summary>What one would pick instead of a recipe's models, on the same rows and as many seeds, in a line below its table.</summary>
internal static class RecipeBaseline
{
    /// <summary>Learns it.</summary>
    /// <exception cref="ConsortException">It is not to be had on this machine, or refuses the rows.</exception>
    public static string Line(IBaseline baseline, Experiment experiment, int seeds, int threads, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        using var data = experiment.Data!.Open(threads, progress, cancellation).Dataset;
        var test = SplitLabels.OfTest(data);
        var scores = Enumerable.Range(1, seeds).Select(seed => baseline.Fit(data, (ulong)seed, threads, cancellation)).ToList();
        var measured = scores.ConvertAll(s => SplitLabels.Measure(test.With(s.Test ?? s.Valid)));
        Replicates auc = new([.. measured.Select(m => m.Auc)]), loss = new([.. measured.Select(m => m.LogLoss)]);
        return string.Create(CultureInfo.InvariantCulture,
            $"{baseline.Name} on the same rows, {seeds} seed{(seeds == 1 ? "" : "s")} ({scores[0].Setting}): {(data.Test is null ? "validation" : "test")} AUC {auc.Mean:F5}{Deviation(auc)}, log-loss {loss.Mean:F5}{Deviation(loss)}. `consort baseline --against` sets runs beside it with intervals.");

        string Deviation(Replicates of) => seeds == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" (sd {of.Deviation:F5})");
    }
}
