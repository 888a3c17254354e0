using System.Text.Json;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Studies.Reports.Reading;
using Consort.Studies.Reports.TensorBoard;
using Consort.Studies.Tracking;
using Consort.Synthetic;

namespace Consort.Experiments.Tests.Tracking;

/// <summary>A run that is recorded with a server, with one that fails at first, and with none.</summary>
public sealed class MlflowTrackerTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _notices = [];

    public MlflowTrackerTests()
    {
        var options = new SyntheticOptions { Seed = 3, CardinalityScale = 0.001 };
        foreach (var (name, first, rows) in new[] { ("train", 0, 300), ("valid", 300, 100), ("test", 400, 100) })
            SyntheticClicks.Write(_folder.At($"{name}.tsv"), rows, options with { FirstRow = first }, 1);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_WithAServer_IsThereAsItIsInItsFolder()
    {
        using var server = new MlflowStub();
        Train("run", server.Port, epochs: 3);
        Assert.Empty(server.Refused);
        Assert.Empty(_notices);
        Assert.Equal([("7", "tiny")], server.Runs);
        Assert.Equal(("64", "0.01", "DNN"), (server.Parameters["training.batch_size"], server.Parameters["training.learning_rate"], server.Parameters["members.0.model"]));
        Assert.DoesNotContain(server.Parameters.Keys, k => k.StartsWith("data.schema.", StringComparison.Ordinal));
        Assert.Equal(3, server.Metrics.Count(m => m.Key == "valid/auc"));
        using var metrics = JsonDocument.Parse(File.ReadAllText(_folder.At("run/metrics.json")));
        Assert.Equal(metrics.RootElement.GetProperty("test").GetProperty("auc").GetDouble(), server.Metrics.Single(m => m.Key == "test/auc").Value, 1e-9);
        Assert.Equal(server.Metrics.Max(m => m.Step), server.Metrics.Single(m => m.Key == "test/auc").Step);
        Assert.Equal(["FINISHED"], server.Statuses);
        var log = File.ReadLines(_folder.At("run/events.jsonl")).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("time").GetDateTime()).ToArray();
        Assert.Equal(server.Times["r1"], (Milliseconds(log[0]), Milliseconds(log[^1])));
        Assert.Equal(File.ReadAllBytes(_folder.At("run/metrics.json")), server.Artifacts["7/r1/artifacts/metrics.json"]);
        Assert.Equal(4, server.Artifacts.Count);

        // A run that goes on is the same one there.
        Train("run", server.Port, epochs: 4);
        Assert.DoesNotContain(server.Refused, r => !r.Contains("training.epochs", StringComparison.Ordinal));
        Assert.Single(server.Runs);
        Assert.Equal(["FINISHED", "RUNNING", "FINISHED"], server.Statuses);
        Assert.Equal(4, server.Metrics.Count(m => m.Key == "valid/auc"));
    }

    [Fact]
    public void Run_ServerThatFailsAtFirst_IsThereAtTheEndWithOneWarning()
    {
        using var server = new MlflowStub { Failing = 1 };
        Train("run", server.Port, epochs: 3);
        Assert.Single(_notices);
        Assert.Contains("answered 503", _notices[0], StringComparison.Ordinal);
        Assert.Equal(3, server.Metrics.Count(m => m.Key == "valid/auc"));
        Assert.Equal(["FINISHED"], server.Statuses);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("""{ "experiment": [1] }""")]
    [InlineData("""{ "experiment": { "experiment_id": {} }, "run": [] }""")]
    [InlineData("<html>")]
    public void Run_ServerThatIsAnother_IsTrainedAllTheSame(string answer)
    {
        using var server = new MlflowStub { Lie = answer };
        Train("run", server.Port, epochs: 2);
        Assert.Contains("training goes on", Assert.Single(_notices), StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.At("run/metrics.json")));
    }

    [Fact]
    public void Run_ServerThatIsDown_IsTrainedAllTheSame()
    {
        int port;
        using (var server = new MlflowStub())
            port = server.Port;
        Train("run", port, epochs: 2);
        Assert.Single(_notices);
        Assert.Contains("training goes on", _notices[0], StringComparison.Ordinal);
        Train("plain", null, epochs: 2);
        Assert.Equal(Weights("plain"), Weights("run"));

        byte[] Weights(string run) => File.ReadAllBytes(_folder.At($"{run}/checkpoints/best-train.ckpt"));
    }

    [Fact]
    public void Run_WithDays_IsARunWithOneForEachDayInIt()
    {
        using var server = new MlflowStub();
        Train("run", server.Port, epochs: 2, days: "  - { days: logs/*, max_age: 7 }");
        Assert.Equal(["first", "days/a"], Recorded(server));
        foreach (var (name, rows) in new[] { ("b", 2000), ("c", 3000) })
            SyntheticClicks.Write(_folder.At($"logs/{name}.tsv"), 800, new SyntheticOptions { Seed = 3, CardinalityScale = 0.001, FirstRow = rows }, 1);
        Train("run", server.Port, epochs: 2, days: "  - { days: logs/*, max_age: 7 }");
        Assert.Empty(server.Refused);
        Assert.Empty(_notices);
        Assert.Equal(["first", "days/a", "days/b", "days/c"], Recorded(server));
        Assert.Equal([("7", "tiny"), ("7", "first"), ("7", "a"), ("7", "b"), ("7", "c")], server.Runs);
        Assert.Equal(["r2", "r3", "r4", "r5"], server.Parents.Keys);
        Assert.All(server.Parents.Values, parent => Assert.Equal("r1", parent));
        Assert.Equal("2", server.Parameters["training.epochs"]);
        Assert.All(Enumerable.Range(2, 4), r => Assert.Contains(server.Parameters.Keys, k => k.StartsWith($"r{r}:", StringComparison.Ordinal)));
        Assert.Equal(2, server.Metrics.Count(m => m.Key == "r2:valid/auc"));
        Assert.Equal(["r2:FINISHED", "r3:FINISHED", "FINISHED", "RUNNING", "r4:FINISHED", "r5:FINISHED", "FINISHED"], server.Statuses);
        Assert.Contains("7/r4/artifacts/update.json", server.Artifacts.Keys);
        Assert.Equal(("logs/*", "7", "0.1"), (server.Parameters["days.0.days"], server.Parameters["days.0.max_age"], server.Parameters["days.0.hold_out"]));
        Assert.Equal("7", server.Parameters["r4:update.max_age"]);
        Assert.Equal(File.ReadAllBytes(_folder.At("tiny.yaml")), server.Artifacts["7/r1/artifacts/tiny.yaml"]);
        foreach (var (run, at) in new[] { ("r2", "first"), ("r3", "days/a"), ("r4", "days/b"), ("r5", "days/c") })
            Assert.Equal((Moment(at, "start"), Moment(at, "done")), server.Times[run]);
        Assert.Equal((Moment("first", "start"), Moment("days/c", "done")), server.Times["r1"]);

        // TensorBoard is shown the same.
        Assert.Equal(1, DayScalars.Write(_folder.At("board"), UpdateChain.Of([RunReader.Read(_folder.At("run"))])));
        var events = File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.At("board/run-days"))), System.Text.Encoding.Latin1);
        Assert.Equal((4, 3), (events.Split("day/auc").Length - 1, events.Split("day/before/auc").Length - 1));

        long Moment(string run, string name) => Milliseconds(File.ReadLines(_folder.At($"run/{run}/events.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement).Single(e => e.GetProperty("event").GetString() == name)
            .GetProperty("time").GetDateTime());

        string[] Recorded(MlflowStub server)
        {
            string[] runs = ["first", .. Directory.GetDirectories(_folder.At("run/days")).Order(StringComparer.Ordinal)
                .Select(d => $"days/{Path.GetFileName(d)}")];
            foreach (var (day, run) in runs.Index())
            {
                var valid = RunReader.Read(_folder.At($"run/{run}")).Valid!;
                Assert.Equal([valid.Auc], Of("day/auc", day));
                Assert.Equal([valid.LogLoss], Of("day/log_loss", day));
                if (UpdateRecord.Read(_folder.At($"run/{run}")) is not { } update)
                    continue;
                Assert.Equal([update.Before.Auc], Of("day/before/auc", day));
                Assert.Equal([update.Before.Calibration], Of("day/before/calibration", day));
                Assert.Equal([(double)update.Vocabulary.Size], Of("day/ids", day));
            }

            return runs;

            double[] Of(string key, int day) => [.. server.Metrics.Where(m => m.Key == key && m.Step == day).Select(m => m.Value).Distinct()];
        }
    }

    private static long Milliseconds(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();

    private void Train(string name, int? port, int epochs, string? days = null)
    {
        SyntheticClicks.Write(_folder.At("logs/a.tsv"), 800, new SyntheticOptions { Seed = 3, CardinalityScale = 0.001, FirstRow = 1000 }, 1);
        var file = _folder.File("tiny.yaml", FormattableString.Invariant($$"""
            name: tiny
            data: { schema: criteo, train: train.tsv, valid: valid.tsv, test: test.tsv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { batch_size: 64, epochs: {{epochs}}, learning_rate: 0.01, patience: 0 }
            {{(days is null ? "" : $"phases:\n{days}")}}
            """));
        using var tracker = port is { } number ? new MlflowTracker(
            new Uri($"http://localhost:{number}"), "clicks", _folder.At(name), _notices.Add, null, daysOf: days is null ? null : file) : null;
        var daily = DailyExperiment.Load(file);
        var request = new RunRequest(daily.First, _folder.At(name), 1, Resume: Directory.Exists(_folder.At(name)), null, tracker);
        if (days is null)
            ExperimentRunner.Run(request, default);
        else
            DailyRunner.Run(request, daily.Phases, default);
        tracker?.End(isStopped: false);
    }
}
