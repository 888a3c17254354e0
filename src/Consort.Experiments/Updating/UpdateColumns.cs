using Consort.Foundation.Tables;

namespace Consort.Experiments.Updating;

/// <summary>Columns of updates: what the run before was worth on the new rows, and what they have done to the vocabulary.</summary>
internal static class UpdateColumns
{
    /// <summary>Columns of rows that each tell of an update.</summary>
    /// <param name="record">The update of a row.</param>
    /// <param name="auc">The head of AUC.</param>
    /// <param name="calibration">The format of predicted over observed clicks.</param>
    public static IEnumerable<ResultColumn<T>> Of<T>(Func<T, UpdateRecord> record, string auc, string calibration) =>
    [
        new("rows", row => record(row).Before.Rows, "N0"),
        new(auc, row => record(row).Before.Auc, "F5"),
        new("log-loss", row => record(row).Before.LogLoss, "F5"),
        new("predicted / observed", row => record(row).Before.Calibration, calibration),
        new("new tokens", row => record(row).Vocabulary.Admitted, "N0"),
        new("gone", row => record(row).Vocabulary.Evicted, "N0"),
    ];
}
