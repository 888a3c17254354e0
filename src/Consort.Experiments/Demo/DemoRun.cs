using System.Diagnostics;
using System.Text;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Learning.Training;
using Consort.Synthetic;

namespace Consort.Experiments.Demo;

/// <summary>Who is told how the demonstration goes.</summary>
internal interface IDemoProgress
{
    /// <summary>A part of the work begins.</summary>
    void Begin(string part);

    /// <summary>Told about synthetic rows written so far.</summary>
    IProgress<long>? Rows { get; }

    /// <summary>Told about encoding.</summary>
    IProgress<EncodeProgress>? Encoding { get; }

    /// <summary>Told about training.</summary>
    IProgress<TrainingProgress>? Training { get; }
}

/// <summary>
/// The whole path once, on clicks whose truth is known: raw log → encoded rows → four tuned models on their own → one taught by the four,
/// beside the same by labels alone → the four teaching each other → a knowledge-driven ensemble beside a plain one → one table. Every step
/// is an ordinary experiment whose file is left for the user to change and run again.
/// </summary>
internal static class DemoRun
{
    private const string Marker = ".consort-demo", Writer = "writer";

    private static readonly string[] Models = ["DeepFM", "DCN", "DNN", "PNN"];

    // Many rare tokens that carry effects, as advertising logs have them.
    private static readonly SyntheticOptions Clicks = new() { CardinalityScale = 0.1, Zipf = 1.05, Head = 300 };

