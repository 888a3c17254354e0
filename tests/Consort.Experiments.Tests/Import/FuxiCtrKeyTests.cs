using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Import;

namespace Consort.Experiments.Tests.Import;

/// <summary>Keys that would mean something else here, or nothing, without a word.</summary>
public sealed class FuxiCtrKeyTests
{
    private const string Dataset =
        "tiny: {train_data: data/train.csv, feature_cols: [{name: [user, item], dtype: str, type: categorical}], label_col: {name: click}";

    [Fact]
    public void Read_AKeyThatStandsTwice_TakesTheLastAndSaysSo()
    {
        using var folder = new FuxiCtrFolder(
            "other:\n  seed: 3\n  seed: 4\na:\n  model: LR\n  dataset_id: tiny\n  seed: 1\n  feature_specs: null\n  seed: 2\n  feature_specs: null\n");
        var import = Import(folder);
        Assert.Equal(2UL, Parse(import).Training.Seed);
        Assert.Equal(
            ["seed model_config.yaml:9 the last one holds, as in FuxiCTR, not that of line 7",
                "feature_specs model_config.yaml:10 the last one holds, as in FuxiCTR, not that of line 8"],
            import.Notes.Where(n => n.Value == "stands twice").Select(n => $"{n.Key} {n.Where} {n.Reason}"));
        Assert.Contains("#   seed: stands twice (model_config.yaml:9)", import.ExperimentText, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnExperimentThatStandsTwice_SaysSo()
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: tiny, seed: 1}\nb: {c: 1}\na: {model: FM, dataset_id: tiny, seed: 2}\n");
        var import = Import(folder);
        Assert.Equal(2UL, Parse(import).Training.Seed);
        Assert.Equal(["a"], import.Notes.Where(n => n.Value == "stands twice").Select(n => n.Key));
    }

    [Fact]
    public void Read_AnchorsAndMergeKeys_AreWhatTheyStandFor()
    {
        using var folder = new FuxiCtrFolder("common: &c {model: LR, dataset_id: tiny, batch_size: 7, seed: 1}\na:\n  <<: *c\n  seed: 2\n");
        var experiment = Parse(Import(folder));
        Assert.Equal((7, 2UL), (experiment.Training.BatchSize, experiment.Training.Seed));
    }

    [Theory]
    [InlineData("metrics: [gAUC, AUC, logloss], group_id: user", "metrics", "group_id")]
    [InlineData("metrics: ['NDCG(k=3)', MRR, AUC]", "metrics", "metrics")]
    [InlineData("metrics: [gAUC]", "metrics")]
    public void Read_MetricsWithinGroups_PointToDiagnose(string keys, params string[] lost)
    {
        using var folder = new FuxiCtrFolder($"a: {{model: LR, dataset_id: tiny, {keys}}}\n");
        var import = Import(folder);
        var named = import.Notes.Where(n => n.Loss == ImportLoss.Lost).ToArray();
        Assert.Equal(lost, named.Select(n => n.Key));
        var group = keys.Contains("group_id", StringComparison.Ordinal) ? "user" : "FIELD";
        Assert.All(named, n => Assert.Contains($"consort diagnose --group {group} RUN", n.Reason, StringComparison.Ordinal));
        Assert.Equal(keys.Contains("AUC, ", StringComparison.Ordinal) || keys.EndsWith("AUC]", StringComparison.Ordinal)
            && !keys.Contains("[gAUC]", StringComparison.Ordinal),
            import.Notes.Any(n => n.Loss == ImportLoss.Unneeded && n.Key == "metrics"));
    }

    [Theory]
    [InlineData("monitor: \"{'AUC': 1, 'logloss': -1}\"", "monitor")]
    [InlineData("monitor: logloss, monitor_mode: max", "monitor")]
    [InlineData("monitor_mode: min", "monitor_mode")]
    [InlineData("monitor: gAUC", "monitor")]
    [InlineData("early_stop_patience: 0", "early_stop_patience")]
    [InlineData("accumulation_steps: 4", "accumulation_steps")]
    [InlineData("embedding_initializer: 'partial(nn.init.normal_, mean=0.5, std=1e-3)'", "embedding_initializer")]
    [InlineData("embedding_initializer: 'partial(nn.init.xavier_normal_, std=1e-3)'", "embedding_initializer")]
    public void Read_AKeyWhoseMeaningIsNotOurs_IsNamed(string keys, string lost)
    {
        using var folder = new FuxiCtrFolder($"a: {{model: LR, dataset_id: tiny, {keys}}}\n");
        Assert.Equal([lost], Import(folder).Notes.Where(n => n.Loss == ImportLoss.Lost).Select(n => n.Key));
    }

