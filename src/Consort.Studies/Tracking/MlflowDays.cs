using Consort.Experiments.Updating;
using Consort.Learning.Runs;
using Consort.Studies.Reports.Reading;
using Consort.Studies.Reports.TensorBoard;

namespace Consort.Studies.Tracking;

/// <summary>
/// A folder of a training and its days as one run of an MLflow server, with a metric's value a day at the day's number, and runs within it:
/// one for the training, one for each day that has finished.
/// </summary>
/// <param name="client">The server.</param>
/// <param name="experiment">What the server calls runs that belong together.</param>
/// <param name="folder">The folder of all.</param>
/// <param name="file">The experiment file that has the days.</param>
/// <param name="notice">Told what the user should see.</param>
internal sealed class MlflowDays(MlflowClient client, string experiment, string folder, string file, Action<string> notice)
{
    private readonly RunChain _chain = new(folder);
    private readonly HashSet<string> _done = [];
    private readonly Dictionary<string, MlflowRun> _runs = [];
    private MlflowState? _sent;
    private bool _hasResumed;

    /// <summary>Whether there is something to record.</summary>
    public bool HasBegun => Of(_chain.First).HasBegun;

    /// <summary>Sends news.</summary>
    /// <param name="end">What has become of all of it; null while it goes on.</param>
    public void Send(string? end)
    {
        var first = RunReader.Read(_chain.First);
        _sent ??= MlflowState.Find(_chain.Path, client.Server) ?? Begin(first);
        if (!_hasResumed && _sent.HasParameters)
            client.Update(_sent.Run, "RUNNING", null);
        _hasResumed = true;
        if (!_sent.HasParameters)
        {
            client.Parameters(_sent.Run, MlflowRun.ParametersOf(first).Concat(DayPhase.Written(file)));
            _sent = (_sent with { HasParameters = true }).Keep(_chain.Path);
        }

        Send(_chain.First, "first", first.IsFinished ? "FINISHED" : end);
        foreach (var day in _chain.Runs.Where(d => d != _chain.First && File.Exists(new RunFolder(d).Metrics)))
            Send(day, Path.GetFileName(day), "FINISHED");
        if (end is null)
            return;
        // Where the server takes none, the runs within have said so.
        if (File.Exists(file))
            client.Artifact(_sent.Artifacts, file);
        client.Update(_sent.Run, end, MlflowRun.EndOf(_chain.Newest, end == "FINISHED"));
    }

    private void Send(string folder, string name, string? end)
    {
        if (_done.Contains(folder))
            return;
        if (!Of(folder).IsDone)
        {
            // Before the day counts as sent: what is sent twice is one value there.
            if (RunReader.Read(folder) is { IsFinished: true } record)
                client.Metrics(_sent!.Run, DayScalars.Of(record));
            Of(folder).Send(end, name, _sent!.Run);
        }

        if (Of(folder).IsDone)
            _done.Add(folder);
    }

    private MlflowRun Of(string folder) =>
        _runs.TryGetValue(folder, out var run) ? run : _runs[folder] = new MlflowRun(client, experiment, folder, notice);

    private MlflowState Begin(RunRecord first)
    {
        var (run, artifacts) = client.CreateRun(
            client.Experiment(experiment), first.Experiment.Name, MlflowRun.BeginOf(_chain.First), parent: null);
        return new MlflowState(client.Server.ToString(), run, artifacts, false, 0).Keep(_chain.Path);
    }
}
