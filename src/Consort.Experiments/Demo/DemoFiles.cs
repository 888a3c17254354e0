using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Experiments.Demo;

/// <summary>The experiments of the demonstration; each is left as an ordinary file that the user may change and run.</summary>
internal static class DemoFiles
{
    /// <summary>How the table calls the members of the two ensembles.</summary>
    public const string StudentsName = "4 × DNN, shared embeddings";

    /// <summary>What the table calls the ensemble of the four.</summary>
    public const string AveragedName = "the four averaged";

    private static readonly OptionTree Common = OptionTree.Parse("""
        name: to be named
        data:
          schema: { preset: criteo, min_count: 2 }
          source: clicks.tsv
          by: seed
          seed: 1
          shares: [0.5, 0.05, 0.45]
        embedding: { dimension: 8, shared: true }
        members: to be named
        training:
          batch_size: 512
          seed: 1
          embedding_update: deferred
          embedding_l2: 1e-2
        """);

    private static readonly OptionTree Averaged = OptionTree.Parse("{ name: averaged, strategy: { name: supervised }, epochs: 0 }");

    private static readonly OptionTree MutuallyTuned = OptionTree.Parse("""
        name: mutual
        strategy: { name: mutual, divergence: kl, weight: 5 }
        epochs: 2
        learning_rate: 1e-3
        schedule: { name: exponential, fraction: 0.03, epochs: 2 }
        patience: 0
        evaluate_first: true
        """);

    /// <summary>A model by itself.</summary>
    public static OptionTree Single(string model, ulong seed) => Trained($"{model} on its own", [model], seed);

    /// <summary>The same by labels alone, with all that the taught one has but its teachers.</summary>
    public static OptionTree Control(string model, ulong seed) => Student($"{model}, labels alone", model, seed);

    /// <summary>The same model, taught by finished runs.</summary>
    public static OptionTree Taught(string model, IReadOnlyList<string> teachers, ulong seed) =>
        Student($"{model}, taught", model, seed).With("training.teachers", OptionTree.List(teachers))
        .With("strategy", ExperimentOptions.LogitMatching);

    /// <summary>Finished runs as they are.</summary>
    public static OptionTree Independent(IReadOnlyList<string> models, IReadOnlyList<string> from, ulong seed) =>
        Started("independent models, averaged", models, from, Averaged, seed);

    /// <summary>Finished runs that go on together.</summary>
    public static OptionTree Mutual(IReadOnlyList<string> models, IReadOnlyList<string> from, ulong seed) =>
        Started("mutual fine-tuning", models, from, MutuallyTuned, seed).With("training.monitor", "member_auc");

    /// <summary>Four towers over one table, by KDEF or as a plain mean.</summary>
    public static OptionTree Ensemble(string strategy, ulong seed) =>
        Trained(strategy == "kdef" ? "knowledge-driven ensemble" : "plain mean ensemble", ["DNN", "DNN", "DNN", "DNN"], seed).With(
            "strategy", OptionTree.Parse(strategy == "kdef" ? "{ name: kdef }" : "{ name: supervised, loss: ensemble, fusion: mean }"));

    /// <summary>The file's text.</summary>
    public static string Text(OptionTree experiment) =>
        $"# Written by `consort demo`; change it and run it: consort train THIS_FILE --out runs/mine\n{experiment.ToYaml()}";

    // Another seed than the members', and less decay: what teachers say is less noisy than labels.
    private static OptionTree Student(string name, string model, ulong seed) =>
        Trained(name, [model], seed + 1).With("training.embedding_l2", "1e-3");

    private static OptionTree Trained(string name, IReadOnlyList<string> models, ulong seed) => Of(name, models, seed)
        .With("training.epochs", 6).With("training.learning_rate", "1e-2").With("training.patience", 0)
        .With("training.schedule", OptionTree.Parse("{ name: exponential, fraction: 0.01, epochs: 6 }"));

    private static OptionTree Started(string name, IReadOnlyList<string> models, IReadOnlyList<string> from, OptionTree phase,
        ulong seed) => Of(name, models, seed)
        .With("embedding.shared", false).With("phases", OptionTree.Lines([phase.With("from", OptionTree.List(from))]));

    private static OptionTree Of(string name, IReadOnlyList<string> models, ulong seed) => Common
        .With("name", name).With("training.seed", (long)seed)
        .With("members", OptionTree.Lines(
            models.Select(m => OptionTree.Parse($"{{ model: {m}, hidden_units: [64, 32], batch_norm: true }}"))));
}
