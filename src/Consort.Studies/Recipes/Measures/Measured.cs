using Consort.Learning.Evaluation;
using Consort.Learning.Losses;

namespace Consort.Studies.Recipes.Measures;

/// <summary>A family after one run, or runs of one member each taken as a family.</summary>
/// <param name="Key">Names it among others.</param>
/// <param name="Auc">Of the ensemble on the test split.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="MemberAuc">One a member.</param>
/// <param name="Discrepancy">Mean over rows of |p_m − p_ens|, one a member.</param>
/// <param name="TestRows">Rows of the test split.</param>
/// <param name="Rows">Reads the ensemble's logits of all rows, which are not held: there may be many runs.</param>
/// <param name="Parameters">Trained numbers.</param>
/// <param name="Seconds">Of training.</param>
internal sealed record Measured(
    string Key, double Auc, double LogLoss, IReadOnlyList<double> MemberAuc, IReadOnlyList<double> Discrepancy, int TestRows,
    Func<RowLogits> Rows,
    long Parameters, double Seconds)
{
    /// <summary>Predicted over observed clicks of the ensemble; NaN where no row is a click.</summary>
    public double Calibration { get; init; } = double.NaN;

    /// <summary>In expectation over the clicks, where the true probabilities are known.</summary>
    public ExpectedMetrics? Expected { get; init; }

    /// <summary>Of the members on the test split; empty where not known.</summary>
    public IReadOnlyList<double> MemberLogLoss { get; init; } = [];

    /// <summary>Likewise, predicted over observed clicks.</summary>
    public IReadOnlyList<double> MemberCalibration { get; init; } = [];

    /// <summary>
    /// Reads the logits of the models by themselves whose mean over AUCs this is; null for the ensemble's own. Empty where members learned
    /// together, for only their ensemble's rows are kept.
    /// </summary>
    public IReadOnlyList<Func<RowLogits>>? Apart { get; private init; }

    private IReadOnlyList<Func<RowLogits>> Single { get; init; } = [];

    /// <summary>What one of the members gives by itself, the mean over them.</summary>
    public Measured OneMember() => this with
    {
        Key = $"each of {Key}",
        Apart = Single,
        Auc = MeanMemberAuc,
        LogLoss = Mean(MemberLogLoss),
        Calibration = Mean(MemberCalibration),
        Expected = MemberAuc.Count == 1 ? Expected : null,
        Parameters = Parameters / MemberAuc.Count,
    };

    /// <summary>Mean of the members' own AUCs.</summary>
    public double MeanMemberAuc => MemberAuc.Average();

    /// <summary>Standard deviation of the members' own AUCs; NaN for one member.</summary>
    public double MemberSpread => new Experiments.Statistics.Replicates(MemberAuc).Deviation;

    /// <summary>Mean over members of |p_m − p_ens|.</summary>
    public double MeanDiscrepancy => Discrepancy.Average();

    /// <summary>One run.</summary>
    public static Measured Of(RecipeOutcome outcome)
    {
        var path = RowsOf(outcome);
        var (rows, summary) = (RowLogits.Load(path), outcome.Summary);
        return new Measured(
            outcome.Run.Name, summary.Auc, summary.LogLoss, summary.MemberAuc, [.. rows.Discrepancy.Select(d => (double)d)],
            rows.Labels.Length,
            () => RowLogits.Load(path), summary.Parameters, summary.Seconds)
        {
            Single = summary.MemberAuc.Count == 1 ? [() => RowLogits.Load(path)] : [],
            Calibration = CalibrationOf(rows),
            Expected = ExpectedOf(rows),
            MemberLogLoss = summary.MemberLogLoss,
            MemberCalibration = summary.MemberCalibration,
        };
    }

    /// <summary>What something else than a run says of the test rows.</summary>
    /// <param name="key">Names it.</param>
    /// <param name="rows">Its logits.</param>
    /// <param name="seconds">Of learning.</param>
    public static Measured Of(string key, RowLogits rows, double seconds)
    {
        using var evaluator = new Evaluator(isWeighted: rows.Weights is not null);
        evaluator.Add(rows.Logits, rows.Labels, rows.Weights);
        var metrics = evaluator.Result();
        return new Measured(key, metrics.Auc, metrics.LogLoss, [metrics.Auc], [0], rows.Labels.Length, () => rows, 0, seconds)
        {
            Calibration = metrics.Calibration,
            Expected = ExpectedOf(rows),
        };
    }

    /// <summary>Runs of one member each, fused by the mean of their logits.</summary>
    public static Measured Of(IReadOnlyList<RecipeOutcome> alone)
    {
        if (alone.Count == 1)
            return Of(alone[0]);
        var fused = Fuse(alone);
        var (labels, logits) = (fused.Labels, fused.Logits);
        using var evaluator = new Evaluator(isWeighted: fused.Weights is not null);
        evaluator.Add(logits, labels, fused.Weights);
        var metrics = evaluator.Result();
        return new Measured(
            string.Join('+', alone.Select(o => o.Run.Name)), metrics.Auc, metrics.LogLoss, [.. alone.Select(o => o.Summary.Auc)],
            [.. fused.Discrepancy.Select(d => (double)d)], labels.Length, () => Fuse(alone), alone.Sum(o => o.Summary.Parameters),
            alone.Sum(o => o.Summary.Seconds))
        {
            Single = [.. alone.Select(o => (Func<RowLogits>)(() => RowLogits.Load(RowsOf(o))))],
            Calibration = metrics.Calibration,
            Expected = ExpectedOf(fused),
            MemberLogLoss = [.. alone.SelectMany(o => o.Summary.MemberLogLoss)],
            MemberCalibration = [.. alone.SelectMany(o => o.Summary.MemberCalibration)],
        };
    }

    private static double Mean(IReadOnlyList<double> values) => values.DefaultIfEmpty(double.NaN).Average();

    private static double CalibrationOf(RowLogits rows) =>
        rows.Logits.Select((z, i) => rows.WeightOf(i) * Logistic.Sigmoid(z)).Sum()
            / rows.Labels.Select((y, i) => rows.WeightOf(i) * y).Sum();

    private static ExpectedMetrics? ExpectedOf(RowLogits rows) =>
        rows.Truth is { } truth && truth.Length > 0 ? ExpectedMetrics.Of(truth, rows.Logits) : null;

    private static RowLogits Fuse(IReadOnlyList<RecipeOutcome> alone)
    {
        var members = alone.Select(o => RowLogits.Load(RowsOf(o))).ToArray();
        var logits = new float[members[0].Labels.Length];
        var discrepancy = new double[members.Length];
        for (var row = 0; row < logits.Length; row++)
        {
            var sum = 0.0;
            foreach (var member in members)
                sum += member.Logits[row];
            logits[row] = (float)(sum / members.Length);
            var ensemble = Logistic.Sigmoid(logits[row]);
            for (var m = 0; m < members.Length; m++)
                discrepancy[m] += Math.Abs(Logistic.Sigmoid(members[m].Logits[row]) - ensemble);
        }

        return new RowLogits(
            members[0].Labels, logits, [.. discrepancy.Select(d => (float)(d / Math.Max(1, logits.Length)))], members[0].Truth)
        { Weights = members[0].Weights };
    }

    private static string RowsOf(RecipeOutcome outcome) => Experiments.Running.TestRows.PathOf(outcome.Summary.Folder);
}
