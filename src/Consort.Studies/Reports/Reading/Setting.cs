using Consort.Experiments.Statistics;

namespace Consort.Studies.Reports.Reading;

/// <summary>Finished runs of one experiment that differ in their seed only.</summary>
/// <param name="Label">What the report calls it, unlike every other.</param>
/// <param name="Runs">In the order of their seeds.</param>
internal sealed record Setting(string Label, IReadOnlyList<RunRecord> Runs)
{
    public RunRecord First => Runs[0];

    public int Members => First.Members;

    /// <summary>On the test split, or the validation split where there is no other.</summary>
    public Replicates Auc { get; } = new([.. Runs.Select(r => r.Split!.Auc)]);

    public Replicates LogLoss { get; } = new([.. Runs.Select(r => r.Split!.LogLoss)]);

    /// <summary>AUC within groups, the mean over seeds; null where rows have none.</summary>
    public double? GroupAuc => Runs.Average(r => r.Split!.GroupAuc);

    /// <summary>The ends of its interval by groups: the same groups in all seeds, so the mean of the ends.</summary>
    public (double? Low, double? High) GroupInterval =>
        (Runs.Average(r => r.Split!.GroupInterval.Low), Runs.Average(r => r.Split!.GroupInterval.High));

    /// <summary>On the validation split: what settings are chosen by.</summary>
    public double ValidAuc { get; } = Runs.Average(r => r.Valid!.Auc);

    public double Calibration => Runs.Average(r => r.Split!.Calibration);

    /// <summary>Compares AUC or log-loss over the seeds that both have; null with fewer than two.</summary>
    public Comparison? Against(Setting other, Func<SplitRecord, double> metric)
    {
        if (First.DataKey != other.First.DataKey)
            return null;
        var common = Runs.Join(other.Runs, r => r.Seed, r => r.Seed, (a, b) => (A: metric(a.Split!), B: metric(b.Split!))).ToList();
        return common.Count < 2 ? null : Replicates.Compare(new([.. common.Select(c => c.A)]), new([.. common.Select(c => c.B)]));
    }
}
