using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Import;

namespace Consort.Experiments.Tests.Import;

public sealed class FuxiCtrDataTests
{
    private const string Experiments = "a: {dataset_id: d, model: LR}\n";

    [Theory]
    [InlineData("{name: f, active: True, dtype: str, type: categorical}", "kind: categorical")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, fill_na: '-1', min_categr_count: 5}",
        "kind: categorical, missing: [\"\", \"-1\"], min_count: 5")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, na_value: ''}", "kind: categorical")]
    [InlineData("{name: f, active: True, dtype: float, type: numeric}", "kind: numeric")]
    [InlineData("{name: f, active: True, dtype: float, type: numeric, normalizer: StandardScaler, na_value: 0}",
        "kind: numeric, transform: \"standardise\"")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, preprocess: convert_to_bucket, fill_na: 0}",
        "kind: numeric, transform: \"log2_buckets\", missing: [\"\", \"0\"]")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, category_processor: quantile_bucket, num_buckets: 20}",
        "kind: numeric, transform: \"quantile_buckets: 20\"")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, encoder: hash_bucket, num_buckets: 20}",
        "kind: categorical, transform: \"hash: 20\"")]
    [InlineData("{name: f, active: False, dtype: str, type: categorical}", "kind: ignored")]
    [InlineData("{name: f, active: True, dtype: str, type: meta}", "kind: ignored")]
    [InlineData("{name: f, active: True, dtype: str, type: sequence, max_len: 9}", "kind: sequence, splitter: \"^\", max_len: 9, keep: first, pooling: mean")]
    [InlineData("{name: f, active: True, dtype: str, type: sequence, splitter: '|', max_len: 3, padding: pre, feature_encoder: layers.MaskedSumPooling(), min_categr_count: 4, fill_na: '-'}",
        "kind: sequence, missing: [\"\", \"-\"], min_count: 4, splitter: \"|\", max_len: 3, keep: last, pooling: sum")]
    [InlineData("{name: f, dtype: str, type: sequence, splitter: ' ', max_len: 0, padding: post, encoder: MaskedAveragePooling}",
        "kind: sequence, splitter: \" \", max_len: 200, keep: first, pooling: mean")]
    [InlineData("{name: f, dtype: str, type: sequence, max_len: 5, feature_encoder: null}",
        "kind: sequence, splitter: \"^\", max_len: 5, keep: first, pooling: mean")]
    public void Read_AField_IsTheSchemas(string entry, string expected)
    {
        var import = Import(entry);
        Assert.DoesNotContain(import.Notes, n => n.Loss == ImportLoss.Lost);
        Assert.Contains($"  - {{name: \"f\", {expected}}}\n", import.SchemaText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{name: f, active: True, dtype: str, type: embedding, embedding_dim: 9}", "feature_cols [f] type")]
    [InlineData("{name: f, dtype: str, type: sequence, max_len: 20000}", "feature_cols [f] max_len")]
    [InlineData("{name: f, dtype: str, type: sequence, max_len: 2, feature_encoder: layers.KMaxPooling(3)}", "feature_cols [f] feature_encoder")]
    [InlineData("{name: f, dtype: str, type: categorical, splitter: ^}", "feature_cols [f] splitter")]
    [InlineData("{name: f, active: True, dtype: float, type: numeric, fill_na: 3}", "feature_cols [f] fill_na")]
    [InlineData("{name: f, active: True, dtype: float, type: numeric, normalizer: RobustScaler}", "feature_cols [f] normalizer")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, preprocess: bucketize_age}", "feature_cols [f] preprocess")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, colour: 3}", "feature_cols [f] colour")]
    public void Read_AKeyOfAFieldThatIsNotCarriedOver_IsNamed(string entry, string lost) =>
        Assert.Equal([lost], Import(entry).Notes.Where(n => n.Loss == ImportLoss.Lost).Select(n => n.Key));

    [Fact]
    public void Read_EmbeddingsOfFields_AreCarriedOver()
    {
        var import = Import(
            "{name: item, active: True, dtype: str, type: categorical, embedding_dim: 8, pretrained_emb: vectors.tsv, freeze_emb: False}",
            "{name: [last, first], active: True, dtype: str, type: categorical, share_embedding: item}",
            "{name: second, active: True, dtype: str, type: categorical, share_embedding: last}",
            "{name: page, active: True, dtype: str, type: categorical, embedding_dim: 3}");
        Assert.DoesNotContain(import.Notes, n => n.Loss != ImportLoss.Unneeded);
        foreach (var name in new[] { "last", "first", "second" })
            Assert.Contains($"  - {{name: \"{name}\", kind: categorical, share: \"item\"}}\n", import.SchemaText, StringComparison.Ordinal);
        var fields = Experiment.Parse(import.ExperimentText, "a", folder: null).Family.Embeddings.Fields;
        Assert.Equal(["item", "page"], fields.Keys);
        Assert.Equal((8, "vectors.tsv", false), (fields["item"].Dimension, fields["item"].Pretrained, fields["item"].Freeze));
        Assert.Equal(3, fields["page"].Dimension);
    }

    [Theory]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, embedding_dim: 3, pretrained_emb: a.npz, freeze_emb: True}",
        "pretrained_emb", "freeze_emb")]
    [InlineData("{name: f, active: True, dtype: str, type: categorical, share_embedding: nowhere}", "share_embedding")]
    public void Read_EmbeddingsOfFieldsThatAreNotCarriedOver_AreNamed(string entry, params string[] lost) =>
        Assert.Equal(lost.Select(k => $"feature_cols [f] {k}"), Import(entry).Notes.Where(n => n.Loss == ImportLoss.Lost)
            .Select(n => n.Key));

    [Theory]
    [InlineData("max_len: -1", "found -1, expected a whole number of at least 0")]
    [InlineData("splitter: ''", "key splitter: found nothing, expected 1 to 16 bytes")]
    [InlineData("padding: both", "key padding: found both, expected pre or post")]
    public void Read_AMistakeInASequence_SaysWhat(string key, string expected) => Assert.Contains(expected,
        Assert.Throws<ConsortException>(() => Import($"{{name: f, dtype: str, type: sequence, {key}}}")).Message, StringComparison.Ordinal);

    // Their vocabulary is that of the item, whose embeddings are a file's.
    [Fact]
    public void Read_HistoriesOfAnItem_ShareItsVocabulary()
    {
        var import = Import(
            "{name: item, dtype: str, type: categorical, embedding_dim: 8, pretrained_emb: vectors.tsv}",
            "{name: history, dtype: str, type: sequence, max_len: 7, padding: pre, share_embedding: item}");
        Assert.DoesNotContain(import.Notes, n => n.Loss != ImportLoss.Unneeded);
        Assert.Contains("  - {name: \"history\", kind: sequence, splitter: \"^\", max_len: 7, keep: last, pooling: mean, share: \"item\"}\n",
            import.SchemaText, StringComparison.Ordinal);
    }

    // FuxiCTR's models with attention are told so by the experiment.
    [Fact]
    public void Read_FeatureSpecsOfASequence_SayHowItIsPooled()
    {
        using var folder = new FuxiCtrFolder(
            "a: {dataset_id: d, model: LR, feature_specs: [{name: [h, g], feature_encoder: layers.MaskedSumPooling(), embedding_dim: 4}, {name: k, feature_encoder: null}]}\n",
            "d: {train_data: no.csv, feature_cols: [{name: [h, g, k], dtype: str, type: sequence, max_len: 2}], label_col: {name: click}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.Equal(["feature_specs [k] feature_encoder"], import.Notes.Where(n => n.Loss != ImportLoss.Unneeded).Select(n => n.Key));
        Assert.Equal(2, import.SchemaText!.Split("pooling: sum").Length - 1);
        Assert.Equal(["h", "g"], Experiment.Parse(import.ExperimentText, "a", folder: null).Family.Embeddings.Fields.Keys);
    }

    [Fact]
    public void Read_NumbersAsTokens_SaysHowTheyAreCompared()
    {
        var import = Import("{name: [f, g], active: True, dtype: float, type: categorical}");
        Assert.Equal(["feature_cols [f, g] dtype"], import.Notes.Where(n => n.Loss == ImportLoss.Changed).Select(n => n.Key));
    }

    [Fact]
    public void Read_TimesOfAvazu_AreDerivedFromOneField()
    {
        var import = Import(
            "{name: hour, active: True, dtype: str, type: categorical, preprocess: convert_hour}",
            "{name: weekday, active: True, dtype: str, type: categorical, preprocess: convert_weekday}",
            "{name: weekend, active: True, dtype: str, type: categorical, preprocess: convert_weekend}");
        Assert.DoesNotContain(import.Notes, n => n.Loss == ImportLoss.Lost);
        Assert.Contains("  - {name: \"hour\", kind: categorical, derive: [\"hour\", \"weekday\", \"weekend\"]}\n", import.SchemaText,
            StringComparison.Ordinal);
        Assert.DoesNotContain("name: \"weekday\"", import.SchemaText, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SharesOfOneFile_BecomeASplit()
    {
        using var folder = new FuxiCtrFolder(
            Experiments, "d: {train_data: data/train.csv, valid_size: 0.1, test_size: 0.2, split_type: random, feature_cols: [{name: user, dtype: str, type: categorical}], label_col: {name: click}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.Contains("  source: train.csv\n  by: seed\n  shares: [0.7, 0.1, 0.2]\n", import.ExperimentText, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FilesThatAreNotThere_IsAnImportAllTheSame()
    {
        using var folder = new FuxiCtrFolder(
            Experiments, "d: {train_data: ../far/train.csv, valid_data: ../far/valid.csv, feature_cols: [{name: user, dtype: str, type: categorical}], label_col: {name: click}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.False(import.IsDataFound);
        Assert.Contains("  folder: ../far\n  train: train.csv\n  valid: valid.csv\n", import.ExperimentText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d: {feature_cols: [{name: u, dtype: str, type: categorical}], train_data: a.csv}", "dataset d: found no label_col")]
    [InlineData("d: {feature_cols: [u], label_col: {name: c}, train_data: a.csv}",
        "dataset_config.yaml:1, key feature_cols: found u, expected a mapping with a name")]
    [InlineData("d: {feature_cols: [{name: u, dtype: str, type: categorical}], label_col: [{name: c}, {name: e}], train_data: a.csv}",
        "expected one label")]
    public void Read_AMistakeInADataset_SaysWhat(string datasets, string expected)
    {
        using var folder = new FuxiCtrFolder(Experiments, datasets + "\n");
        var mistake = Assert.Throws<ConsortException>(() => FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml")));
        Assert.Contains(expected, mistake.Message, StringComparison.Ordinal);
    }

    private static FuxiCtrImport Import(params string[] entries)
    {
        var columns = string.Join(", ", entries.Append("{name: other, active: True, dtype: str, type: categorical}"));
        using var folder = new FuxiCtrFolder(
            Experiments, $"d: {{train_data: no.csv, feature_cols: [{columns}], label_col: {{name: click, dtype: float}}}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Schema.Load(Foundation.Options.OptionMap.Parse(import.SchemaText!, "schema"));
        return import;
    }
}