    [Fact]
    public void Read_AWholeNumberAsRegulariser_IsNoneAsInFuxiCtr()
    {
        using var folder = new FuxiCtrFolder("a: {model: FM, dataset_id: tiny, embedding_regularizer: 1, net_regularizer: 1.0}\n");
        var import = Import(folder);
        Assert.Equal((0.0, 1.0), (Parse(import).Training.Optimizer.EmbeddingL2, Parse(import).Training.Optimizer.DenseL2));
        Assert.Contains(import.Notes, n => n.Loss == ImportLoss.Changed && n.Key == "embedding_regularizer");
    }

    // FuxiCTR lays the dataset's keys over the experiment's, and reads both from one.
    [Fact]
    public void Read_KeysOfTheDataInTheExperiment_HoldUnlessTheDatasetHasItsOwn()
    {
        using var folder = new FuxiCtrFolder("a: {model: LR, dataset_id: tiny, min_categr_count: 7, epochs: 4}\n", Dataset + "}\n");
        var import = Import(folder);
        Assert.Contains("min_count: 7\n", import.SchemaText, StringComparison.Ordinal);
        using var other = new FuxiCtrFolder("a: {model: LR, dataset_id: tiny, min_categr_count: 7, epochs: 4}\n",
            Dataset + ", min_categr_count: 3, epochs: 5}\n");
        import = Import(other);
        Assert.Contains("min_count: 3\n", import.SchemaText, StringComparison.Ordinal);
        Assert.Equal(5, Assert.Single(Parse(import).Phases).Epochs);
    }

