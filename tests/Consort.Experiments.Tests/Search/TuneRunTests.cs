using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Studies.Search;
using Consort.Synthetic;

namespace Consort.Experiments.Tests.Search;

/// <summary>A search over tiny clicks, from a start that learns nothing.</summary>
public sealed class TuneRunTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _file;

    public TuneRunTests()
    {
        var options = new SyntheticOptions { Seed = 3, CardinalityScale = 0.001 };
        foreach (var (name, first, rows) in new[] { ("train", 0, 1200), ("valid", 1200, 601), ("test", 1801, 200) })
            SyntheticClicks.Write(_folder.At($"{name}.tsv"), rows, options with { FirstRow = first }, 1);
        _file = _folder.File("tiny.yaml", $$"""
            name: tiny
            data: { schema: criteo, train: train.tsv, valid: valid.tsv, test: test.tsv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { batch_size: 64, epochs: 4, learning_rate: 1e-6, patience: 2, seed: 5 }
            search:
              others: fixed
              training.learning_rate: { from: 1e-6, to: 0.1, scale: log }
              embedding.initial_deviation: [1e-4, 0.1]
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_FromAPoorStart_FindsABetterSettingOnRowsItHasNotSeen()
    {
        var result = TuneRun.Run(Request("out") with { Trials = 9, Finalists = 2, Seeds = 2 }, default);
        Assert.Equal((9, 0, 2), (result.Trials, result.Failed, result.Seeds));
        Assert.NotEqual("start", result.Best.Name);
        Assert.Equal(result.Best.Auc - result.Start.Auc, result.Auc!.Difference, 1e-6);
        Assert.True(result.Auc.Difference > 0.02, $"{result.Auc.Difference}");
        Assert.Equal(result.Settings.Max(s => s.Score), result.Best.Score);

        var best = Experiment.Load(result.BestFile); // ready to train
        Assert.Equal(double.Parse(result.Best.Values["training.learning_rate"], System.Globalization.CultureInfo.InvariantCulture), best.Phases[0].LearningRate);
        Assert.Equal(("tiny, tuned", 4, 0), (best.Name, best.Phases[0].Epochs, best.Training.ValidLeaveOut.Count));
        var page = File.ReadAllText(result.Page);
        foreach (var words in new[] { "What good settings have in common", "What mattered", result.Best.Name, "<svg" })
            Assert.Contains(words, page, StringComparison.Ordinal);

        // Half of the validation rows are seen by training, the other half measures.
        using var metrics = JsonDocument.Parse(File.ReadAllText(_folder.At("out/finals/start-seed6/metrics.json")));
        Assert.InRange(metrics.RootElement.GetProperty("valid").GetProperty("rows").GetInt64(), 300, 301);
        Assert.False(Directory.Exists(_folder.At("out/trials")));
    }

    [Fact]
    public void Run_StoppedTwice_EndsAsOneThatWasNot()
    {
        var request = Request("whole") with { Trials = 6, Finalists = 1, Seeds = 1 };
        var whole = TuneRun.Run(request, default);
        foreach (var steps in new[] { 2, 5 })
        {
            using var stop = new CancellationTokenSource();
            var done = 0;
            Assert.ThrowsAny<OperationCanceledException>(() => TuneRun.Run(Request("parts") with
            {
                Trials = 6,
                Finalists = 1,
                Seeds = 1,
                Progress = _ =>
                {
                    if (++done == steps)
                        stop.Cancel();
                },
            }, stop.Token));
        }

        var parts = TuneRun.Run(Request("parts") with { Trials = 6, Finalists = 1, Seeds = 1 }, default);
        Assert.Equal(Trials("whole"), Trials("parts"));
        Assert.Equal((whole.Best.Auc, whole.Best.Name, whole.Auc), (parts.Best.Auc, parts.Best.Name, parts.Auc));

        // What has finished is not repeated, and another search is refused.
        Assert.Equal(parts.Best.Auc, TuneRun.Run(Request("parts") with { Trials = 6, Finalists = 1, Seeds = 1 }, default).Best.Auc);
        var other = Assert.Throws<ConsortException>(() => TuneRun.Run(Request("parts") with { Trials = 6, Seed = 2 }, default));
        Assert.Contains("a search of another experiment", other.Message, StringComparison.Ordinal);

        // But for how long they took.
        string Trials(string folder)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(_folder.At($"{folder}/search.json")));
            return string.Join('\n', json.RootElement.GetProperty("trials").EnumerateArray().Select(t => string.Join(' ',
                t.GetProperty("values").ToString(), string.Join(' ', t.GetProperty("rungs").EnumerateArray().Select(r => r.GetProperty("score").ToString())))));
        }
    }

    [Fact]
    public void Run_TwoJobs_TriesAsMany()
    {
        var result = TuneRun.Run(Request("jobs", threads: 2) with { Trials = 6, Jobs = 2, Finalists = 1, Seeds = 1 }, default);
        Assert.Equal(6, result.Trials);
        Assert.Equal(2, result.Settings.Count);
    }

    [Fact]
    public void Run_RangeThatAnOptionCannotHave_IsRefusedFirst()
    {
        var request = Request("wrong") with { Search = OptionTree.Parse("training.ema: { from: 0.5, to: 2 }") };
        Assert.Contains("ema", Assert.Throws<ConsortException>(() => TuneRun.Run(request, default)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("wrong")));
    }

    private TuneRequest Request(string folder, int threads = 1) =>
        new(Experiment.Load(_file), OptionTree.Load(_file).Find("search"), _folder.At(folder), threads);
}
