using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Studies.Diagnostics;

namespace Consort.Experiments.Tests.Diagnostics;

public sealed class DiagnoserTests : IDisposable
{
    private const string Text =
        """
        name: pair
        data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, by: seed, cache: CACHE }
        embedding: { dimension: 4, shared: true }
        members:
          - { model: DNN, hidden_units: [8, 6], batch_norm: true, dropout: 0.2 }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }
          - { model: FM }
        training: { epochs: 2, batch_size: 256, learning_rate: 0.01, patience: 0 }
        strategy: { name: kdef }
        """;

    private readonly TempFolder _folder = new();
    private readonly RunResult _run;

    public DiagnoserTests()
    {
        _folder.Clicks("clicks.tsv", 3000);
        var text = Text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal);
        _run = ExperimentRunner.Run(new RunRequest(Experiment.Parse(text, "exp.yaml", _folder.Path), _folder.At("run"), 2), default);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_OnTheTestSplit_AgreesWithTraining()
    {
        var diagnosis = Of(new DiagnosisRequest(_folder.At("run"), Group: "C9", Rows: 200));
        var test = _run.Training.Test!.Metrics;
        Assert.Equal(("run", "pair", "test", 1UL), (diagnosis.Run, diagnosis.Experiment, diagnosis.Data.Source, diagnosis.Seed));
        Assert.Equal(test.Ensemble, diagnosis.Ensemble.Metrics);
        Assert.Equal(test.Members, diagnosis.Members.Select(m => m.Output.Metrics));
        Assert.Equal((test.Ensemble.Rows, test.Ensemble.Clicks, 200),
            (diagnosis.Data.Rows, diagnosis.Data.Clicks, diagnosis.Data.SampledRows));
        Assert.Equal(test.Ensemble.Calibration, diagnosis.Ensemble.Calibration.Ratio, 4);
        Assert.Equal(test.Members.Min(m => m.Auc), diagnosis.Spread.AucMin);
        Assert.Equal(test.Members.Average(m => m.LogLoss), diagnosis.Spread.LogLossMean, 12);

        var grouped = diagnosis.Ensemble.GroupAuc!;
        Assert.Equal(test.Ensemble.Rows, grouped.Rows + grouped.OneClassRows + grouped.UngroupedRows);
        Assert.InRange(grouped.Auc, 0.4, 1);
        Assert.Equal([(0, 1), (0, 2), (1, 2)], diagnosis.Agreements.Select(a => (a.First, a.Second)));
        Assert.All(diagnosis.Agreements, a => Assert.InRange(a.RankAgreement, 0, 1));
        Assert.InRange(diagnosis.Agreements[0].Cka!.Value, 0, 1);
        Assert.Null(diagnosis.Agreements[1].Cka);
        Assert.All(diagnosis.Members, m => Assert.InRange(m.Discrepancy.Mean, 0, m.Discrepancy.Max));
    }

    [Fact]
    public void Run_Layers_AreThoseOfTheModels()
    {
        var diagnosis = Of(new DiagnosisRequest(_folder.At("run"), Rows: 100));
        Assert.Equal(["mlp/0", "mlp/1"], diagnosis.Members[0].Layers.Select(l => l.Layer));
        Assert.Equal(["cross", "mlp/0"], diagnosis.Members[1].Layers.Select(l => l.Layer));
        Assert.Equal(["mlp/1"], diagnosis.Members[0].LastLayers);
        Assert.Equal(["cross", "mlp/0"], diagnosis.Members[1].LastLayers);
        Assert.Empty(diagnosis.Members[2].LastLayers);
        Assert.Null(diagnosis.Members[2].KnowledgeAbundance);
        Assert.Equal(diagnosis.Members[0].Layers[1].Spectrum.InformationAbundance, diagnosis.Members[0].KnowledgeAbundance);
        foreach (var layer in diagnosis.Members.SelectMany(m => m.Layers))
        {
            Assert.Equal((LayerKind.Representation, 100L), (layer.Kind, layer.Rows));
            Assert.InRange(layer.Spectrum.InformationAbundance, 1, layer.Units);
            Assert.InRange(layer.Centred.EffectiveRank, 1, layer.Units);
        }

        Assert.All(diagnosis.SharedLayers, l => Assert.Equal((LayerKind.Embedding, "embedding", 4), (l.Kind, l.Layer, l.Units)));
        Assert.Contains(diagnosis.SharedLayers, l => l.Field == "C9");
    }

