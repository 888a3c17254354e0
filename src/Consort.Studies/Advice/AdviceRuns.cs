using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Studies.Baselines;
using Consort.Studies.Recipes;

namespace Consort.Studies.Advice;

/// <summary>A way with what it says of the test rows.</summary>
internal sealed record Tried(AdviceLine Line, RowLogits Rows, RowLogits Valid)
{
    /// <summary>With what it takes to score a row.</summary>
    public Tried At(double microseconds) => this with { Line = Line with { MicrosecondsPerRow = microseconds } };
}

/// <summary>Trains what is to be compared, each in a time of its own; what has finished before is not repeated.</summary>
internal sealed class AdviceRuns(AdviceRequest request, EncodedDataset data)
{
    private readonly SplitLabels _valid = SplitLabels.Of(data.Valid!);
    private readonly SplitLabels _test = SplitLabels.OfTest(data);

    /// <summary>Trains an experiment, or as much of it as there is time for.</summary>
    /// <param name="name">What it is; its run lies in a folder of that name.</param>
    /// <param name="options">The experiment.</param>
    /// <param name="time">That it may take.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Without its cost; null where the time was over before its first evaluation.</returns>
    public Tried? Train(string name, OptionTree options, TimeSpan time, CancellationToken cancellation)
    {
        var run = new RunFolder(FolderOf(name));
        var experiment = Experiment.From(
            options.With("name", name), Directory.GetCurrentDirectory(), catalogues: request.Experiment.Catalogues);
        var isCut = false;
        if (!File.Exists(run.Metrics))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(time);
            try
            {
                ExperimentRunner.Run(
                    new RunRequest(experiment, run.Path, request.Threads, Resume: File.Exists(run.LastCheckpoint)), limit.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                isCut = true;
                if (!experiment.Phases.Select(p => run.BestCheckpoint(p.Name)).Any(File.Exists))
                    return null;
            }
        }

        using var finished = new FinishedRun(run.Path, request.Threads, catalogues: experiment.Catalogues);
        var test = Score(finished, data.Test ?? data.Valid!, cancellation);
        var valid = data.Test is null ? test : Score(finished, data.Valid!, cancellation);
        return Of(name, run.Path, valid, test, micros: 0, RunSummary.Find(run)?.Seconds ?? time.TotalSeconds, isCut);
    }

    /// <summary>Learns a baseline.</summary>
    public Tried Learn(IBaseline baseline, CancellationToken cancellation)
    {
        var scores = baseline.Fit(data, seed: 1, request.Threads, cancellation);
        return Of(baseline.Name, null, scores.Valid, scores.Test ?? scores.Valid, scores.MicrosecondsPerRow, scores.Seconds, isCut: false);
    }

    /// <summary>The average of several: it costs what all of them cost.</summary>
    public Tried Average(string name, IReadOnlyList<Tried> members) => Of(
        name, null, BaselineStudy.Mean([.. members.Select(m => m.Valid)]).Logits,
        BaselineStudy.Mean([.. members.Select(m => m.Rows)]).Logits,
        members.Sum(m => m.Line.MicrosecondsPerRow), members.Sum(m => m.Line.Seconds), members.Any(m => m.Line.IsCut));

    /// <summary>What each run takes to score a row, in microseconds.</summary>
    public double[] Cost(IReadOnlyList<string> runs, CancellationToken cancellation) =>
        RowCost.Of(runs, data.Test ?? data.Valid!, request.Experiment.Catalogues, cancellation);

    private Tried Of(string name, string? run, float[] valid, float[] test, double micros, double seconds, bool isCut)
    {
        var (rows, chosen) = (_test.With(test), _valid.With(valid));
        var metrics = SplitLabels.Measure(rows);
        return new Tried(
            new AdviceLine(name, run, SplitLabels.Measure(chosen).Auc, metrics.Auc, metrics.LogLoss, micros, seconds, isCut), rows, chosen);
    }

    private string FolderOf(string name) => Path.Combine(request.Folder, name.Replace(' ', '-').Replace(",", "", StringComparison.Ordinal));

    private static float[] Score(FinishedRun run, EncodedSplit split, CancellationToken cancellation)
    {
        var (logits, at) = (new float[split.Rows], 0);
        run.Read(split, batch =>
        {
            foreach (var logit in batch.EnsembleLogits())
                logits[at++] = (float)logit;
        }, cancellation);
        return logits;
    }
}
