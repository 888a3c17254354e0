using Consort.Foundation.Options;

namespace Consort.Experiments.Demo;

/// <summary>The experiments of the demonstration; each is left as an ordinary file that the user may change and run.</summary>
internal static class DemoFiles
{
    /// <summary>How the table calls the members of the two ensembles.</summary>
    public const string StudentsName = "4 × DNN, shared embeddings";

    private static readonly OptionTree Common = OptionTree.Parse("""
        name: to be named
        data:
          schema: { preset: criteo, min_count: 20 }
          source: clicks.tsv
          by: seed
          seed: 1
        embedding: { dimension: 8, shared: true, initial_deviation: 0.02 }
        members: to be named
        training:
          batch_size: 1024
          seed: 1
          embedding_update: touched
          embedding_l2: 1e-3
        """);

    private static readonly OptionTree Averaged = OptionTree.Parse("{ name: averaged, strategy: { name: supervised }, epochs: 0 }");

    private static readonly OptionTree MutuallyTuned = OptionTree.Parse(
        "{ name: mutual, strategy: { name: mutual, weight: 1, divergence: mse, peers: training }, epochs: 1, learning_rate: 1e-4, schedule: { name: constant }, patience: 0, evaluate_first: true }");

    /// <summary>A model by itself.</summary>
    public static OptionTree Single(string model, ulong seed) => Trained($"{model} on its own", [model], seed);

    /// <summary>Finished runs as they are.</summary>
    public static OptionTree Independent(IReadOnlyList<string> models, IReadOnlyList<string> from, ulong seed) =>
        Started("independent models, averaged", models, from, Averaged, seed);

    /// <summary>Finished runs that go on together.</summary>
    public static OptionTree Mutual(IReadOnlyList<string> models, IReadOnlyList<string> from, ulong seed) =>
        Started("mutual fine-tuning", models, from, MutuallyTuned, seed).With("training.evaluations_per_epoch", 4)
        .With("training.monitor", "member_auc");

    /// <summary>Four towers over one table, by KDEF or as a plain mean.</summary>
    public static OptionTree Ensemble(string strategy, ulong seed) =>
        Trained(strategy == "kdef" ? "knowledge-driven ensemble" : "plain mean ensemble", ["DNN", "DNN", "DNN", "DNN"], seed).With(
            "strategy", OptionTree.Parse(strategy == "kdef" ? "{ name: kdef }" : "{ name: supervised, loss: ensemble, fusion: mean }"));

    /// <summary>The file's text.</summary>
    public static string Text(OptionTree experiment) =>
        $"# Written by `consort demo`; change it and run it: consort train THIS_FILE --out runs/mine\n{experiment.ToYaml()}";

    private static OptionTree Trained(string name, IReadOnlyList<string> models, ulong seed) => Of(name, models, seed)
        .With("training.epochs", 5).With("training.learning_rate", "2e-3").With("training.patience", 1)
        .With("training.schedule", OptionTree.Parse("{ name: exponential, fraction: 0.1, epochs: 3 }"));

    private static OptionTree Started(string name, IReadOnlyList<string> models, IReadOnlyList<string> from, OptionTree phase,
        ulong seed) => Of(name, models, seed)
        .With("embedding.shared", false).With("phases", OptionTree.Lines([phase.With("from", OptionTree.List(from))]));

    private static OptionTree Of(string name, IReadOnlyList<string> models, ulong seed) => Common
        .With("name", name).With("training.seed", (long)seed)
        .With("members", OptionTree.Lines(
            models.Select(m => OptionTree.Parse(m == "FM" ? "{ model: FM }" : $"{{ model: {m}, hidden_units: [200, 100] }}"))));
}
