using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Studies.Recipes;

/// <summary>The results that a finished run has left in its folder.</summary>
/// <param name="Folder">The run folder.</param>
/// <param name="Auc">Of the ensemble on the test split, or on the validation split where there is no other.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="MemberAuc">One a member.</param>
/// <param name="Parameters">Trained numbers.</param>
/// <param name="RowsPerSecond">Training rows.</param>
/// <param name="Seconds">The whole run.</param>
/// <param name="Epochs">Epochs of the last phase.</param>
internal sealed record RunSummary(
    string Folder, double Auc, double LogLoss, IReadOnlyList<double> MemberAuc, long Parameters, double RowsPerSecond,
    double Seconds, int Epochs)
{
    /// <summary>What the true click probabilities give on the same split, or null where they are not known.</summary>
    public (double Auc, double LogLoss)? Ceiling { get; init; }

    /// <summary>One a member; empty for a run of before these were kept.</summary>
    public IReadOnlyList<double> MemberLogLoss { get; init; } = [];

    /// <summary>Predicted over observed clicks, likewise.</summary>
    public IReadOnlyList<double> MemberCalibration { get; init; } = [];

    /// <summary>On the validation rows.</summary>
    public (double Auc, double LogLoss) Valid { get; init; } = (double.NaN, double.NaN);

    /// <summary>AUC within groups on the split of <see cref="Auc"/>; NaN where rows have none.</summary>
    public double GroupAuc { get; init; } = double.NaN;

    /// <summary>The ends of its 95 % interval by drawing groups; NaN likewise.</summary>
    public (double Low, double High) GroupInterval { get; init; } = (double.NaN, double.NaN);

    /// <summary>The split of <see cref="Auc"/>: <c>test</c>, or <c>valid</c> where there is no other.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Reads the results, or gives null where the run has not finished.</summary>
    /// <exception cref="ConsortException">The results are damaged.</exception>
    public static RunSummary? Find(RunFolder folder)
    {
        if (!File.Exists(folder.Metrics))
            return null;
        ConsortException Damaged(string what) =>
            new($"{folder.Metrics}: found no results of a run: {what}; delete the folder to run it again");
        return JsonText.Read(folder.Metrics, Damaged, root =>
        {
            var split = root["test"] is { IsNull: false } test ? test : root["valid"];
            var ceiling = split.Find("ceiling") is { IsNull: false } found ? found : (JsonPart?)null;
            return new RunSummary(
                folder.Path, split["auc"].Number(), split["logloss"].Number(), [.. root["member_test_auc"].Items().Select(m => m.Number())],
                root["parameters"].Whole(), root["rows_per_second"].Number(), root["seconds"].Number(),
                (int)root["epochs"].Whole(0, int.MaxValue))
            {
                MemberLogLoss = [.. Items(root, "members").Select(m => m["test_logloss"]).Where(l => !l.IsNull).Select(l => l.Number())],
                MemberCalibration = [.. Items(root, "member_test_calibration").Select(m => m.Number())],
                Split = root["test"].IsNull ? "valid" : "test",
                Valid = (root["valid"]["auc"].Number(), root["valid"]["logloss"].Number()),
                GroupAuc = Found("gauc"),
                GroupInterval = (Found("gauc_low"), Found("gauc_high")),
                Ceiling = ceiling is { } known ? (known["auc"].Number(), known["logloss"].Number()) : null,
            };

            double Found(string key) => split.Find(key) is { IsNull: false } within ? within.Number() : double.NaN;
        });
    }

    private static IEnumerable<JsonPart> Items(JsonPart root, string key) =>
        root.Find(key) is { IsNull: false } found ? found.Items() : [];
}
