using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Import;
using Consort.Learning.Schedules;
using Consort.Models.Zoo;
using Monitor = Consort.Learning.Training.Monitor;

namespace Consort.Experiments.Tests.Import;

public sealed class FuxiCtrImportTests
{
    private const string DeepFm = FuxiCtrFolder.Common + """
        DeepFM_a:
            model: DeepFM
            dataset_id: tiny
            loss: 'binary_crossentropy'
            metrics: ['logloss', 'AUC']
            task: binary_classification
            optimizer: adam
            hidden_units: [64, 32]
            hidden_activations: relu
            net_regularizer: 0
            embedding_regularizer: 1.e-8
            learning_rate: 1.e-3
            batch_norm: True
            net_dropout: 0.1
            batch_size: 128
            embedding_dim: 4
            epochs: 3
            shuffle: True
            seed: 2019
            monitor: {'AUC': 1, 'logloss': -1}
            monitor_mode: 'max'
            exotic_key: 7

        """;

    [Fact]
    public void Read_AnExperiment_CarriesItsKeysOver()
    {
        using var folder = new FuxiCtrFolder(DeepFm);
        var import = Import(folder, "DeepFM_a");
        import.Write(isForced: false);
        var experiment = Experiment.Load(import.ExperimentPath);
        var model = Assert.IsType<DeepFm>(Assert.Single(experiment.Family.Members));
        Assert.Equal([64, 32], model.Mlp.HiddenUnits);
        Assert.True(model.Mlp.BatchNorm);
        Assert.Equal(0.1, model.Mlp.Dropout);
        Assert.Equal(4, experiment.Family.Embeddings.Dimension);
        Assert.Equal(128, experiment.Training.BatchSize);
        Assert.Equal(2019UL, experiment.Training.Seed);
        Assert.Equal(1e-8, experiment.Training.Optimizer.EmbeddingL2);
        Assert.Equal(10, experiment.Training.Optimizer.MaxGradientNorm);
        var phase = Assert.Single(experiment.Phases);
        Assert.Equal(3, phase.Epochs);
        Assert.Equal(2, phase.Patience);
        Assert.True(import.IsDataFound);
        Assert.Equal(folder.At("data"), experiment.Data!.Folder);
    }

    [Fact]
    public void Read_ADataset_BecomesASchemaThatReadsItsFiles()
    {
        using var folder = new FuxiCtrFolder(DeepFm);
        var import = Import(folder, "DeepFM_a");
        import.Write(isForced: false);
        var schema = Schema.Load(import.SchemaPath!);
        Assert.True(schema.Header);
        Assert.Equal((byte)',', schema.Delimiter);
        Assert.Equal(2, schema.MinCount);
        Assert.Equal(["click", "user", "item", "price", "extra"], schema.Fields.Select(f => f.Name));
        Assert.Equal(
            [FieldKind.Label, FieldKind.Categorical, FieldKind.Categorical, FieldKind.Numeric, FieldKind.Ignored],
            schema.Fields.Select(f => f.Kind));
        Assert.Equal(TransformKind.MinMax, schema.Fields[3].Transform.Kind);
        var (dataset, _) = Experiment.Load(import.ExperimentPath).Data!.Open(1, null, default);
        using (dataset)
            Assert.Equal(4, dataset.Train.Rows);
    }

    [Fact]
    public void Read_KeysWithoutCounterpart_AreAllNamed()
    {
        using var folder = new FuxiCtrFolder(DeepFm);
        var import = Import(folder, "DeepFM_a");
        Assert.Equal(["monitor", "exotic_key"], import.Notes.Where(n => n.Loss == ImportLoss.Lost).Select(n => n.Key));
        Assert.Equal("{AUC: 1, logloss: -1}", import.Notes.Single(n => n.Key == "monitor").Value);
        Assert.Equal("model_config.yaml:23", import.Notes.Single(n => n.Key == "exotic_key").Where);
        foreach (var note in import.Notes)
        {
            Assert.NotEmpty(note.Reason);
            Assert.Contains(note.Key, Remarks(import), StringComparison.Ordinal);
        }

        foreach (var key in new[] { "model_root", "num_workers", "verbose", "gpu", "metrics", "data_root" })
            Assert.Contains(import.Notes, n => n.Loss == ImportLoss.Unneeded && n.Key == key);
    }

    // What an experiment's section says wins over Base, whichever file either stands in.
    [Fact]
    public void Read_SplitFolders_LaysTheExperimentOverBase()
    {
        using var folder = new FuxiCtrFolder("a: {b: 1}", "a: {b: 1}");
        File.Delete(Path.Combine(folder.Config, "model_config.yaml"));
        File.Delete(Path.Combine(folder.Config, "dataset_config.yaml"));
        folder.File("config/model_config/a.yaml",
            "LR_a: {model: LR, dataset_id: tiny, patience: 5, every_x_epochs: 0.5, regularizer: 1.e-5}\n");
        folder.File("config/model_config/common.yaml", "Base: {patience: 2, epochs: 9, reduce_lr_on_plateau: False}\n");
        folder.File("config/dataset_config/tiny.yaml", FuxiCtrFolder.Tiny);
        var experiment = Parse(Import(folder, "LR_a"));
        var phase = Assert.Single(experiment.Phases);
        Assert.Equal(10, phase.Patience); // five epochs, two evaluations in each
        Assert.Equal(2, experiment.Training.EvaluationsPerEpoch);
        Assert.Equal(9, phase.Epochs);
        Assert.IsType<ConstantRate>(phase.Schedule.Create(0.01, 100));
        Assert.Equal((1e-5, 1e-5), (experiment.Training.Optimizer.EmbeddingL2, experiment.Training.Optimizer.DenseL2));
    }

