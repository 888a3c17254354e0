using System.Globalization;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Studies.Advice;
using Consort.Studies.Baselines;

namespace Consort.Experiments.Tests.Advice;

/// <summary>Advice within a time.</summary>
public sealed class AdviceRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_WithoutTime_SaysSoOfEachInTheOrderOfTheLadder()
    {
        foreach (var name in new[] { "train.csv", "valid.csv" })
            _folder.File(name, "label,a\n" + string.Concat(Enumerable.Range(0, 60).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 2},a{i % 5}\n"))));
        _folder.File("schema.yaml", "delimiter: comma\nheader: true\nfields:\n  - { name: label, kind: label }\n  - { name: a, kind: categorical }\n");
        var experiment = Experiment.Load(_folder.File("tiny.yaml", $$"""
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            members: [{ model: LR }]
            """));
        var lines = new List<string>();
        var mistake = Assert.Throws<ConsortException>(() => AdviceRun.Run(
            new AdviceRequest(experiment, _folder.At("out"), 1, Minutes: 1e-9) { Baseline = new None(), Progress = lines.Add }, default));
        Assert.Contains("found no time for one epoch of any model", mistake.Message, StringComparison.Ordinal);
        Assert.Equal("LR FM None DeepFM DCNv2 FinalMLP".Split(' ').Select(m => $"{m}: no time"), lines);
    }

    [Fact]
    public void Suited_AModelWithoutATower_HasItsOwnSettingsAndATowerTheDrafts()
    {
        var draft = OptionTree.Parse("training: { learning_rate: 1e-3, embedding_l2: 1e-2, epochs: 5, patience: 2 }");
        Assert.Equal(draft, PlainModels.Suited(draft, "DeepFM"));
        var (lr, fm) = (PlainModels.Suited(draft, "LR"), PlainModels.Suited(draft, "FM"));
        Assert.Equal(("1e-3", "60", "4"), (lr.TextAt("training.learning_rate"), lr.TextAt("training.epochs"), lr.TextAt("training.patience")));
        Assert.Equal((1e-6, 1e-4), (lr.NumberAt("training.embedding_l2"), fm.NumberAt("training.embedding_l2")));
        Assert.Equal(1e-7, PlainModels.Suited(draft.With("training.embedding_l2", 1e-7), "FM").NumberAt("training.embedding_l2"));
    }

    private sealed class None : IBaseline
    {
        public string Name => "None";

        public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation) =>
            throw new InvalidOperationException("there is no time");
    }
}
