using System.Globalization;
using System.Text;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Serving.Calibrations;
using Consort.Serving.Packages;
using Consort.Synthetic;

namespace Consort.Serving.Tests;

/// <summary>From a run to a package, as `consort pack` goes.</summary>
public sealed class RunPackerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-pack-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pack_ARun_ScoresRawRowsAsTheRunDoes()
    {
        var run = Train();
        var path = Path.Combine(_folder, "model.consort");
        var result = RunPacker.Pack(new PackRequest(run, path, 1), CancellationToken.None);
        Assert.Null(result.NotMeasured);
        Assert.Equal(["valid", "test"], result.Splits.Select(s => s.Split));
        Assert.All(result.Splits, s => Assert.Equal(s.Trained.Auc, s.Packed.Auc, 5e-5));
        using var scorer = Scorer.Load(path);
        Assert.NotEmpty(scorer.Package.TrainingData);
        Assert.True(scorer.Package.Metrics!.Value.TryGetProperty("test", out _));
        var expected = Predictions(run);
        Assert.Equal(expected.Count, Compare(scorer, expected, 1e-6));

        // A member alone, in fewer bytes, calibrated.
        var small = RunPacker.Pack(
            new PackRequest(run, path, 1) { Member = 1, Weights = PackageWeights.Int8, Calibration = CalibrationKind.Isotonic },
            CancellationToken.None);
        Assert.True(small.Bytes < result.Bytes);
        Assert.Equal(["DNN"], small.Members);
        Assert.True(small.Splits[0].Packed.CalibrationError <= small.Splits[0].Trained.CalibrationError + 1e-9);
        using var member = Scorer.Load(path);
        Assert.Equal([1], member.Package.Members);
        Assert.Equal(CalibrationKind.Isotonic, member.Package.Calibration.Kind);
        Assert.Single(Directory.GetFiles(_folder, "*.consort*")); // no drafts stay
    }

    [Fact]
    public void Pack_WhereTheRowsAreGone_SaysSoAndDoesNotCalibrate()
    {
        var run = Train();
        File.Delete(Path.Combine(_folder, "clicks.tsv"));
        foreach (var cache in Directory.GetDirectories(_folder, "cache*"))
            Directory.Delete(cache, recursive: true);
        var path = Path.Combine(_folder, "model.consort");
        Assert.Contains("clicks.tsv", RunPacker.Pack(new PackRequest(run, path, 1), CancellationToken.None).NotMeasured,
            StringComparison.Ordinal);
        var before = File.ReadAllBytes(path);
        var mistake = Assert.Throws<ConsortException>(() => RunPacker.Pack(
            new PackRequest(run, path, 1) { Calibration = CalibrationKind.Platt }, CancellationToken.None));
        Assert.Contains("not at hand", mistake.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Contains("expected 0 to 1", Assert.Throws<ConsortException>(
            () => RunPacker.Pack(new PackRequest(run, path, 1) { Member = 2 }, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pack_OfSampledNegatives_TellsOfAllRows()
    {
        var run = Train(40_000, "sample: {negatives: 0.2, seed: 3},", "epochs: 1, batch_size: 64");
        var path = Path.Combine(_folder, "model.consort");
        var result = RunPacker.Pack(new PackRequest(run, path, 1), CancellationToken.None);
        // Left as they are, probabilities would be twice as high and more.
        Assert.All(result.Splits, s => Assert.InRange(s.Trained.Calibration, 0.9, 1.1));
        Assert.All(result.Splits, s => Assert.Equal(s.Trained.Calibration, s.Packed.Calibration, 1e-4));
        using var scorer = Scorer.Load(path);
        Compare(scorer, Predictions(run), 1e-6);
        var impression = scorer.NewImpression();
        var logits = new float[2];
        scorer.Logits(impression, logits);
        Assert.Equal(scorer.Score(impression), 1 / (1 + Math.Exp(-logits.Average())), 1e-6);
        Assert.Equal(Math.Log(0.2), scorer.Encoder.Schema.LogitShift);
    }

    private string Train(int rows = 3000, string keys = "", string training = "epochs: 1, batch_size: 256")
    {
        SyntheticClicks.Write(Path.Combine(_folder, "clicks.tsv"), rows, new SyntheticOptions(), threads: 1);
        File.Copy(Path.Combine(_folder, "clicks.tsv"), Path.Combine(_folder, "new.tsv"), overwrite: true);
        File.WriteAllText(Path.Combine(_folder, "experiment.yaml"), string.Create(CultureInfo.InvariantCulture, $$"""
            data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, by: seed, {{keys}} cache: {{Path.Combine(_folder, "cache")}} }
            embedding: { dimension: 8 }
            members:
              - { model: DeepFM, hidden_units: [16], batch_norm: true }
              - { model: DNN, hidden_units: [16] }
            training: { {{training}} }
            """));
        var run = Path.Combine(_folder, "run");
        ExperimentRunner.Run(new RunRequest(Experiment.Load(Path.Combine(_folder, "experiment.yaml")), run, Threads: 1),
            CancellationToken.None);
        return run;
    }

    private List<double> Predictions(string run)
    {
        var all = new List<double>();
        using var family = new FinishedRun(run, threads: 1);
        family.Predict(Path.Combine(_folder, "new.tsv"), batch => all.AddRange(batch.EnsembleProbabilities()[..batch.Rows]), null,
            CancellationToken.None);
        return all;
    }

    private int Compare(Scorer scorer, List<double> expected, double tolerance)
    {
        var rows = 0;
        var schema = scorer.Encoder.Schema.Fields.Select(f => f.Name).ToList();
        var places = scorer.Fields.Select(f => schema.IndexOf(f)).ToArray();
        foreach (var line in File.ReadLines(Path.Combine(_folder, "new.tsv")))
        {
            var cells = line.Split('\t');
            var found = scorer.Score([.. places.Select(p => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(cells[p]))]);
            Assert.True(Math.Abs(found - expected[rows]) <= tolerance, $"row {rows}: {found}, the run {expected[rows]}");
            rows++;
        }

        return rows;
    }
}
