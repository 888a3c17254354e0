using Consort.Experiments.Files;
using Consort.Import;
using Consort.Models.Zoo;

namespace Consort.Experiments.Tests.Import;

/// <summary>Configurations whose raw rows cannot be found: the half about the model and its training is carried over.</summary>
public sealed class FuxiCtrGapTests
{
    private const string Columns = "feature_cols: [{name: user, dtype: str, type: categorical}], label_col: {name: click}";

    [Theory]
    [InlineData("TBD", "d: {data_format: csv}", "names the dataset TBD: found no dataset TBD, expected one of those there; nearest: d")]
    [InlineData("tyni", FuxiCtrFolder.Tiny, "nearest: tiny")]
    [InlineData("d", "", "names the dataset d: found none in ")]
    [InlineData("d", "d: {data_format: parquet, train_data: ../t.parquet, valid_data: ../v.parquet}",
        "dataset d is parquet (dataset_config.yaml:1) without feature_cols")]
    [InlineData("d", "d: {data_format: npz, train_data: t.npz}", "dataset d is npz")]
    [InlineData("d", "d: {data_format: tfrecord, train_data: t.tfrecord}", "dataset d is tfrecord")]
    [InlineData("d", "d: {train_data: data/train.csv, label_col: {name: click}}", "dataset d has no feature_cols")]
    [InlineData("None", "d: {data_format: csv}", "the experiment a names no dataset_id")]
    public void Read_ADatasetThatCannotBeRead_GivesTheModelsHalf(string dataset, string datasets, string gap)
    {
        using var folder = new FuxiCtrFolder(
            $"a: {{model: DeepFM, dataset_id: {dataset}, hidden_units: [9, 8], batch_size: 77, embedding_dim: 6}}\n", datasets + "\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        import.Write(isForced: false);
        Assert.Contains(gap, import.DataGap, StringComparison.Ordinal);
        Assert.Null(import.SchemaPath);
        Assert.False(import.IsDataFound);
        Assert.Contains($"data:\n  # To be filled in: ", import.ExperimentText, StringComparison.Ordinal);
        // Left as it is, training says what is missing.
        var mistake = Assert.Throws<ConsortException>(() => Experiment.Load(import.ExperimentPath));
        Assert.Contains("key data: found nothing, expected where the rows come from", mistake.Message, StringComparison.Ordinal);
        // Filled in, it is an experiment.
        File.WriteAllText(import.ExperimentPath,
            import.ExperimentText.Replace("data:\n", "data:\n  schema: frappe\n  train: data/train.csv\n", StringComparison.Ordinal));
        var experiment = Experiment.Load(import.ExperimentPath);
        Assert.Equal([9, 8], Assert.IsType<DeepFm>(Assert.Single(experiment.Family.Members)).Mlp.HiddenUnits);
        Assert.Equal((77, 6), (experiment.Training.BatchSize, experiment.Family.Embeddings.Dimension));
    }

    [Theory]
    [InlineData("data_format: parquet, train_data: t.parquet",
        "dataset d is parquet (dataset_config.yaml:1); rows are read from text with delimiters")]
    [InlineData("data_format: csv", "dataset d names no train_data")]
    public void Read_FieldsWithoutRowsThatCanBeRead_KeepsTheSchema(string keys, string gap)
    {
        using var folder = new FuxiCtrFolder("a: {model: LR, dataset_id: d}\n", $"d: {{{keys}, {Columns}}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        import.Write(isForced: false);
        Assert.StartsWith(gap, import.DataGap, StringComparison.Ordinal);
        Assert.Contains("{name: \"user\", kind: categorical}", import.SchemaText, StringComparison.Ordinal);
        Assert.Contains("  schema: out.schema.yaml\n  # train: train.csv\n", import.ExperimentText, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_KeysOfRowsThatCannotBeRead_AreAllNamed()
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: d, min_categr_count: 3, use_features: [u]}\n",
            "d: {data_format: npz, train_data: t.npz, test_data: s.npz, label_col: {name: c}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.Equal(
            ["train_data", "test_data", "label_col", "min_categr_count", "use_features"], import.Notes.Where(n => n.Loss == ImportLoss.Lost)
            .Select(n => n.Key));
    }
}
