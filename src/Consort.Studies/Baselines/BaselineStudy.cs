using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Experiments.Updating;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;

namespace Consort.Studies.Baselines;

/// <summary>A baseline on the rows of an experiment, beside finished runs.</summary>
/// <param name="Baseline">What it is.</param>
/// <param name="Experiment">Names the rows; its members are not trained.</param>
/// <param name="Threads">At least 1.</param>
public sealed record BaselineRequest(IBaseline Baseline, Experiment Experiment, int Threads)
{
    /// <summary>At least 1, from 1 up.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Folders of finished runs on the same rows.</summary>
    public IReadOnlyList<string> Against { get; init; } = [];

    /// <summary>Where the logits of the first seed are kept, as a run keeps those of its test rows; null for nowhere.</summary>
    public string? Logits { get; init; }

    /// <summary>Told about encoding, or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }

    /// <summary>Told lines that the user should see, or null.</summary>
    public Action<string>? Notice { get; init; }
}

/// <summary>A baseline with one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Valid">On the validation rows, which chose how it was made.</param>
/// <param name="Test">On the test rows, or on the validation rows where there are no others.</param>
/// <param name="Setting">How it was made.</param>
/// <param name="Seconds">Of learning.</param>
/// <param name="MicrosecondsPerRow">Of scoring.</param>
public sealed record BaselineSeed(ulong Seed, Metrics Valid, Metrics Test, string Setting, double Seconds, double MicrosecondsPerRow);

/// <summary>A run beside a baseline, on the same test rows.</summary>
/// <param name="Run">Its folder.</param>
/// <param name="Auc">Its AUC.</param>
/// <param name="LogLoss">Its log-loss.</param>
/// <param name="ToBaseline">Its AUC minus that of the baseline, averaged over its seeds row by row.</param>
/// <param name="LogLossToBaseline">Likewise of the log-loss.</param>
/// <param name="Together">The AUC of the mean of both logits.</param>
/// <param name="TogetherToRun">Together minus the run.</param>
public sealed record BesideBaseline(string Run, double Auc, double LogLoss, Comparison? ToBaseline, Comparison? LogLossToBaseline,
    double Together, Comparison? TogetherToRun);

/// <summary>What a baseline came to.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Seeds">One a seed.</param>
/// <param name="Runs">The runs beside it.</param>
public sealed record BaselineResult(string Name, IReadOnlyList<BaselineSeed> Seeds, IReadOnlyList<BesideBaseline> Runs)
{
    /// <summary>The groups of the test rows, which intervals keep together; null without a field of kind group.</summary>
    public int? Groups { get; init; }

    /// <summary>AUC over seeds.</summary>
    public Replicates Auc => new([.. Seeds.Select(s => s.Test.Auc)]);

    /// <summary>Log-loss over seeds.</summary>
    public Replicates LogLoss => new([.. Seeds.Select(s => s.Test.LogLoss)]);
}

/// <summary>Sets a baseline beside finished runs.</summary>
public static class BaselineStudy
{
    /// <summary>Learns with each seed, and compares.</summary>
    /// <exception cref="ConsortException">The baseline is not to be had, a run is none or has other rows.</exception>
    public static BaselineResult Run(BaselineRequest request, CancellationToken cancellation)
    {
        foreach (var run in request.Against) // what cannot be compared is refused before anything is learned
            if (!File.Exists(new RunFolder(run).Metrics))
                throw new ConsortException($"--against {run}: found no finished run there, expected a folder that `consort train --out` has written");
        using var data = request.Experiment.Data!.Open(request.Threads, request.Encoding, cancellation).Dataset;
        foreach (var run in request.Against.Where(r => !IsUpdate(r, request)))
            if (RunData.Read(new RunFolder(run))?.OtherRows(data) is { } other)
                throw new ConsortException($"--against {run}: was trained on other rows than the experiment {request.Experiment.Name} names: {other}; expected a run on the same rows");
        if (data.Train.Clicks == 0 || data.Train.Clicks == data.Train.Rows)
            throw new ConsortException($"training rows: found {data.Train.Clicks} clicks among {data.Train.Rows}, expected rows with and without");
        var (valid, test) = (SplitLabels.Of(data.Valid!), SplitLabels.OfTest(data));
        var (seeds, rows) = (new List<BaselineSeed>(), new List<RowLogits>());
        for (var seed = 1UL; seed <= (ulong)request.Seeds; seed++)
        {
            var scores = request.Baseline.Fit(data, seed, request.Threads, cancellation);
            rows.Add(test.With(scores.Test ?? scores.Valid));
            seeds.Add(new BaselineSeed(seed, SplitLabels.Measure(valid.With(scores.Valid)), SplitLabels.Measure(rows[^1]), scores.Setting,
                scores.Seconds, scores.MicrosecondsPerRow));
        }

        if (request.Logits is { } file)
            rows[0].Save(file);
        var groups = request.Against.Count == 0 ? null : TestRows.Groups(data);
        return new BaselineResult(request.Baseline.Name, seeds,
            [.. request.Against.Select(run => Beside(run, rows, groups, data.SplitText, request, cancellation))])
        { Groups = groups?.Distinct().Count() };
    }

