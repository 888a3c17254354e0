using System.Diagnostics;
using System.Globalization;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Foundation.Options;
using Consort.Learning.Runs;

namespace Consort.Studies.Recipes.Daily;

/// <summary>
/// A model with one seed on its way through the days. Each day's model is a run folder of its own, which keeps what it came to on the next
/// day: what is there already is not made again, and what was stopped goes on.
/// </summary>
internal sealed class DailyPass(
    RecipeRequest request, RecipeRun first, IReadOnlyList<string> days, Func<IEnumerable<string>, OptionTree> experiment, int threads,
    IRecipeProgress? progress, CancellationToken cancellation)
{
    /// <summary>Scores each day but the first by the model of the days before.</summary>
    public IReadOnlyList<DailyScore> Run(DailyWay way)
    {
        var scores = new List<DailyScore>();
        var model = new RunFolder(request.RunFolder(first.Name));
        for (var day = 1; day < days.Count; day++)
        {
            cancellation.ThrowIfCancellationRequested();
            var seconds = 0.0;
            var before = model;
            if (day == 1)
                seconds = Train(model, first.Options);
            else if (way != DailyWay.Never)
                model = new RunFolder(request.RunFolder(string.Create(
                    CultureInfo.InvariantCulture, $"{first.Row}-seed{first.Seed}-{way.Name}-{day:D3}")));
            if (DailyScore.Read(model, day) is not { } score)
            {
                if (day > 1 && way.GoesOn)
                    seconds = Update(way, before, model, days[day - 1]);
                else if (day > 1 && way != DailyWay.Never)
                    seconds = Train(model, experiment(way == DailyWay.All ? days.Take(day) : days.Skip(day - 1).Take(1)));
                score = Score(model, days[day], seconds);
                score.Write(model, day);
                progress?.Keep(string.Create(CultureInfo.InvariantCulture,
                    $"{first.Row}, seed {first.Seed}, {way.Text}: day {day + 1} of {days.Count}, AUC {score.Score.Auc:F5}, {score.Seconds:F1} s"));
            }

            scores.Add(score);
        }

        return scores;
    }

    private double Train(RunFolder folder, OptionTree options)
    {
        var setting = Experiment.From(options, request.Data, first.Seed, request.Precision, catalogues: request.Catalogues);
        if (File.Exists(folder.Metrics))
            return RunIdentity.IsOf(folder, setting, threads, cancellation) ? 0 : throw new ConsortException(
                $"{folder.Path}: holds a run of another setting or other data; name another folder with --out, or delete it");
        var clock = Stopwatch.StartNew();
        ExperimentRunner.Run(
            new RunRequest(setting, folder.Path, threads, File.Exists(folder.LastCheckpoint), progress?.Encoding, progress?.Training),
            cancellation);
        return clock.Elapsed.TotalSeconds;
    }

    private double Update(DailyWay way, RunFolder before, RunFolder folder, string day)
    {
        var clock = Stopwatch.StartNew();
        RunUpdater.Update(
            new UpdateRequest(before.Path, [day], folder.Path, threads)
            {
                Options = new UpdateOptions
                {
                    Rate = request.TuningRate,
                    Growth = new() { MaxAge = way == DailyWay.Evicting ? DailyWay.MaxAge : 0 },
                },
                Resume = folder.HasTrained,
                Catalogues = request.Catalogues,
                Encoding = progress?.Encoding,
                Training = progress?.Training,
            },
            cancellation);
        return clock.Elapsed.TotalSeconds;
    }

    private DailyScore Score(RunFolder folder, string day, double seconds)
    {
        using var run = new FinishedRun(folder.Path, threads, catalogues: request.Catalogues);
        return new DailyScore(DayScore.Of(run.Measure(day, null, cancellation)), seconds, run.Encoder.Space.Features);
    }
}
