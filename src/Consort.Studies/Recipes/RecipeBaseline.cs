using System.Globalization;
using Consort.Experiments.Files;
using Consort.Learning.Evaluation;
using Consort.Studies.Baselines;
using Consort.Studies.Search;

namespace Consort.Studies.Recipes;

/// <summary>What one would pick instead of a recipe's models, on the same rows and as many seeds.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Setting">How it was made, in a few words.</param>
/// <param name="Split">The rows that it is measured on: <c>test</c> or <c>validation</c>.</param>
/// <param name="Rows">What it says of them, one a seed.</param>
/// <param name="Seconds">Of learning, one a seed.</param>
internal sealed record RecipeBaseline(
    string Name, string Setting, string Split, IReadOnlyList<RowLogits> Rows, IReadOnlyList<double> Seconds)
{
    /// <summary>Learns what is asked for: as it is and, where there is time for a search, tuned.</summary>
    /// <exception cref="ConsortException">It is not to be had on this machine, or refuses the rows.</exception>
    public static IReadOnlyList<RecipeBaseline> Learn(
        RecipeRequest request, Experiment experiment, int threads, IRecipeProgress? progress, CancellationToken cancellation)
    {
        if (request.Baseline is not { } baseline)
            return [];
        var found = new List<RecipeBaseline> { Learned(baseline, baseline.Name) };
        if (request.BaselineMinutes is { } minutes)
        {
            var searched = baseline as ISearchedBaseline
                ?? throw new ConsortException($"--baseline-minutes: found {baseline.Name}, which has nothing to search");
            var (best, result) = BaselineSearch.Run(
                new BaselineSearchRequest(searched, experiment, Path.Combine(request.Folder, "baseline"), threads)
                {
                    Minutes = minutes,
                    Encoding = progress?.Encoding,
                    Progress = progress is null ? null : progress.Keep,
                    Notice = progress is null ? null : progress.Keep,
                }, cancellation);
            var tuned = Learned(best, $"{baseline.Name}, tuned");
            var trials = string.Create(CultureInfo.InvariantCulture, $"of {result.Trials} trial{(result.Trials == 1 ? "" : "s")}");
            found.Add(tuned with
            {
                Setting = result.Best == result.Start ? $"{tuned.Setting}; none {trials} was better than the start"
                    : $"{tuned.Setting}; the best {trials}",
            });
        }

        return found;

        RecipeBaseline Learned(IBaseline one, string name)
        {
            using var data = experiment.Data!.Open(threads, progress?.Encoding, cancellation).Dataset;
            var test = SplitLabels.OfTest(data);
            var scores = new List<BaselineScores>();
            for (var seed = 1; seed <= request.Seeds; seed++)
            {
                progress?.Keep(string.Create(CultureInfo.InvariantCulture, $"{name}, seed {seed}/{request.Seeds}"));
                scores.Add(one.Fit(data, (ulong)seed, threads, cancellation));
            }

            return new RecipeBaseline(name, scores[0].Setting, data.Test is null ? "validation" : "test",
                [.. scores.Select(s => test.With(s.Test ?? s.Valid))], [.. scores.Select(s => s.Seconds)]);
        }
    }

    /// <summary>"LightGBM on the same rows, 3 seeds (212 trees): test AUC 0.71234 (sd 0.00012), log-loss 0.47123 (sd 0.00010)".</summary>
    public string Words
    {
        get
        {
            var measured = Rows.Select(SplitLabels.Measure).ToList();
            Experiments.Statistics.Replicates auc = new([.. measured.Select(m => m.Auc)]), loss = new([.. measured.Select(m => m.LogLoss)]);
            return string.Create(CultureInfo.InvariantCulture,
                $"{Name} on the same rows, {Rows.Count} seed{(Rows.Count == 1 ? "" : "s")} ({Setting}): {Split} AUC {auc.Mean:F5}{Deviation(auc)}, log-loss {loss.Mean:F5}{Deviation(loss)}");
        }
    }

    private string Deviation(Experiments.Statistics.Replicates of) =>
        Rows.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" (sd {of.Deviation:F5})");
}