    /// <summary>Logits of runs minus those of others on the same rows, seed by seed; null where rows cannot tell.</summary>
    internal static (Comparison Auc, Comparison LogLoss)? Compare(
        IReadOnlyList<RowLogits> first, IReadOnlyList<RowLogits> second, IReadOnlyList<int>? groups = null)
    {
        var labels = first[0].Labels;
        var clicks = labels.Count(y => y == 1);
        if (clicks < 2 || labels.Length - clicks < 2)
            return null;
        var differences = new RowDifferences(labels, groups, first[0].Weights);
        for (var seed = 0; seed < Math.Max(first.Count, second.Count); seed++)
            differences.Add(first[seed % first.Count].Logits, second[seed % second.Count].Logits);
        return (differences.Auc(), differences.LogLoss(seed: 1));
    }

    /// <summary>The mean of logits, row by row.</summary>
    internal static RowLogits Mean(IReadOnlyList<RowLogits> rows) => rows[0] with
    {
        Logits = [.. Enumerable.Range(0, rows[0].Logits.Length).Select(i => (float)rows.Average(r => (double)r.Logits[i]))],
    };

    private static BesideBaseline Beside(string run, List<RowLogits> baseline, IReadOnlyList<int>? groups, string split,
        BaselineRequest request, CancellationToken cancellation)
    {
        var own = RowsOf(run, baseline[0].Labels, split, request, cancellation);
        var together = Mean([own, Mean(baseline)]);
        var (metrics, difference) = (SplitLabels.Measure(own), Compare([own], baseline, groups));
        return new BesideBaseline(run, metrics.Auc, metrics.LogLoss, difference?.Auc, difference?.LogLoss,
            SplitLabels.Measure(together).Auc, Compare([together], [own], groups)?.Auc);
    }

    private static RowLogits RowsOf(string run, float[] labels, string split, BaselineRequest request, CancellationToken cancellation)
    {
        var rows = IsUpdate(run, request) ? OfUpdate(run, request.Experiment.Data!.Split!, split, request, cancellation) : Own();
        return rows.Labels.AsSpan().SequenceEqual(labels) ? rows
            : throw new ConsortException($"--against {run}: found {rows.Labels.Length:N0} test rows that are not those of the experiment ({labels.Length:N0}), expected the same in the same order");

        RowLogits Own()
        {
            TestRows.Keep(new RunFolder(run), null, request.Threads, cancellation, request.Experiment.Catalogues);
            return RowLogits.Load(TestRows.PathOf(run));
        }
    }

    private static bool IsUpdate(string run, BaselineRequest request) =>
        request.Experiment.Data!.Split is not null && UpdateRecord.Read(run) is not null;

    // An update's own test rows are of its day: it scores those of the experiment, by the encoder that has grown.
    private static RowLogits OfUpdate(string run, SplitPlan plan, string split, BaselineRequest request, CancellationToken cancellation)
    {
        // Dealt otherwise, some of what it was trained on may be test rows here.
        foreach (var (file, by) in plan.Files.Select(f => (f, By: SeenRows.By(run, f))))
            if (by is not null && RunData.Read(new RunFolder(by))?.Split != split)
                request.Notice?.Invoke($"{file}: holds rows that {by} was trained on, dealt otherwise than here: {run} may look better than it is");
        using var finished = new FinishedRun(run, request.Threads, catalogues: request.Experiment.Catalogues);
        using var data = request.Experiment.Data!.EncodedBy(finished.Encoder).Open(request.Threads, request.Encoding, cancellation).Dataset;
        return TestRows.Of(finished, data, cancellation);
    }
}
