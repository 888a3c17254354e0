using Consort.Experiments.Files;

namespace Consort.Fuzz.Targets;

/// <summary>Experiments as YAML: what is taken is written whole, and read as the same.</summary>
internal sealed class ExperimentTarget : FuzzTarget
{
    public override string Name => "experiment";

    public override string What => "experiment files";

    public override IReadOnlyList<string> Words { get; } =
    [
        "name", "data", "schema", "train", "valid", "cache", "embedding", "dimension", "shared", "members", "model", "DeepFM", "DCN", "FM",
        "AutoInt", "FinalMLP", "count", "hidden_units", "dropout", "batch_norm", "activation", "relu", "training",
        "batch_size", "epochs", "learning_rate", "patience", "monitor", "auc", "logloss", "schedule", "cosine", "strategy", "kdef",
        "mutual", "supervised", "distillation", "teacher", "phases", "seed", "precision", "bf16", "optimizer", "adam", "numeric", "fields",
    ];

    public override void Prepare(string folder) { }

    public override bool Try(byte[] input)
    {
        var experiment = Experiment.Parse(System.Text.Encoding.UTF8.GetString(input), "experiment.yaml", folder: null, findRuns: false);
        var again = Experiment.Parse(experiment.Text, "again.yaml", folder: null, findRuns: false);
        return experiment.Text == again.Text && experiment.Digest == again.Digest
            ? true : throw new FindingException($"an experiment that is read back as another:\n{experiment.Text}\n---\n{again.Text}");
    }
}
