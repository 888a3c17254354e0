using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
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

    private void Train(string name, int? port, int epochs)
    {
        var file = _folder.File("tiny.yaml", FormattableString.Invariant($$"""
            name: tiny
            data: { schema: criteo, train: train.tsv, valid: valid.tsv, test: test.tsv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { batch_size: 64, epochs: {{epochs}}, learning_rate: 0.01, patience: 0 }
            """));
        using var tracker = port is { } number
            ? new MlflowTracker(new Uri($"http://localhost:{number}"), "clicks", _folder.At(name), _notices.Add, null) : null;
        ExperimentRunner.Run(new RunRequest(Experiment.Load(file), _folder.At(name), 1, Resume: File.Exists(_folder.At($"{name}/checkpoints/last.ckpt")), null, tracker), default);
        tracker?.End(isStopped: false);
    }
}
