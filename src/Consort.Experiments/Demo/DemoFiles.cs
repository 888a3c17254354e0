using System.Globalization;

namespace Consort.Experiments.Demo;

/// <summary>The experiment files of the demonstration; they are ordinary files that the user may change and run.</summary>
internal static class DemoFiles
{
    /// <summary>How the table calls the members of the two ensembles.</summary>
    public const string StudentsName = "4 × DNN, shared embeddings";

    private const string Data = """
        data:
          schema: { preset: criteo, min_count: 20 }
          source: clicks.tsv
          by: seed
          seed: 1
        """;

    private const string Tower = "hidden_units: [200, 100]";

    public static string Single(string model, ulong seed) => File($"{model} on its own", seed, shared: true, [model], """
          epochs: 5
          learning_rate: 2e-3
          patience: 1
          schedule: { name: exponential, fraction: 0.1, epochs: 3 }
        """, "");

    public static string Independent(IReadOnlyList<string> models, IReadOnlyList<string> from, ulong seed) =>
        File("independent models, averaged", seed, shared: false, models, "", Phase("averaged", "supervised", from, "epochs: 0"));

    public static string Mutual(IReadOnlyList<string> models, IReadOnlyList<string> from, ulong seed) =>
        File("mutual fine-tuning", seed, shared: false, models, "  evaluations_per_epoch: 4\n  monitor: member_auc", Phase("mutual", "mutual", from, """
            epochs: 1
                learning_rate: 1e-4
                schedule: { name: constant }
                patience: 0
                evaluate_first: true
            """));

    public static string Ensemble(string strategy, ulong seed)
    {
        var name = strategy == "kdef" ? "knowledge-driven ensemble" : "plain mean ensemble";
        var section = strategy == "kdef" ? "strategy: { name: kdef }" : "strategy: { name: supervised, loss: ensemble, fusion: mean }";
        return File(name, seed, shared: true, ["DNN", "DNN", "DNN", "DNN"], """
              epochs: 5
              learning_rate: 2e-3
              patience: 1
              schedule: { name: exponential, fraction: 0.1, epochs: 3 }
            """, section);
    }

    private static string Phase(string name, string strategy, IReadOnlyList<string> from, string keys) => $$"""
        phases:
          - name: {{name}}
            strategy: { name: {{strategy}} }
            from: [{{string.Join(", ", from)}}]
            {{keys}}
        """;

    private static string File(string name, ulong seed, bool shared, IReadOnlyList<string> models, string training, string rest)
    {
        var members = string.Join("\n", models.Select(m => m == "FM" ? "  - { model: FM }" : $"  - {{ model: {m}, {Tower} }}"));
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Written by `consort demo`; change it and run it: consort train THIS_FILE --out runs/mine
            name: {name}
            {Data}
            embedding: {"{"} dimension: 8, shared: {(shared ? "true" : "false")}, initial_deviation: 0.02 {"}"}
            members:
            {members}
            training:
              batch_size: 1024
              seed: {seed}
              embedding_update: touched
              embedding_l2: 1e-3
            {training}
            {rest}

            """);
    }
}
