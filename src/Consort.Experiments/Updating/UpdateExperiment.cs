using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>The experiment of an update: the run's, with one phase over the new rows in the place of its phases.</summary>
internal static class UpdateExperiment
{
    private const string PhaseName = "update";
    private const string Then = ", then ";

    /// <summary>The split of the new rows: some are held out; of clicks and others the run's shares stay.</summary>
    public static SplitPlan Split(UpdateRequest request, NegativeSample? sample, Experiment before) =>
        SplitPlan.BySeed([.. request.Data.Select(p => SourcePlace.IsFile(p) ? Path.GetFullPath(p) : p)], before.Training.Seed,
            1 - request.Options.HoldOut, request.Options.HoldOut, 0) with
        {
            Sample = sample,
        };

    /// <summary>The experiment.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="before">That of the run.</param>
    /// <param name="split">The new rows.</param>
    /// <param name="encoder">That has grown.</param>
    public static Experiment Of(UpdateRequest request, Experiment before, SplitPlan split, Encoder encoder)
    {
        var options = Experiment.From(Options(request, before, split), folder: null, catalogues: request.Catalogues);
        return options with
        {
            Data = new DataSource(DataSource.CacheOf(encoder.Schema, split, encoder), encoder.Schema, split, Environment.CurrentDirectory)
            {
                By = encoder,
                Sources = request.Catalogues.Of(SourceCatalogue.BuiltIn),
            },
        };
    }

    // Of a chain the first run's name and the last day's rows.
    private static string NameOf(string before, IReadOnlyList<string> rows)
    {
        var day = SourcePlace.IsFile(rows[0]) ? Path.GetFileName(rows[0]) : "a query";
        var first = before.Split(Then)[0];
        return $"{first}{Then}{day}{(rows.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {rows.Count - 1} more"))}";
    }

    private static OptionTree Options(UpdateRequest request, Experiment before, SplitPlan split)
    {
        var (tree, last) = (before.Options, before.Phases[^1]);
        var phase = (tree.ItemsAt("phases") is [.., var listed] ? listed : OptionTree.Keys(Phase.Options.Keys
            .Where(k => tree.Find($"training.{k}") is not null).Select(k => (k, tree[$"training.{k}"]))
            .Append(("strategy", tree["strategy"])))).Without("from", "teachers", "leave_out", "out_of_fold", "rows", "fresh_embeddings",
                "keep_optimizer")
            .With("name", PhaseName).With("epochs", request.Options.Epochs).With("patience", 0)
            .With("evaluate_first", request.Options.Epochs == 0).With("schedule", OptionTree.Keys(("name", "constant")))
            .With("learning_rate", request.Options.Rate ?? last.LearningRate)
            .With("batch_norm", request.Options.BatchNorm == NormStatistics.Stay ? "stay" : "follow");
        if (request.Options.BatchNormMomentum is { } momentum)
            phase = phase.With("batch_norm_momentum", momentum);
        if (last.Strategy.LearnsFromTeachers)
            phase = phase.With("strategy", OptionTree.Keys(("name", "supervised")));
        else if (last.Strategy.WarmEpochs(isFresh: true) > 0)
            phase = phase.With("strategy.warm_epochs", 0); // members have been trained
        var shares = OptionTree.List(split.TrainShare, split.ValidShare, split.TestShare);
        var data = OptionTree.Keys(("source", OptionTree.List(split.Files)), ("by", "seed"),
            ("seed", split.Seed.ToString(CultureInfo.InvariantCulture)), ("shares", shares));
        if (tree.Find("data.schema") is { } schema)
            data = data.With("schema", schema);
        if (request.Options.OovRate is { } masked)
            tree = tree.With("training.oov_rate", masked);
        // One epoch leaves nothing to choose from, and a day may have no click among the rows that are held out.
        if (request.Options.Epochs < 2)
            tree = tree.With("training.monitor", "logloss");
        return tree.Without(["strategy", .. Phase.Options.Keys.Select(k => $"training.{k}")]).With("data", data)
            .With("phases", OptionTree.List([phase])).With("name", NameOf(before.Name, request.Data));
    }
}
