using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Monitor = Consort.Learning.Training.Monitor;

namespace Consort.Studies.Search;

/// <summary>
/// Trains settings of a search. Half of the validation rows are kept from training and search: what is chosen by the one half is measured
/// on the other.
/// </summary>
internal sealed class SearchRuns(TuneRequest request, SearchSpace space, int threads)
{
    /// <summary>The half of the validation rows that is kept.</summary>
    public const int Kept = 2;

    private static readonly OptionTree LeaveOut = OptionTree.List(Kept, 2);

    /// <summary>Trains a trial as far as a rung, going on from what it has.</summary>
    /// <exception cref="ConsortException">It cannot be trained, or diverges.</exception>
    public Rung Train(SearchTrial trial, int epochs, CancellationToken cancellation)
    {
        var run = new RunFolder(FolderOf(trial));
        var experiment = Read(space.At(ValuesOf(trial)), Text($"trial {trial.Number}"), epochs, null);
        var result = Run(experiment, run, trial.Number == 0 ? request.Notice : null, cancellation).Training;
        var valid = result.Valid.Metrics;
        return new Rung(epochs, ScoreOf(experiment.Training.Monitor, valid), valid.Ensemble.Auc, valid.Ensemble.LogLoss, result.Seconds,
            IsOver: result.Epochs.Select(e => e.Epoch).DefaultIfEmpty(0).Max() < epochs);
    }

    /// <summary>Trains a setting with a seed to its end, unless that has been done, and scores the validation rows kept aside.</summary>
    public FinalRun Finish(
        string name, OptionTree options, ulong seed, int epochs, EncodedSplit valid, CancellationToken cancellation)
    {
        var run = new RunFolder(Path.Combine(request.Folder, "finals", Text($"{name}-seed{seed}")));
        var experiment = Read(options, Text($"{name}, seed {seed}"), epochs, seed);
        var result = Run(experiment, run, null, cancellation).Training;
        using var finished = new FinishedRun(run.Path, threads, catalogues: request.Experiment.Catalogues);
        return new FinalRun(ScoreOf(experiment.Training.Monitor, result.Valid.Metrics), KeptRows(finished, valid, cancellation),
            result.Test?.Metrics.Ensemble.Auc);
    }

    /// <summary>An experiment ready to train: all validation rows choose its weights.</summary>
    public OptionTree Ready(OptionTree options)
    {
        var own = request.Experiment.Options;
        return options.With("name", $"{own.TextAt("name")}, tuned");
    }

    /// <summary>Removes what trials have left: their scores are kept.</summary>
    public void Clear()
    {
        var folder = Path.Combine(request.Folder, "trials");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>The values of a trial.</summary>
    public static OptionTree[] ValuesOf(SearchTrial trial) => [.. trial.Values.Select(v => OptionTree.Parse(v))];

    private string FolderOf(SearchTrial trial) => Path.Combine(request.Folder, "trials", Text($"{trial.Number:0000}"));

    private RunResult Run(Experiment experiment, RunFolder run, Action<string>? notice, CancellationToken cancellation) =>
        ExperimentRunner.Run(
            new RunRequest(experiment, run.Path, threads, Resume: File.Exists(run.LastCheckpoint)) { IsAlone = false, Notice = notice },
            cancellation);

    private Experiment Read(OptionTree options, string name, int epochs, ulong? seed)
    {
        var own = options.With("name", name).With("training.valid_leave_out", LeaveOut);
        if (own.Find("phases") is null)
            own = own.With("training.epochs", epochs);
        return Experiment.From(own, Directory.GetCurrentDirectory(), seed, catalogues: request.Experiment.Catalogues);
    }

    private static double ScoreOf(Monitor monitor, ConsortMetrics valid) => monitor switch
    {
        Monitor.LogLoss => -valid.Ensemble.LogLoss,
        Monitor.MemberAuc => valid.Members.Average(m => m.Auc),
        Monitor.GroupAuc => valid.Ensemble.GroupAuc ?? double.NaN,
        _ => valid.Ensemble.Auc,
    };

    private static RowLogits KeptRows(FinishedRun run, EncodedSplit valid, CancellationToken cancellation)
    {
        var (labels, logits, weights, row) = (new List<float>(), new List<float>(), new List<float>(), 0L);
        run.Read(valid, batch =>
        {
            var y = batch.Labels();
            var z = batch.EnsembleLogits();
            var w = batch.Weights();
            for (var i = 0; i < y.Length; i++, row++)
            {
                if (LeftOut.PartOf(row, 2) != Kept)
                    continue;
                labels.Add((float)y[i]);
                logits.Add((float)z[i]);
                if (valid.Space.HasWeights)
                    weights.Add((float)w[i]);
            }
        }, cancellation);
        return new RowLogits([.. labels], [.. logits], []) { Weights = valid.Space.HasWeights ? [.. weights] : null };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