    // Rows of the other columns have never been read and lie as they were drawn.
    [Fact]
    public void Run_TableOfSomeColumns_MeasuresThoseAlone()
    {
        const string Gated =
            """
            data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, by: seed, cache: CACHE }
            embedding: { dimension: 4 }
            members: [{ model: FinalMLP, mlp1_hidden_units: [4], mlp2_hidden_units: [4], fs1_context: [C9], fs2_context: [] }]
            training: { epochs: 1, batch_size: 512 }
            """;
        var text = Gated.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal);
        ExperimentRunner.Run(new RunRequest(Experiment.Parse(text, "gated.yaml", _folder.Path), _folder.At("gated"), 2), default);
        var diagnosis = Of(new DiagnosisRequest(_folder.At("gated"), Rows: 50));
        Assert.Equal(["C9"], diagnosis.Members[0].Layers.Where(l => l.Layer == "gate1/context/embedding").Select(l => l.Field));
        Assert.True(diagnosis.SharedLayers.Count > 10);
    }

    [Fact]
    public void Run_RawRowsOrThreads_GiveTheSame()
    {
        var split = Json(Of(new DiagnosisRequest(_folder.At("run"), Split: "valid", Rows: 64)));
        Assert.Equal(split, Json(Of(new DiagnosisRequest(_folder.At("run"), Split: "valid", Rows: 64, Threads: 3))));
        var cache = Directory.GetDirectories(_folder.Path, "cache*").Single();
        Assert.Equal(split, Json(Of(new DiagnosisRequest(_folder.At("run"), cache, "valid", 64))));

        Assert.Equal("test", Of(new DiagnosisRequest(_folder.At("run"), _folder.At("clicks.tsv"),
            Rows: 64)).Data.Source); // its own rows, dealt as then
        var lines = File.ReadAllLines(_folder.At("clicks.tsv"));
        File.WriteAllText(_folder.At("other.tsv"), string.Join('\n', lines.Reverse()) + "\n");
        var whole = Of(new DiagnosisRequest(_folder.At("run"), _folder.At("other.tsv"), Rows: 64));
        Assert.Equal(("other.tsv", 3000L), (whole.Data.Source, whole.Data.Rows));
        using var run = new FinishedRun(_folder.At("run"), 1);
        Assert.Equal(run.Measure(_folder.At("other.tsv"), null, default).Metrics.Ensemble, whole.Ensemble.Metrics);
    }

    [Fact]
    public void Run_DataGoneOrMistaken_SaysWhatToDo()
    {
        File.Delete(_folder.At("clicks.tsv"));
        Directory.Delete(Directory.GetDirectories(_folder.Path, "cache*").Single(), recursive: true);
        Assert.Contains("clicks.tsv", Mistake(new DiagnosisRequest(_folder.At("run"))), StringComparison.Ordinal);
        Assert.StartsWith("group C99: found no such categorical column, expected one of ",
            Mistake(new DiagnosisRequest(_folder.At("run"), Group: "C99")), StringComparison.Ordinal);
        Assert.Equal("rows: found 3, expected 16 to 100000", Mistake(new DiagnosisRequest(_folder.At("run"), Rows: 3)));
        Assert.Contains("found no run there", Mistake(new DiagnosisRequest(_folder.At("nowhere"))), StringComparison.Ordinal);

        string Mistake(DiagnosisRequest request) => Assert.Throws<ConsortException>(() => Of(request)).Message;
    }

    [Fact]
    public void Write_ThenRead_GivesTheSameDiagnosis()
    {
        var diagnosis = Of(new DiagnosisRequest(_folder.At("run"), Group: "C9", Rows: 50));
        DiagnosisFolder.Write(_folder.At("run"), diagnosis);
        Assert.Equal(Json(diagnosis), Json(DiagnosisFile.Read(_folder.At("run"))!));
        Assert.Null(DiagnosisFile.Read(_folder.Path));

        // The keys stay as they are: other programs read them.
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.At("run"), "diagnosis.json")));
        Assert.Equal(
            ["version", "run", "experiment", "seed", "strategies", "fusion", "data", "ensemble", "members", "spread", "agreements",
                "shared_layers", "train", "importance", "unfinished"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["member", "model", "output", "discrepancy", "layers", "last_layers", "knowledge_abundance", "centred_abundance",
                "effective_rank"],
            json.RootElement.GetProperty("members")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["layer", "kind", "field", "rows", "units", "silent_units", "spectrum", "centred", "verdict", "explanation", "weighted"],
            json.RootElement.GetProperty("shared_layers")[0].EnumerateObject().Select(p => p.Name));

        var page = File.ReadAllText(Path.Combine(_folder.At("run"), "diagnosis.md"));
        foreach (var part in new[] { "# Diagnosis of run", "member 1: DCN", "## Agreement of members", "## Layers", "## Embeddings",
            "## Calibration", "gAUC by C9", "Members: log-loss ", "by frequency" })
            Assert.Contains(part, page, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.At("run"), "diagnosis.json"), "{\"version\": 1");
        Assert.Contains("make it again with `consort diagnose`",
            Assert.Throws<ConsortException>(() => DiagnosisFile.Read(_folder.At("run"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TrainRows_AreScoredAndWeighEmbeddings()
    {
        var diagnosis = Of(new DiagnosisRequest(_folder.At("run"), Rows: 50));
        using var run = new FinishedRun(_folder.At("run"), 1);
        using var dataset = Consort.Data.Datasets.EncodedDataset.Open(Directory.GetDirectories(_folder.Path, "cache*").Single());
        var whole = run.Pass.Evaluate(dataset.Train, run.Encoder, default).Metrics;
        var train = diagnosis.Train!;
        Assert.Equal(dataset.Train.Rows, train.Rows);
        Assert.Equal(whole.Members.Select(m => Math.Round(m.LogLoss, 9)), train.MemberLogLoss.Select(l => Math.Round(l, 9)));
        Assert.Equal(whole.Ensemble.LogLoss, train.EnsembleLogLoss, 1e-9);
        Assert.Equal(train.TrainLogLoss / diagnosis.Spread.LogLossMean, train.Ratio, 1e-12);
        Assert.Equal(200, Of(new DiagnosisRequest(_folder.At("run"), Rows: 50) { TrainRows = 200 }).Train!.Rows);

        // A field's table with each row as often as its value occurs, written out.
        var column = dataset.Categorical.First(c => c.Name == "C9");
        var place = dataset.Categorical.TakeWhile(c => c.Name != "C9").Count();
        var table = run.Program.Graph.Tables.First(t => t.Dimension == 4);
        var first = run.Program.Graph.FirstRow(table, dataset.Categorical.ToList().IndexOf(column));
        var rows = run.Store.Embedding(table).Values;
        var factor = new RowFactor(4);
        using var loader = new Consort.Data.Batches.BatchLoader(dataset.Train, new Consort.Data.Batches.LoaderOptions(64));
        loader.Start(0);
        while (loader.Next() is { } batch)
            for (var row = 0; row < batch.Rows; row++)
                if (batch.IdsOf(row)[place] - column.Offset is >= 2 and var id)
                    factor.Add(rows.Slice((first + id) * 4L, 4));
        var layer = diagnosis.SharedLayers.First(l => l.Field == "C9");
        Assert.Equal(factor.Spectra().Raw.InformationAbundance, layer.Weighted!.InformationAbundance, 1e-9);
        Assert.NotEqual(layer.Spectrum.InformationAbundance, layer.Weighted.InformationAbundance, 1e-3);
        Assert.All(diagnosis.Members.SelectMany(m => m.Layers), l => Assert.Null(l.Weighted));

        var without = Of(new DiagnosisRequest(_folder.At("run"), Rows: 50) { TrainRows = 0 });
        Assert.Null(without.Train);
        Assert.All(without.SharedLayers, l => Assert.Null(l.Weighted));
        Assert.Equal("train rows: found -1, expected 0 to 10000000", Assert.Throws<ConsortException>(() =>
            Of(new DiagnosisRequest(_folder.At("run")) { TrainRows = -1 })).Message);
    }

    [Theory]
    [InlineData(0.460, 0.500, TeachingChance.OnTheseRows, "teaching on these rows can pay")] // one pass of synthetic clicks
    [InlineData(0.434, 0.437, TeachingChance.OnTheseRows, "nearly out of sample")] // Criteo
    [InlineData(0.063, 0.134, TeachingChance.OnOtherRows, "rows without labels")] // Frappe
    [InlineData(0.400, 0.500, TeachingChance.Open, "by labels alone can tell")]
    public void TrainFit_OfLogLosses_SaysWhetherTeachingCanPay(double train, double heldOut, TeachingChance expected, string words)
    {
        var fit = TrainFit.Of(1000, [train - 0.01, train + 0.01], train, heldOut);
        Assert.Equal((expected, train), (fit.Teaching, Math.Round(fit.TrainLogLoss, 9)));
        Assert.Contains(words, fit.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Comparison_OfSeeds_HasChurnAndTables()
    {
        var text = Text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal);
        ExperimentRunner.Run(new RunRequest(
            Experiment.Parse(text.Replace("training: {", "training: { seed: 2,", StringComparison.Ordinal), "exp.yaml", _folder.Path),
            _folder.At("seed2"), 2), default);
        var (one, two) = (Of(new DiagnosisRequest(_folder.At("run"), Rows: 50)), Of(new DiagnosisRequest(_folder.At("seed2"), Rows: 50)));
        var other = Of(new DiagnosisRequest(_folder.At("run"), Split: "valid", Rows: 50)) with { Run = "valid" };
        var comparison = RunComparison.Of([one, two, other]);
        var churn = Assert.Single(comparison.Churn); // the rows of the third are others
        static double P(float z) => 1 / (1 + Math.Exp(-z));
        Assert.Equal(("run", "seed2", true), (churn.First, churn.Second, churn.SeedsAlone));
        Assert.Equal(one.Outputs!.Logits.Zip(two.Outputs!.Logits, (a, b) => Math.Abs(P(a) - P(b))).Average(),
            churn.MeanProbabilityDifference, 1e-9);
        Assert.InRange(churn.MeanProbabilityDifference, 1e-4, churn.MaxProbabilityDifference);

        var field = comparison.Fields.First(f => f.Field == "C9");
        Assert.Equal(["run", "seed2", "valid"], field.Runs.Select(r => r.Run));
        var layer = one.SharedLayers.First(l => l.Field == "C9");
        Assert.Equal((layer.Spectrum.InformationAbundance / 4, layer.Weighted!.InformationAbundance / 4),
            (field.Runs[0].Abundance, field.Runs[0].WeightedAbundance!.Value));
        Assert.Equal(comparison.Fields.Average(f => f.Runs[0].Abundance), comparison.Runs[0].TableAbundance!.Value, 1e-12);
        using var json = JsonDocument.Parse(DiagnosisFile.ToJson(comparison));
        Assert.Equal(["version", "runs", "fields", "churn"], json.RootElement.EnumerateObject().Select(p => p.Name));
        foreach (var part in new[] { "## Churn", "| run and seed2 | seed |", "## Rows trained on", "| C9 |" })
            Assert.Contains(part, DiagnosisReport.Markdown(comparison), StringComparison.Ordinal);
    }

    [Fact]
    public void Comparison_OfRuns_IsOrderedByMembers()
    {
        var diagnosis = Of(new DiagnosisRequest(_folder.At("run"), Rows: 50));
        var single = diagnosis with { Run = "single", Members = [diagnosis.Members[0]], Agreements = [] };
        var comparison = RunComparison.Of([diagnosis, single]);
        Assert.Equal(["single", "run"], comparison.Runs.Select(r => r.Run));
        Assert.Equal([null, diagnosis.Agreements[0].Cka], comparison.Runs.Select(r => r.Cka));
        Assert.Contains("| run | kdef | 3 | ", DiagnosisReport.Markdown(comparison), StringComparison.Ordinal);
    }

    private static Diagnosis Of(DiagnosisRequest request) => Diagnoser.Run(request, null, default);

    private static string Json(Diagnosis diagnosis) => DiagnosisFile.ToJson(diagnosis);
}
