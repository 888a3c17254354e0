using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Studies.Reports.Reading;
using Consort.Studies.Reports.TensorBoard;

namespace Consort.Studies.Tracking;

/// <summary>
/// A run of a folder as a run of an MLflow server: each call sends what the folder holds and the server does not know yet.
/// </summary>
/// <param name="client">The server.</param>
/// <param name="experiment">What the server calls runs that belong together.</param>
/// <param name="folder">The run's folder.</param>
/// <param name="notice">Told what the user should see.</param>
internal sealed class MlflowRun(MlflowClient client, string experiment, string folder, Action<string> notice)
{
    private readonly RunFolder _run = new(folder);
    private MlflowState? _sent;
    private bool _hasResumed;

    /// <summary>Whether there is something to record: a start that was refused has nothing.</summary>
    public bool HasBegun => File.Exists(_run.Experiment) && File.Exists(_run.Events);

    /// <summary>Whether the server has it to its end.</summary>
    public bool IsDone => (_sent ?? MlflowState.Find(_run.Path, client.Server)) is { IsDone: true };

    /// <summary>Sends news.</summary>
    /// <param name="end">What has become of it, <c>FINISHED</c>, <c>FAILED</c> or <c>KILLED</c>; null while it is trained.</param>
    /// <param name="name">What it is called there; null for the experiment's name.</param>
    /// <param name="parent">The run there that it is part of, or null.</param>
    /// <returns>What the folder holds.</returns>
    public RunRecord Send(string? end, string? name = null, string? parent = null)
    {
        var record = RunReader.Read(_run.Path);
        _sent ??= Kept(record) ?? Begin(record, name, parent);
        if (!_hasResumed && _sent.HasParameters)
            client.Update(_sent.Run, "RUNNING", null);
        _hasResumed = true;
        if (!_sent.HasParameters)
        {
            client.Parameters(_sent.Run, ParametersOf(record));
            Keep(_sent with { HasParameters = true });
        }

        var news = record with { Evaluations = [.. record.Evaluations.Skip(_sent.Evaluations)], Test = null };
        var results = end is null ? [] : RunScalars.Of(record).Where(s => s.Tag.StartsWith("test/", StringComparison.Ordinal));
        client.Metrics(_sent.Run, RunScalars.Of(news).Concat(results));
        Keep(_sent with { Evaluations = record.Evaluations.Count });
        if (end is null)
            return record;
        if (record.IsFinished)
            foreach (var file in new[] { _run.Experiment, _run.Environment, _run.Metrics, _run.Report, _run.Update }.Where(File.Exists))
                if (!client.Artifact(_sent.Artifacts, file))
                {
                    notice($"MLflow at {client.Server}: its artefacts lie at {_sent.Artifacts}, which it does not take itself; files stay in {_run.Path}");
                    break;
                }

        client.Update(_sent.Run, end, EndOf(_run.Path, record.IsFinished));
        Keep(_sent with { IsDone = record.IsFinished });
        return record;
    }

    /// <summary>Every option of a run's experiment but its schema, and of an update those by which it went on.</summary>
    public static IEnumerable<(string Key, string Value)> ParametersOf(RunRecord record) => record.Experiment.Options
        .Without("data.schema").Leaves().Select(l => (OptionPath.Join(l.Steps), l.Value.ToString()))
        .Concat(record.Update?.Options.Select(o => ($"update.{o.Key}", o.Value)) ?? []);

    /// <summary>When a run began: what it is recorded as, whenever that is.</summary>
    public static DateTime BeginOf(string folder) => Events.Times(new RunFolder(folder).Events).Begun ?? DateTime.UtcNow;

    /// <summary>When a run ended; now where it did not come to its end.</summary>
    public static DateTime EndOf(string folder, bool isFinished) =>
        (isFinished ? Events.Times(new RunFolder(folder).Events).Done : null) ?? DateTime.UtcNow;

    private MlflowState Begin(RunRecord record, string? name, string? parent)
    {
        var (run, artifacts) = client.CreateRun(
            client.Experiment(experiment), name ?? record.Experiment.Name, BeginOf(_run.Path), parent);
        return Keep(new MlflowState(client.Server.ToString(), run, artifacts, false, 0));
    }

    // Of a run begun anew in the same folder nothing is known there.
    private MlflowState? Kept(RunRecord record) =>
        MlflowState.Find(_run.Path, client.Server) is { } sent && record.Evaluations.Count >= sent.Evaluations ? sent : null;

    private MlflowState Keep(MlflowState sent) => _sent = sent.Keep(_run.Path);
}