    [Theory]
    [InlineData("monitor: logloss, monitor_mode: min", Monitor.LogLoss, 0)]
    [InlineData("monitor: AUC, monitor_mode: max", Monitor.Auc, 0)]
    [InlineData("monitor: {AUC: 1, logloss: 0}", Monitor.Auc, 0)]
    [InlineData("monitor: {logloss: -1}", Monitor.LogLoss, 0)]
    [InlineData("monitor: {AUC: 2, logloss: -1}", Monitor.Auc, 1)]
    [InlineData("monitor: gAUC", Monitor.Auc, 1)]
    public void Read_Monitor_IsTheNearestMetric(string keys, Monitor expected, int lost)
    {
        using var folder = new FuxiCtrFolder($"a: {{model: LR, dataset_id: tiny, {keys}}}\n");
        var import = Import(folder, "a");
        Assert.Equal(expected, Parse(import).Training.Monitor);
        Assert.Equal(lost, import.Notes.Count(n => n.Loss == ImportLoss.Lost));
    }

    [Theory]
    [InlineData("1.e-5", 1e-5, 0)]
    [InlineData("1e-5", 1e-5, 0)]
    [InlineData("l2(1.e-5)", 1e-5, 0)]
    [InlineData("l1(1.e-5)", 0, 1)]
    [InlineData("'l1_l2(1.e-4, 1.e-5)'", 1e-5, 1)]
    public void Read_Regulariser_KeepsItsSquares(string value, double expected, int lost)
    {
        using var folder = new FuxiCtrFolder($"a: {{model: FM, dataset_id: tiny, embedding_regularizer: {value}}}\n");
        var import = Import(folder, "a");
        Assert.Equal(expected, Parse(import).Training.Optimizer.EmbeddingL2);
        Assert.Equal(lost, import.Notes.Count(n => n.Loss == ImportLoss.Lost));
    }

    [Fact]
    public void Write_FilesThatAreThere_AreReplacedOnlyWhenForced()
    {
        using var folder = new FuxiCtrFolder(DeepFm);
        var import = Import(folder, "DeepFM_a");
        File.WriteAllText(import.SchemaPath!, "mine");
        Assert.Contains("--force", Assert.Throws<ConsortException>(() => import.Write(isForced: false)).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(import.SchemaPath!));
        Assert.False(File.Exists(import.ExperimentPath));
        import.Write(isForced: true);
        Assert.NotEqual("mine", File.ReadAllText(import.SchemaPath!));
    }

    [Theory]
    [InlineData("DeepFM_b", "found no experiment id DeepFM_b, expected one of those there; nearest: DeepFM_a")]
    [InlineData("Base", "found no experiment id Base")]
    public void Read_AnUnknownExperiment_NamesTheNearest(string id, string expected)
    {
        using var folder = new FuxiCtrFolder(DeepFm);
        Assert.Contains(expected, Assert.Throws<ConsortException>(() => Import(folder, id)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: {model: DeepFN, dataset_id: tiny}",
        "model_config.yaml:1, key model: found DeepFN, which has no counterpart here; did you mean DeepFM?")]
    [InlineData("a: {model: LR, dataset_id: tiny, batch_size: many}", "model_config.yaml:1, key batch_size: found many, expected a number")]
    [InlineData("a: {model: LR, dataset_id: tiny, task: regression}", "key task: found regression, expected binary_classification")]
    [InlineData("a: {model: LR, dataset_id: tiny, embedding_regularizer: l3(4)}",
        "key embedding_regularizer: found l3(4), expected a number, l2(number)")]
    [InlineData("a: {model: LR]", "model_config.yaml:1: malformed YAML")]
    [InlineData("a: {dataset_id: tiny}", "key model: found nothing")]
    public void Read_AMistake_SaysWhere(string experiments, string expected)
    {
        using var folder = new FuxiCtrFolder(experiments + "\n");
        Assert.Contains(expected, Assert.Throws<ConsortException>(() => Import(folder, "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFiles_SaysWhich()
    {
        using var folder = new FuxiCtrFolder(DeepFm);
        File.Delete(Path.Combine(folder.Config, "model_config.yaml"));
        Assert.Contains(
            "found neither model_config.yaml nor model_config/*.yaml",
            Assert.Throws<ConsortException>(() => Import(folder, "DeepFM_a")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "found no such folder", Assert.Throws<ConsortException>(() => FuxiCtrImport.Read(folder.At("no"), "a", "a.yaml")).Message,
            StringComparison.Ordinal);
    }

    private static FuxiCtrImport Import(FuxiCtrFolder folder, string id) => FuxiCtrImport.Read(folder.Config, id, folder.At("out.yaml"));

    private static Experiment Parse(FuxiCtrImport import) => Experiment.Parse(import.ExperimentText, import.ExperimentPath, folder: null);

    private static string Remarks(FuxiCtrImport import) =>
        string.Concat(import.ExperimentText.Split('\n').TakeWhile(l => l.StartsWith('#')));
}
