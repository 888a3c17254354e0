using Consort.Experiments.Statistics;
using Consort.Foundation.Files;

namespace Consort.Studies.Reports.Reading;

/// <summary>A run beside a baseline, as <c>consort baseline --json</c> has it.</summary>
/// <param name="Run">Its folder.</param>
/// <param name="Auc">Its AUC on the test rows.</param>
/// <param name="LogLoss">Its log-loss.</param>
/// <param name="Difference">Its AUC minus the baseline's, or null.</param>
/// <param name="LogLossDifference">Likewise of the log-loss.</param>
/// <param name="Together">The AUC of the mean of both logits.</param>
internal sealed record BaselineLine(
    string Run, double Auc, double LogLoss, Comparison? Difference, Comparison? LogLossDifference, double Together);

/// <summary>What a baseline came to, read from its file.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Seeds">How many.</param>
/// <param name="Auc">Mean over seeds, on the test rows.</param>
/// <param name="Deviation">Over seeds.</param>
/// <param name="LogLoss">Mean over seeds.</param>
/// <param name="Runs">The runs beside it.</param>
internal sealed record BaselineFile(
    string Name, int Seeds, double Auc, double Deviation, double LogLoss, IReadOnlyList<BaselineLine> Runs)
{
    /// <summary>Whether a path that a user named may be one.</summary>
    public static bool Is(string path) => File.Exists(path) && Path.GetExtension(path) == ".json";

    /// <summary>Reads it.</summary>
    /// <exception cref="ConsortException">It is something else.</exception>
    public static BaselineFile Read(string path) => JsonText.Read(
        path, what => new ConsortException($"{path}: found no results of a baseline, expected what `consort baseline --json` has written: {what}"),
        root => new BaselineFile(root["name"].Text(), root["seeds"].Items().Count, root["auc"].Number(), root["auc_deviation"].Number(),
            root["logloss"].Number(), [.. root["runs"].Items().Select(LineOf)]));

    private static BaselineLine LineOf(JsonPart run) => new(
        run["run"].Text(), run["auc"].Number(), run["log_loss"].Number(), Difference(run.Find("to_baseline")),
        Difference(run.Find("log_loss_to_baseline")), run["together"].Number());

    private static Comparison? Difference(JsonPart? part) => part is not { IsNull: false } c ? null : new Comparison(
        c["difference"].Number(), c["standard_error"].Number(), c["low"].Number(), c["high"].Number(), c["p_value"].Number());
}
