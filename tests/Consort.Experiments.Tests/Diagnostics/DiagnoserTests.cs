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
                "shared_layers"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["member", "model", "output", "discrepancy", "layers", "last_layers", "knowledge_abundance", "centred_abundance",
                "effective_rank"],
            json.RootElement.GetProperty("members")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["layer", "kind", "field", "rows", "units", "silent_units", "spectrum", "centred", "verdict", "explanation"],
            json.RootElement.GetProperty("shared_layers")[0].EnumerateObject().Select(p => p.Name));

        var page = File.ReadAllText(Path.Combine(_folder.At("run"), "diagnosis.md"));
        foreach (var part in new[] { "# Diagnosis of run", "member 1: DCN", "## Agreement of members", "## Layers", "## Embeddings",
            "## Calibration", "gAUC by C9" })
            Assert.Contains(part, page, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.At("run"), "diagnosis.json"), "{\"version\": 1");
        Assert.Contains("make it again with `consort diagnose`",
            Assert.Throws<ConsortException>(() => DiagnosisFile.Read(_folder.At("run"))).Message, StringComparison.Ordinal);
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
