using Consort.Foundation.Numbers;
using Consort.Learning.Evaluation;
using Consort.Learning.Training;

namespace Consort.Cli.Reports;

/// <summary>Results as tables.</summary>
internal static class Tables
{
    /// <summary>An empty table: the first columns hold words, the rest numbers.</summary>
    public static ResultTable New(int words, params string[] columns) => new(words, columns);

    /// <summary>An empty list of names, with what is to be said of each.</summary>
    public static ResultTable List(params string[] columns) => new(columns.Length, columns) { Prose = [.. Enumerable.Range(1, columns.Length - 1)] };

    /// <summary>A run's results: members and ensemble on both splits, and the best reachable.</summary>
    public static ResultTable OfRun(TrainingResult result, IReadOnlyList<string> members)
    {
        var table = New(1, "", "valid AUC", "log-loss", "test AUC", "log-loss", "predicted/observed");
        var (valid, test) = (result.Valid, result.Test);
        for (var m = 0; m < members.Count && members.Count > 1; m++)
            table.Add([$"member {m.ToString(ShownNumbers.Culture)}: {members[m]}", .. Cells(valid.Metrics.Members[m], test?.Metrics.Members[m])]);
        var name = members.Count > 1 ? "ensemble" : members[0];
        table.AddBold([name, .. Cells(valid.Metrics.Ensemble, test?.Metrics.Ensemble)]);
        if (valid.Ceiling is not null || test?.Ceiling is not null)
        {
            table.Add(
                "best reachable", Six(valid.Ceiling?.Auc), Six(valid.Ceiling?.LogLoss), Six(test?.Ceiling?.Auc),
                Six(test?.Ceiling?.LogLoss), "");
        }

        return table;
    }

    /// <summary>What was measured on one set of rows.</summary>
    public static ResultTable OfSplit(SplitResult result, IReadOnlyList<string> members)
    {
        var table = New(1, "", "AUC", "log-loss", "predicted/observed", "calibration error");
        for (var m = 0; m < members.Count && members.Count > 1; m++)
            table.Add([$"member {m.ToString(ShownNumbers.Culture)}: {members[m]}", .. Cells(result.Metrics.Members[m])]);
        table.AddBold([members.Count > 1 ? "ensemble" : members[0], .. Cells(result.Metrics.Ensemble)]);
        if (result.Ceiling is { } ceiling)
            table.Add("best reachable", Six(ceiling.Auc), Six(ceiling.LogLoss), "", "");
        return table;
    }

    /// <summary>Six digits after the point; nothing for a number that is not known.</summary>
    public static string Six(double? value) => value is { } number ? number.ToString("F6", ShownNumbers.Culture) : "";

    /// <summary>A share as per cent; nothing where it is not known.</summary>
    public static string Percent(double? share) => share is { } value ? value.ToString("P2", ShownNumbers.Culture) : "";

    /// <summary>A whole number with groups of three digits.</summary>
    public static string Whole(double value) => value.ToString("N0", ShownNumbers.Culture);

    private static string[] Cells(Metrics valid, Metrics? test) =>
        [Six(valid.Auc), Six(valid.LogLoss), Six(test?.Auc), Six(test?.LogLoss), Four((test ?? valid).Calibration)];

    private static string[] Cells(Metrics metrics) =>
        [Six(metrics.Auc), Six(metrics.LogLoss), Four(metrics.Calibration), Four(metrics.CalibrationError)];

    private static string Four(double value) => value.ToString("F4", ShownNumbers.Culture);
}
