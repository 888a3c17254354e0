using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Strategies;
using Consort.Models;
using Consort.Serving;
using Consort.Synthetic;

namespace OwnModel;

/// <summary>What the walk came to.</summary>
/// <param name="Auc">On the test split.</param>
/// <param name="Ceiling">What the true click probabilities give there.</param>
/// <param name="Probability">Of the first impression, by the package.</param>
public sealed record WalkResult(double Auc, double Ceiling, double Probability);

/// <summary>The whole way with a model and a strategy that Consort does not bring along: named in YAML, trained, packed, scored.</summary>
public static class Walk
{
    private const string Yaml = """
        data: { schema: criteo, source: clicks.tsv, by: seed, cache: encoded }
        embedding: { dimension: 8 }
        members:
          - { model: PooledTower, hidden_units: [32], count: 2 }
        training: { batch_size: 512, epochs: 2, learning_rate: 0.005 }
        strategy: { name: bold, click_weight: 2 }
        """;

    /// <summary>What files may name: all that comes along, and one's own.</summary>
    public static Catalogues Names { get; } = Catalogues.Default
        .With(ModelCatalogue.All.With("PooledTower", "a tower over the mean of each embedding", "-", PooledTower.Options))
        .With(StrategyCatalogue.All.With("bold", "labels alone, and clicks count for more", "-", BoldOptions.Options,
            options => new BoldLabels(options)));

    /// <summary>Goes it in an empty folder.</summary>
    public static WalkResult Run(string folder, CancellationToken cancellation)
    {
        var clicks = Path.Combine(folder, "clicks.tsv");
        SyntheticClicks.Write(clicks, 20_000, new SyntheticOptions { Seed = 1 }, threads: 2, null, cancellation);
        var file = Path.Combine(folder, "own.yaml");
        File.WriteAllText(file, Yaml);

        var experiment = Experiment.Load(file, catalogues: Names);
        var run = ExperimentRunner.Run(new RunRequest(experiment, Path.Combine(folder, "run"), Threads: 2), cancellation);
        var package = Path.Combine(folder, "own.consort");
        RunPacker.Pack(new PackRequest(run.Folder, package, Threads: 2) { Catalogues = Names }, cancellation);

        using var scorer = Scorer.Load(package, catalogues: Names);
        var impression = scorer.NewImpression();
        var values = File.ReadLines(clicks).First().Split('\t');
        for (var field = 0; field < scorer.Fields.Count; field++)
            impression.Set(field, values[field + 1]);
        var test = run.Training.Test!;
        return new WalkResult(test.Metrics.Ensemble.Auc, test.Ceiling!.Auc, scorer.Score(impression));
    }
}
