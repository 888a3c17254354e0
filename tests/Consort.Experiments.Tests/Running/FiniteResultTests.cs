using System.Globalization;
using System.Text;
using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Learning.Runs;
using Consort.Studies.Recipes;
using Consort.Studies.Reports.Reading;

namespace Consort.Experiments.Tests.Running;

/// <summary>Runs over rows that have no finite answer, or no AUC.</summary>
public sealed class FiniteResultTests : IDisposable
{
    private const string Schema = """
        delimiter: comma
        header: true
        quoted: true
        fields:
          - { name: y, kind: label }
          - { name: user, kind: categorical }
          - { name: price, kind: numeric, transform: none, outside: keep }
          - { name: size, kind: numeric, transform: standardise, outside: keep }
        """;

    private const string Text = """
        name: finite
        data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: test.csv, cache: CACHE }
        embedding: { dimension: 4, numeric: both }
        members: [{ model: DCN, hidden_units: [8], cross_layers: 3 }]
        training: { epochs: 2, batch_size: 64, learning_rate: 0.01, monitor: auc }
        """;

    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];

    public FiniteResultTests()
    {
        _folder.File("schema.yaml", Schema);
        foreach (var (name, seed) in new[] { ("train", 1), ("valid", 2), ("test", 3) })
            Write(name, seed, row => row.Next(2));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PredictAndMeasure_ValueThatOverflows_NameFileLineAndColumn()
    {
        using var run = new FinishedRun(Train().Folder, 1);
        // A quoted cell of two lines, so that the row's line is not its number.
        var rows = _folder.File("new.csv", "y,user,price,size\n1,\"u\n1\",3,4\n0,u2,1e14,1e3\n1,u3,5,1\n");
        var wrong = $"{rows}:4, column price: found about 1E+14, by which the model's logit is not finite, expected a number nearer to the training rows' ";
        var written = 0;
        Assert.StartsWith(wrong, Assert.Throws<ConsortException>(() =>
            run.Predict(rows, batch => written += batch.Rows, null, default)).Message, StringComparison.Ordinal);
        Assert.Equal(0, written);
        Assert.StartsWith(wrong, Assert.Throws<ConsortException>(() => run.Measure(rows, null, default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ValidationValueThatOverflows_NamesEpochAndRowAndKeepsNoWeights()
    {
        File.AppendAllText(_folder.At("valid.csv"), "1,u1,1e30,4\n");
        var e = Assert.Throws<ConsortException>(() => Train());
        Assert.Matches("^evaluation after epoch 1, step 5: row 101 of the valid rows, column price: found about 1E\\+30", e.Message);
        Assert.False(new RunFolder(_folder.At("run")).HasTrained); // no checkpoint
        Assert.False(File.Exists(_folder.At("run/metrics.json")));
    }

    [Fact]
    public void Train_TestRowsOfOneClass_WarnsAndWritesNulls()
    {
        Write("test", 3, _ => 0);
        var result = Train();
        Assert.Equal(
            ["warning: the test rows (100) hold no clicks, so their AUC and their ratio of predicted to observed clicks are not defined; name other rows where these matter"], _warnings);
        var folder = new RunFolder(result.Folder);
        foreach (var file in Directory.GetFiles(folder.Path).Where(f => !f.EndsWith(".bin", StringComparison.Ordinal)))
            Assert.DoesNotMatch("NaN|Infinity|∞", File.ReadAllText(file));
        using (var json = JsonDocument.Parse(File.ReadAllText(folder.Metrics)))
        {
            var test = json.RootElement.GetProperty("test");
            Assert.Equal((JsonValueKind.Null, JsonValueKind.Null),
                (test.GetProperty("auc").ValueKind, test.GetProperty("calibration").ValueKind));
            Assert.Equal(JsonValueKind.Number, test.GetProperty("logloss").ValueKind);
        }

        Assert.Contains("| test | – |", File.ReadAllText(folder.Report), StringComparison.Ordinal);
        // What reads them takes null, and the words of earlier versions.
        Assert.True(double.IsNaN(RunSummary.Find(folder)!.Auc));
        Assert.True(double.IsNaN(RunReader.Read(folder.Path).Test!.Auc));
        RunPacker.Pack(new PackRequest(folder.Path, _folder.At("m.consort"), Threads: 1), default);
        File.WriteAllText(folder.Metrics, File.ReadAllText(folder.Metrics)
            .Replace("\"calibration\": null", "\"calibration\": \"Infinity\"", StringComparison.Ordinal)
            .Replace("\"auc\": null", "\"auc\": \"NaN\"", StringComparison.Ordinal));
        Assert.True(double.IsNaN(RunSummary.Find(folder)!.Auc));
        Assert.Equal(double.PositiveInfinity, RunReader.Read(folder.Path).Test!.Calibration);
        RunPacker.Pack(new PackRequest(folder.Path, _folder.At("old.consort"), Threads: 1), default);
        Assert.Equal(-1, File.ReadAllBytes(_folder.At("old.consort")).AsSpan().IndexOf("\"NaN\""u8));
        Assert.Equal(-1, File.ReadAllBytes(_folder.At("old.consort")).AsSpan().IndexOf("Infinity"u8));
    }

    [Fact]
    public void Train_ValidationRowsOfOneClass_IsRefusedBeforeAnythingIsWritten()
    {
        Write("valid", 2, _ => 1);
        var e = Assert.Throws<ConsortException>(() => Train());
        Assert.StartsWith("the 100 validation rows have nothing but clicks, so monitor: auc cannot choose the best weights; use monitor: logloss", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("run/experiment.yaml")));
        // Once the file is mended the same folder serves.
        Assert.True(double.IsFinite(Train(
            Text.Replace("monitor: auc", "monitor: logloss", StringComparison.Ordinal)).Training.Valid.Metrics.Ensemble.LogLoss));
        Assert.Contains(_warnings, w =>
            w.StartsWith("warning: the validation rows (100) hold nothing but clicks, so their AUC is not defined",
                StringComparison.Ordinal));
    }

    [Fact]
    public void Train_MoreMemoryThanThereIs_IsRefusedBeforeAnythingIsWritten()
    {
        var wide = Text.Replace("dimension: 4", "dimension: 1024", StringComparison.Ordinal)
            .Replace("batch_size: 64", "batch_size: 1048576", StringComparison.Ordinal)
            .Replace("hidden_units: [8]", "hidden_units: [30000, 30000]", StringComparison.Ordinal);
        var e = Assert.Throws<ConsortException>(() => Train(wide));
        Assert.Matches("^a step of batch 1048576 needs about [\\d.]+ GB, [\\d.]+ [GM]B are free; ", e.Message);
        Assert.False(File.Exists(_folder.At("run/experiment.yaml")));
    }

    private RunResult Train(string text = Text) => ExperimentRunner.Run(
        new RunRequest(Experiment.Parse(text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal), "exp.yaml", _folder.Path),
            _folder.At("run"), 1)
        {
            Notice = _warnings.Add,
        },
        default);

    private void Write(string name, int seed, Func<Random, int> label)
    {
        var random = new Random(seed);
        var text = new StringBuilder("y,user,price,size\n");
        for (var row = 0; row < (name == "train" ? 300 : 100); row++)
            text.Append(CultureInfo.InvariantCulture, $"{label(random)},u{random.Next(9)},{random.NextDouble():F3},{random.Next(50)}\n");
        _folder.File($"{name}.csv", text.ToString());
    }
}
