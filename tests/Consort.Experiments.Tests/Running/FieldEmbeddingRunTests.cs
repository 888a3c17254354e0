using System.Globalization;
using System.Text;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Learning.Runs;

namespace Consort.Experiments.Tests.Running;

/// <summary>A shared vocabulary, a size of its own, pretrained frozen vectors and numbers as they are, all in one run.</summary>
public sealed class FieldEmbeddingRunTests : IDisposable
{
    private const string Text =
        """
        name: fields
        data: { schema: schema.yaml, source: clicks.csv, cache: CACHE }
        embedding:
          dimension: 4
          numeric: dense
          fields:
            user: { dimension: 3 }
            item: { dimension: 6, pretrained: vectors.tsv, freeze: true }
        members:
          - { model: DeepFM, hidden_units: [8] }
          - { model: DCNv2, hidden_units: [8] }
        training: { epochs: 3, batch_size: 128, learning_rate: 0.02, patience: 0, embedding_l2: 1e-4, embedding_update: UPDATE }
        """;

    private const string Schema =
        """
        delimiter: comma
        header: true
        fields:
          - { name: click, kind: label }
          - { name: user, kind: categorical }
          - { name: item, kind: categorical }
          - { name: price, kind: numeric, transform: standardise }
          - { name: last_item, kind: categorical, share: item }
          - { name: day, kind: categorical }
        """;

    private readonly TempFolder _folder = new();

    public FieldEmbeddingRunTests()
    {
        // A click is likely where item and last item lie on the same side, as their vectors say, and the price is low.
        var random = new Random(7);
        var rows = new StringBuilder("click,user,item,price,last_item,day\n");
        for (var row = 0; row < 3000; row++)
        {
            var (item, last, price) = (random.Next(40), random.Next(40), random.NextDouble());
            var z = (item % 2 == last % 2 ? 1.5 : -1.5) - (2 * (price - 0.5));
            var click = random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
            rows.Append(CultureInfo.InvariantCulture, $"{click},u{random.Next(50)},i{item},{price},i{last},{random.Next(7)}\n");
        }

        _folder.File("clicks.csv", rows.ToString());
        _folder.File("schema.yaml", Schema);
        _folder.File("vectors.tsv", string.Concat(Enumerable.Range(0, 38)
            .Select(i => FormattableString.Invariant($"i{i}\t{(i % 2 == 0 ? 1 : -1)}\t0.5\t{i / 40.0}\t0\t-0.25\t1\n"))));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dense")]
    [InlineData("touched")]
    [InlineData("deferred")]
    public void Run_AllAtOnce_LearnsResumesAndScoresWithoutTheFile(string update)
    {
        var first = Run(update, "run").Training;
        Assert.InRange(first.Test!.Metrics.Ensemble.Auc, 0.7, 1);
        Assert.Contains("\"found\":38", File.ReadAllText(new RunFolder(_folder.At("run")).Events)
            .Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);

        File.Delete(_folder.At("vectors.tsv"));
        var e = Assert.Throws<ConsortException>(() => Run(update, "other"));
        Assert.Equal($"embedding, fields, item, pretrained: {_folder.At("vectors.tsv")}: file not found", e.Message);
        Assert.Equal(first.Test.Metrics.Ensemble, Run(update, "run", resume: true).Training.Test!.Metrics.Ensemble);

        using var run = new FinishedRun(_folder.At("run"), 1);
        var all = run.Measure(_folder.At("clicks.csv"), null, default).Metrics.Ensemble;
        Assert.Equal(3000, all.Rows);
        Assert.InRange(all.Auc, 0.7, 1);
        Assert.Equal(run.Encoder.Space.Categorical[1] with { Name = "last_item" }, run.Encoder.Space.Categorical[2]);
    }

    [Fact]
    public void Run_StoppedAndResumed_GivesTheSameBits()
    {
        var whole = Run("dense", "whole").Training;
        using var stop = new CancellationTokenSource();
        var experiment = Read("dense");
        var progress = new StopAfter(stop);
        Assert.ThrowsAny<OperationCanceledException>(() => ExperimentRunner.Run(
            new RunRequest(experiment, _folder.At("stopped"), 2, Training: progress), stop.Token));
        File.Delete(_folder.At("vectors.tsv"));
        var resumed = Run("dense", "stopped", resume: true).Training;
        Assert.Equal(whole.Test!.Metrics.Ensemble, resumed.Test!.Metrics.Ensemble);
        Assert.Equal(whole.Test.Metrics.Members, resumed.Test.Metrics.Members);
    }

    [Fact]
    public void Run_MistakeInTheVectors_SaysFileAndLine()
    {
        _folder.File("vectors.tsv", "i0\t1\t2\t3\t4\t5\t6\ni1\t1\t2\n");
        Assert.Equal($"{_folder.At("vectors.tsv")}:2: found 2 numbers, expected 6, the column's dimension",
            Assert.Throws<ConsortException>(() => Run("dense", "run")).Message);
    }

    [Theory]
    [InlineData("user: { dimension: 3 }", "usr: { dimension: 3 }",
        "exp.yaml:7, key usr: found no categorical column of that name; did you mean user?")]
    [InlineData("user: { dimension: 3 }", "price: { dimension: 3 }", "exp.yaml:7, key price: found no categorical column of that name")]
    [InlineData("numeric: dense", "numeric: raw", "exp.yaml:5, key numeric: found \"raw\", expected one of embed, dense, both")]
    public void Read_FieldThatIsNot_SaysTheLine(string from, string to, string message) =>
        Assert.Equal(message, Assert.Throws<ConsortException>(() =>
            Experiment.Parse(Filled("dense").Replace(from, to, StringComparison.Ordinal), "exp.yaml", _folder.Path)).Message);

    private string Filled(string update) =>
        Text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal).Replace("UPDATE", update, StringComparison.Ordinal);

    private Experiment Read(string update) => Experiment.Parse(Filled(update), "exp.yaml", _folder.Path);

    private RunResult Run(string update, string folder, bool resume = false) =>
        ExperimentRunner.Run(new RunRequest(Read(update), _folder.At(folder), 2, resume), default);

    // Stops the run after its first evaluation.
    private sealed class StopAfter(CancellationTokenSource source) : IProgress<Consort.Learning.Training.TrainingProgress>
    {
        public void Report(Consort.Learning.Training.TrainingProgress value)
        {
            if (value.Epoch >= 2 || value.Latest is not null)
                source.Cancel();
        }
    }
}