    [Fact]
    public void Read_UseFeaturesAndFeatureSpecs_AreCarriedOver()
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: tiny, use_features: [item, nowhere], feature_specs: [{name: item, embedding_dim: 3, feature_encoder: x}, {name: user, embedding_dim: 5}]}\n", Dataset + "}\n");
        var import = Import(folder);
        var schema = Schema.Load(Foundation.Options.OptionMap.Parse(import.SchemaText!, "schema"));
        Assert.Equal(FieldKind.Ignored, schema.Fields.Single(f => f.Name == "user").Kind);
        Assert.Equal(FieldKind.Categorical, schema.Fields.Single(f => f.Name == "item").Kind);
        var fields = Parse(import).Family.Embeddings.Fields;
        Assert.Equal(3, Assert.Single(fields).Value.Dimension);
        Assert.Equal(["feature_specs [item] feature_encoder", "use_features nowhere"], import.Notes.Where(n => n.Loss == ImportLoss.Lost)
            .Select(n => n.Key));
    }

    [Fact]
    public void Read_TimesThatTheFilesHaveNot_AreLeftOutAndSaid()
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: d}\n",
            "d: {train_data: data/train.csv, feature_cols: [{name: user, dtype: str, type: categorical}, {name: weekday, dtype: str, type: categorical, preprocess: convert_weekday}, {name: age, dtype: str, type: categorical, preprocess: bucketize_age(birth)}, {name: absent, dtype: str, type: categorical}], label_col: {name: click}}\n");
        var import = Import(folder);
        var lost = import.Notes.Where(n => n.Loss == ImportLoss.Lost).ToArray();
        Assert.Equal(["feature_cols [weekday] preprocess", "feature_cols [age] preprocess", "feature_cols [absent] name"],
            lost.Select(n => n.Key));
        Assert.Contains("the columns weekday, hour are not in train.csv", lost[0].Reason, StringComparison.Ordinal);
        Assert.Contains("a function of the dataset's owner in FuxiCTR", lost[0].Reason, StringComparison.Ordinal);
        Assert.Contains("the column age is not in train.csv", lost[1].Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("hour", import.SchemaText, StringComparison.Ordinal);
        Assert.Contains("\"absent\"", import.SchemaText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("14102100", true)]
    [InlineData("2024-03-02 11:00:00", false)]
    public void Read_ATimeInTheFiles_IsDerivedWhereItIsAvazus(string time, bool isDerived)
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: d}\n",
            "d: {train_data: data/t.csv, valid_data: data/v.csv, feature_cols: [{name: user, dtype: str, type: categorical}, {name: hour, dtype: str, type: categorical, preprocess: convert_hour}], label_col: {name: click}}\n");
        foreach (var name in new[] { "t", "v" })
            folder.File($"data/{name}.csv", $"click,user,hour\n1,a,{time}\n0,b,{time}\n");
        var import = Import(folder);
        import.Write(isForced: false);
        Assert.Equal(isDerived, import.SchemaText!.Contains("{name: \"hour\", kind: categorical, derive: [\"hour\"]}",
            StringComparison.Ordinal));
        Assert.Equal(isDerived ? 0 : 1, import.Notes.Count(n => n.Loss == ImportLoss.Lost));
        var (dataset, _) = Experiment.Load(import.ExperimentPath).Data!.Open(1, null, default);
        using (dataset)
            Assert.Equal(2, dataset.Train.Rows);
    }

    [Theory]
    [InlineData("{name: f, type: numeric, dtype: float, normalizer: StandardScaler}", "normalizer", "fills missing cells before it fits")]
    [InlineData("{name: f, type: numeric, dtype: float, normalizer: MinMaxScaler}", "normalizer", "held at the ends")]
    [InlineData("{name: f, type: categorical, dtype: str, fill_na: x}", "fill_na", "an id of their own")]
    [InlineData("{name: f, type: categorical, dtype: int}", "dtype", "an empty cell is missing, where FuxiCTR reads 0")]
    public void Read_MissingValuesThatAreTreatedOtherwise_AreSaid(string entry, string key, string reason)
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: d}\n", $"d: {{train_data: no.csv, feature_cols: [{entry}], label_col: {{name: click}}}}\n");
        var note = Assert.Single(Import(folder).Notes, n => n.Loss == ImportLoss.Changed);
        Assert.Equal($"feature_cols [f] {key}", note.Key);
        Assert.Contains(reason, note.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("valid_data: v.csv, valid_size: 0.2", "valid_data", "  shares: [0.8, 0.2, 0]\n")]
    [InlineData("valid_data: v.csv, test_size: 0.2", "test_size", "  valid: v.csv\n")]
    [InlineData("valid_size: 1000", "valid_size", "  shares: [0.9, 0.1, 0]\n")]
    public void Read_SizesBesideFiles_AreNamed(string keys, string lost, string expected)
    {
        using var folder = new FuxiCtrFolder("a: {model: LR, dataset_id: tiny}\n",
            $"{Dataset}, {keys}}}\n".Replace("data/train.csv", "t.csv", StringComparison.Ordinal));
        var import = Import(folder);
        Assert.Equal([lost], import.Notes.Where(n => n.Loss == ImportLoss.Lost).Select(n => n.Key));
        Assert.Contains(expected, import.ExperimentText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public void Read_SharedFieldsUnderAMinimum_SaysThatTheyAreCountedTogether(int minimum, int changed)
    {
        using var folder = new FuxiCtrFolder(
            "a: {model: LR, dataset_id: d}\n",
            $"d: {{train_data: no.csv, min_categr_count: {minimum}, feature_cols: [{{name: f, dtype: str, type: categorical}}, {{name: g, dtype: str, type: categorical, share_embedding: f}}], label_col: {{name: click}}}}\n");
        Assert.Equal(changed, Import(folder).Notes.Count(n => n.Loss == ImportLoss.Changed && n.Key == "feature_cols [g] share_embedding"));
    }

    [Fact]
    public void Read_NamesThatWouldBreakOutOfAComment_StayInTheirLine()
    {
        using var folder = new FuxiCtrFolder("\"a\\nmembers: x\": {model: LR, dataset_id: tiny, odd: \"1\\n2\"}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a\nmembers: x", folder.At("out.yaml"));
        Assert.StartsWith("# The experiment a members: x of FuxiCTR", import.ExperimentText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]", "expected ids with keys and values")]
    [InlineData("a: *x", "found *x, expected an anchor")]
    [InlineData("a: 1\n---\nb: 2", "found a second YAML document")]
    public void Read_AFileThatIsNoConfiguration_SaysWhere(string datasets, string expected)
    {
        using var folder = new FuxiCtrFolder("a: {model: LR, dataset_id: d}\n", datasets + "\n");
        Assert.Contains(expected, Assert.Throws<ConsortException>(() => Import(folder)).Message, StringComparison.Ordinal);
    }

    private static FuxiCtrImport Import(FuxiCtrFolder folder) => FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));

    private static Experiment Parse(FuxiCtrImport import) => Experiment.Parse(import.ExperimentText, import.ExperimentPath, folder: null);
}
