using System.Text.Json;
using Consort.Foundation.Files;
using Consort.Learning.Runs;
using Consort.Learning.Training;
using Consort.Studies.Reports.Reading;
using Consort.Studies.Reports.TensorBoard;

namespace Consort.Studies.Tracking;

/// <summary>
/// Records a run with an MLflow server while it is trained: parameters once, metrics after each evaluation, results and files at its end.
/// It reads the run's own log on a thread of its own; training waits for nothing, and a server that is down is a warning, once. What could
/// not be sent is sent with what comes next.
/// </summary>
public sealed class MlflowTracker : IProgress<TrainingProgress>, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly string _experiment;
    private readonly Uri _server;
    private readonly RunFolder _run;
    private readonly Action<string> _notice;
    private readonly IProgress<TrainingProgress>? _inner;
    private readonly MlflowClient _client;
    private readonly SemaphoreSlim _news = new(0);
    private readonly Thread _thread;
    private volatile bool _isOver;
    private string _status = "FAILED";
    private Sent? _sent;
    private bool _hasWarned, _hasResumed;

    /// <summary>What the server knows of a run: kept in its folder, so that a run that goes on is the same one there.</summary>
    private sealed record Sent(string Server, string Run, string Artifacts, bool HasParameters, int Evaluations);

    /// <summary>Begins to follow a run; nothing is sent before its first evaluation.</summary>
    /// <param name="server">Such as <c>http://localhost:5000</c>.</param>
    /// <param name="experiment">What the server calls runs that belong together.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="notice">Told what the user should see.</param>
    /// <param name="inner">Told all that this one is told, or null.</param>
    public MlflowTracker(Uri server, string experiment, string folder, Action<string> notice, IProgress<TrainingProgress>? inner)
    {
        (_server, _experiment, _run, _notice, _inner) = (server, experiment, new RunFolder(folder), notice, inner);
        _client = new MlflowClient(server, Timeout);
        _thread = new Thread(Follow) { IsBackground = true, Name = "mlflow" };
        _thread.Start();
    }

    private string StateFile => Path.Combine(_run.Path, "mlflow.json");

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        _inner?.Report(value);
        if (value.Batches == 0)
            _news.Release();
    }

    /// <summary>The run has come to its end, or was stopped: what is left is sent when this is disposed of.</summary>
    public void End(bool isStopped) => _status = isStopped ? "KILLED" : "FINISHED";

    /// <summary>Sends what is left, and says what has become of the run.</summary>
    public void Dispose()
    {
        _isOver = true;
        _news.Release();
        _thread.Join();
        _client.Dispose();
        _news.Dispose();
    }

    private void Follow()
    {
        for (var isOver = false; !isOver;)
        {
            _news.Wait();
            while (_news.CurrentCount > 0)
                _news.Wait();
            isOver = _isOver;
            try
            {
                // A start that was refused has nothing to record.
                if (File.Exists(_run.Experiment) && File.Exists(_run.Events))
                    Send(isOver);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException or IOException
                or ConsortException)
            {
                if (!_hasWarned)
                    _notice($"MLflow at {_server}: {e.Message}; training goes on, and what could not be recorded is tried again");
                _hasWarned = true;
            }
        }
    }

    private void Send(bool isOver)
    {
        var record = RunReader.Read(_run.Path);
        _sent ??= Kept(record) ?? Begin(record);
        if (!_hasResumed && _sent.HasParameters)
            _client.Update(_sent.Run, "RUNNING", null);
        _hasResumed = true;
        if (!_sent.HasParameters)
        {
            _client.Parameters(_sent.Run, record.Experiment.Options.Without("data.schema").Leaves()
                .Select(l => (Foundation.Options.OptionPath.Join(l.Steps), l.Value.ToString())));
            Keep(_sent with { HasParameters = true });
        }

        var news = record with { Evaluations = [.. record.Evaluations.Skip(_sent.Evaluations)], Test = null };
        var results = isOver ? RunScalars.Of(record).Where(s => s.Tag.StartsWith("test/", StringComparison.Ordinal)) : [];
        _client.Metrics(_sent.Run, RunScalars.Of(news).Concat(results).Select(s => (s.Tag, s.Value, s.Step, s.Time)));
        Keep(_sent with { Evaluations = record.Evaluations.Count });
        if (!isOver)
            return;
        if (record.IsFinished)
            foreach (var file in new[] { _run.Experiment, _run.Environment, _run.Metrics, _run.Report }.Where(File.Exists))
                if (!_client.Artifact(_sent.Artifacts, file))
                {
                    _notice($"MLflow at {_server}: its artefacts lie at {_sent.Artifacts}, which it does not take itself; files stay in {_run.Path}");
                    break;
                }

        _client.Update(_sent.Run, _status, DateTime.UtcNow);
    }

    private Sent Begin(RunRecord record)
    {
        var start = record.Evaluations.Count > 0 ? record.Evaluations[0].Time : DateTime.UtcNow;
        var (run, artifacts) = _client.CreateRun(_client.Experiment(_experiment), record.Experiment.Name, start);
        return Keep(new Sent(_server.ToString(), run, artifacts, false, 0));
    }

    // Of a run begun anew in the same folder, or with another server, nothing is known there.
    private Sent? Kept(RunRecord record) =>
        File.Exists(StateFile) && JsonSerializer.Deserialize<Sent>(File.ReadAllBytes(StateFile)) is { } sent
            && sent.Server == _server.ToString() && record.Evaluations.Count >= sent.Evaluations ? sent : null;

    private Sent Keep(Sent sent)
    {
        SafeFile.Write(StateFile, stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(sent)));
        return _sent = sent;
    }
}
