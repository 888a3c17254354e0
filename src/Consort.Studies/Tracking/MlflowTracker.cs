using System.Text.Json;
using Consort.Learning.Training;

namespace Consort.Studies.Tracking;

/// <summary>
/// Records a run with an MLflow server while it is trained: parameters once, metrics after each evaluation, results and files at its end;
/// of a training with days a run of them all, and within it one for the training and one for each day when it has finished.
/// It reads the run's own log on a thread of its own; training waits for nothing, and a server that is down is a warning, once. What could
/// not be sent is sent with what comes next.
/// </summary>
public sealed class MlflowTracker : IProgress<TrainingProgress>, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Uri _server;
    private readonly Func<bool> _hasBegun;
    private readonly Action<string?> _send;
    private readonly Action<string> _notice;
    private readonly IProgress<TrainingProgress>? _inner;
    private readonly MlflowClient _client;
    private readonly SemaphoreSlim _news = new(0);
    private readonly Thread _thread;
    private volatile bool _isOver;
    private string _status = "FAILED";
    private bool _hasWarned;

    /// <summary>Begins to follow a run; nothing is sent before its first evaluation.</summary>
    /// <param name="server">Such as <c>http://localhost:5000</c>.</param>
    /// <param name="experiment">What the server calls runs that belong together.</param>
    /// <param name="folder">The run's folder, or that of a training and its days.</param>
    /// <param name="notice">Told what the user should see.</param>
    /// <param name="inner">Told all that this one is told, or null.</param>
    /// <param name="daysOf">The experiment file of a training with days; null of one without.</param>
    public MlflowTracker(Uri server, string experiment, string folder, Action<string> notice, IProgress<TrainingProgress>? inner,
        string? daysOf = null)
    {
        (_server, _notice, _inner) = (server, notice, inner);
        _client = new MlflowClient(server, Timeout);
        if (daysOf is not null)
        {
            var days = new MlflowDays(_client, experiment, folder, daysOf, notice);
            (_hasBegun, _send) = (() => days.HasBegun, days.Send);
        }
        else
        {
            var run = new MlflowRun(_client, experiment, folder, notice);
            (_hasBegun, _send) = (() => run.HasBegun, end => run.Send(end));
        }

        _thread = new Thread(Follow) { IsBackground = true, Name = "mlflow" };
        _thread.Start();
    }

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
                if (_hasBegun())
                    _send(isOver ? _status : null);
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
}