    /// <summary>Runs the demonstration.</summary>
    /// <exception cref="ConsortException">The folder holds something else, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static DemoResult Run(DemoOptions options, IDemoProgress? progress, CancellationToken cancellation)
    {
        options.Validate();
        var clock = Stopwatch.StartNew();
        var folder = Path.GetFullPath(options.Folder);
        CheckFolder(folder);
        using var claim = Foundation.Files.Claim.Take(folder, Path.Combine(folder, Writer), "name another folder with --out");
        Empty(folder);
        var clicks = Path.Combine(folder, "clicks.tsv");
        progress?.Begin($"writing {options.Rows:N0} impressions to {clicks}");
        SyntheticClicks.Write(clicks, options.Rows, Clicks with { Seed = options.Seed }, options.Threads,
            progress?.Rows, cancellation);

        var singles = new List<(string Name, RunResult Result)>();
        foreach (var model in Models)
        {
            var name = model.ToLowerInvariant();
            singles.Add((model, Train(name, DemoFiles.Single(model, options.Seed), $"training {model} on its own")));
        }

        var from = singles.Select(s => Path.Combine("runs", s.Name.ToLowerInvariant())).ToList();
        var averaged = Train("independent", DemoFiles.Independent(Models, from, options.Seed), "averaging the four as they are");
        var control = Train(
            "control", DemoFiles.Control(Models[0], options.Seed), $"training {Models[0]} by labels alone as the taught one is");
        var taught = Train("taught", DemoFiles.Taught(Models[0], from, options.Seed), $"teaching {Models[0]} by the four");
        var mutual = Train("mutual", DemoFiles.Mutual(Models, from, options.Seed), "fine-tuning the four mutually");
        var mean = Train("mean", DemoFiles.Ensemble("mean", options.Seed), "training a plain mean ensemble");
        var kdef = Train("kdef", DemoFiles.Ensemble("kdef", options.Seed), "training a knowledge-driven ensemble");

        var baseAuc = singles.Average(s => Test(s.Result).Ensemble.Auc);
        progress?.Begin("comparing them row by row");
        var known = new Dictionary<string, RowLogits>();
        var alone = Logits(singles[0].Result);
        var rows = new List<DemoRow>();
        for (var member = 0; member < Models.Length; member++)
            rows.Add(Compared(Models[member], "independent", singles[member].Result));
        rows.Add(Compared(Models[0], "control: labels alone", control));
        rows.Add(Compared(Models[0], "taught by the four", taught));
        for (var member = 0; member < Models.Length; member++)
            rows.Add(Row(Models[member], "mutual fine-tuning", Test(mutual).Members[member], [], baseAuc));
        rows.Add(Compared(DemoFiles.AveragedName, "independent", averaged));
        rows.Add(Compared(DemoFiles.AveragedName, "mutual fine-tuning", mutual));
        rows.Add(Compared(DemoFiles.StudentsName, "mean ensemble", mean));
        rows.Add(Compared(DemoFiles.StudentsName, "kdef", kdef));
        var report = Path.Combine(folder, "report.md");
        var ceiling = singles[0].Result.Training.Test!.Ceiling!;
        var kept = GainShare.Of(Logits(taught), Logits(averaged), [alone])?.Share;
        var one = new DemoTaught(
            Models[0], Test(taught).Ensemble.Auc, Test(singles[0].Result).Ensemble.Auc, Test(averaged).Ensemble.Auc, kept);
        var result = new DemoResult(clock.Elapsed.TotalSeconds, ceiling, rows, one, folder, report);
        SafeFile.Write(report, stream => stream.Write(Encoding.UTF8.GetBytes(result.ToMarkdown())));
        return result;

        RunResult Train(string name, OptionTree experiment, string part)
        {
            progress?.Begin(part);
            var file = Path.Combine(folder, $"{name}.yaml");
            SafeFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(DemoFiles.Text(experiment))));
            var request = new RunRequest(
                Experiment.Load(file), Path.Combine(folder, "runs", name), options.Threads, Resume: false, progress?.Encoding,
                progress?.Training);
            return ExperimentRunner.Run(request, cancellation);
        }

        RowLogits Logits(RunResult run)
        {
            if (known.TryGetValue(run.Folder, out var logits))
                return logits;
            var kept = new RunFolder(run.Folder);
            TestRows.Keep(kept, data: null, options.Threads, cancellation);
            return known[run.Folder] = RowLogits.Load(kept.TestLogits);
        }

        DemoRow Compared(string name, string strategy, RunResult run)
        {
            var row = Row(name, strategy, Test(run).Ensemble, Test(run).Members.Count == 1 ? [] : Test(run).Members, baseAuc);
            return ReferenceEquals(run, singles[0].Result) ? row
                : row with { AboveAlone = DeLong.Compare(alone.Labels, Logits(run).Logits, alone.Logits) };
        }
    }

    private static ConsortMetrics Test(RunResult run) => run.Training.Test!.Metrics;

    private static DemoRow Row(string name, string strategy, Metrics metrics, IReadOnlyList<Metrics> members, double baseAuc) => new(
        name, strategy, Math.Max(1, members.Count), metrics.Auc, metrics.LogLoss, Metrics.RelaImp(metrics.Auc, baseAuc),
        members.Count == 0 ? [metrics.Auc] : [.. members.Select(m => m.Auc)]);

    // Only a folder that an earlier demonstration made is emptied.
    private static void CheckFolder(string folder)
    {
        if (Entries(folder).Any() && !File.Exists(Path.Combine(folder, Marker)))
            throw new ConsortException($"{folder}: holds files of something else, expected an empty folder or an earlier demonstration; name another with --out");
    }

    private static void Empty(string folder)
    {
        try
        {
            // The marker stays: what is half emptied is still an earlier demonstration.
            File.WriteAllText(Path.Combine(folder, Marker), "made by `consort demo`; the next one replaces this folder\n");
            foreach (var entry in Entries(folder).Where(e => Path.GetFileName(e) != Marker).ToArray())
            {
                if (Directory.Exists(entry))
                    Directory.Delete(entry, recursive: true);
                else
                    File.Delete(entry);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(folder, e);
        }
    }

    private static IEnumerable<string> Entries(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFileSystemEntries(folder).Where(e => Path.GetFileNameWithoutExtension(e) != Writer)
        : [];
}
