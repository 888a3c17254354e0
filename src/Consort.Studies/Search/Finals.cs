using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Studies.Baselines;

namespace Consort.Studies.Search;

/// <summary>What the final runs came to, of as many seeds as there was time for.</summary>
internal sealed record FinalResult(int Seeds, TunedSetting Start, TunedSetting Best, OptionTree BestOptions,
    IReadOnlyList<TunedSetting> Settings, Comparison? Auc, Comparison? LogLoss);

/// <summary>The start or one of the best of a search.</summary>
/// <param name="Name"><c>start</c>, or the trial.</param>
/// <param name="Values">Of what is searched.</param>
/// <param name="Options">All options.</param>
internal sealed record FinalSetting(string Name, OptionTree[] Values, OptionTree Options);

/// <summary>What a setting came to with a seed.</summary>
/// <param name="Score">On the validation rows that the search has seen.</param>
/// <param name="Kept">What it says of those that it has not.</param>
/// <param name="TestAuc">On the test rows; null where there are none.</param>
internal sealed record FinalRun(double Score, RowLogits Kept, double? TestAuc);

/// <summary>
/// The start and the best of a search, trained with seeds that the search has not used: the mean over these seeds on the rows that it has
/// seen decides which is best, and rows that it has not seen say by how much.
/// </summary>
/// <param name="limits">How far the search goes.</param>
/// <param name="space">What was searched.</param>
/// <param name="first">The first of the seeds.</param>
/// <param name="log">What was tried.</param>
/// <param name="finish">Learns by a setting with a seed.</param>
internal sealed class Finals(ISearchLimits limits, SearchSpace space, ulong first, SearchLog log,
    Func<FinalSetting, ulong, CancellationToken, FinalRun> finish)
{
    /// <summary>Trains them.</summary>
    public FinalResult Run(CancellationToken cancellation)
    {
        FinalSetting[] settings = [SettingOf("start", space.ValuesOf(space.Start)),
            .. Halving.Ranked(log.Trials).Where(t => t.Number > 0).Take(limits.Finalists)
                .Select(t => SettingOf(NameOf(t), SearchRuns.ValuesOf(t)))];
        (int Setting, ulong Seed)[] work = [.. Enumerable.Range(0, limits.Seeds)
            .SelectMany(s => settings.Select((_, i) => (i, first + (ulong)s)))];
        var outcomes = new FinalRun?[work.Length];
        var next = -1;
        SideBySide.Run(limits.Jobs, stop =>
        {
            var place = Interlocked.Increment(ref next);
            // A further seed of all is begun while there is time: comparisons need the same seeds of all.
            if (place >= work.Length || (place >= settings.Length && limits.Minutes * 60 <= log.Seconds))
                return false;
            var (i, seed) = work[place];
            var run = outcomes[place] = finish(settings[i], seed, stop);
            limits.Progress?.Invoke(string.Create(CultureInfo.InvariantCulture, $"final: {settings[i].Name}, seed {seed}: {run.Score:F5}"));
            return true;
        }, cancellation);
        var seeds = Array.FindIndex([.. outcomes, null], o => o is null) / settings.Length;
        var left = work.Skip(seeds * settings.Length).Where((_, i) => outcomes[seeds * settings.Length + i] is not null).ToArray();
        if (left.Length > 0)
            limits.Notice?.Invoke($"not in the table, as not all settings have come to that seed: {string.Join("; ",
                left.Select(w => string.Create(CultureInfo.InvariantCulture, $"{settings[w.Setting].Name}, seed {w.Seed}")))}");
        FinalRun[][] by = [.. settings.Select((_, i) =>
            Enumerable.Range(0, seeds).Select(s => outcomes[s * settings.Length + i]!).ToArray())];
        TunedSetting[] tuned = [.. settings.Select((s, i) => Of(s, by[i]))];
        // The first of equals: nothing is changed for nothing.
        var best = Enumerable.Range(0, tuned.Length).MaxBy(i => tuned[i].Score);
        var (auc, loss) = best == 0 ? (null, null) : Compare(by[best], by[0]);
        return new FinalResult(seeds, tuned[0], tuned[best], settings[best].Options, [.. tuned.OrderByDescending(t => t.Score)], auc, loss);
    }

    private static string NameOf(SearchTrial trial) => string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number}");

    private FinalSetting SettingOf(string name, OptionTree[] values) =>
        new(name, values, name == "start" ? space.Start : space.At(values));

    private TunedSetting Of(FinalSetting setting, FinalRun[] seeds)
    {
        var kept = Array.ConvertAll(seeds, s => SplitLabels.Measure(s.Kept));
        return new TunedSetting(setting.Name,
            space.Dimensions.Index().ToDictionary(d => d.Item.Path, d => setting.Values[d.Index].ToString()),
            seeds.Average(s => s.Score), kept.Average(m => m.Auc), kept.Average(m => m.LogLoss), seeds.Average(s => s.TestAuc),
            new Replicates([.. kept.Select(m => m.Auc)]).Deviation);
    }

    // Of the AUC with one error for new seeds and new rows.
    private static (Comparison? Auc, Comparison? LogLoss) Compare(FinalRun[] best, FinalRun[] start)
    {
        var labels = start[0].Kept.Labels;
        var clicks = labels.Count(y => y == 1);
        if (clicks < 2 || labels.Length - clicks < 2)
            return (null, null);
        var rows = new RowDifferences(labels, null, start[0].Kept.Weights);
        for (var seed = 0; seed < best.Length; seed++)
            rows.Add(best[seed].Kept.Logits, start[seed].Kept.Logits);
        var auc = rows.Auc();
        var seeds = best.Length < 2 ? null : Replicates.Compare(Aucs(best), Aucs(start));
        return (Comparison.Joint(auc.Difference, seeds, auc), rows.LogLoss(seed: 1));

        static Replicates Aucs(FinalRun[] seeds) => new([.. seeds.Select(s => SplitLabels.Measure(s.Kept).Auc)]);
    }
}
