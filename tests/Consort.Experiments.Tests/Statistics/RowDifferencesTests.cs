using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;

namespace Consort.Experiments.Tests.Statistics;

public sealed class RowDifferencesTests
{
    [Fact]
    public void Auc_OneSeed_IsDeLongs()
    {
        var (labels, first, second, _) = Draw(300, 3, 1, 0);
        var rows = new RowDifferences(labels);
        rows.Add(first, second);
        var (found, expected) = (rows.Auc(), DeLong.Compare(labels, first, second));
        Assert.Equal(expected.Difference, found.Difference, 1e-12);
        Assert.Equal(expected.StandardError, found.StandardError, 1e-12);
    }

    [Fact]
    public void Auc_ClustersOfOneRow_IsDeLongsNearly()
    {
        var (labels, first, second, _) = Draw(400, 4, 1, 0);
        var rows = new RowDifferences(labels, [.. Enumerable.Range(0, 400)]);
        rows.Add(first, second);
        Assert.Equal(DeLong.Compare(labels, first, second).StandardError, rows.Auc().StandardError, 1e-9);
        Assert.Equal(399, rows.Auc().Degrees);
    }

    // Obuchowski 1997 written out over all pairs of a click and another.
    [Fact]
    public void Auc_Clusters_EqualsTheFormulaOverAllPairs()
    {
        var (labels, first, second, clusters) = Draw(120, 5, 6, 1);
        var rows = new RowDifferences(labels, clusters);
        rows.Add(first, second);
        int[] Places(float label) => [.. Enumerable.Range(0, 120).Where(i => labels[i] == label)];
        var (clicks, others) = (Places(1), Places(0));
        double Wins(float[] v, int c, int o) => v[c] > v[o] ? 1 : v[c] == v[o] ? 0.5 : 0;
        double D(int c, int o) => Wins(first, c, o) - Wins(second, c, o);
        var difference = clicks.Average(c => others.Average(o => D(c, o)));
        var kinds = clusters.Distinct().ToArray();
        double Clicks(int k) => clicks.Where(c => clusters[c] == k).Sum(c => others.Average(o => D(c, o)) - difference);
        double Others(int k) => others.Where(o => clusters[o] == k).Sum(o => clicks.Average(c => D(c, o)) - difference);
        double Spread(IEnumerable<int> of) => of.Distinct().Count() is var n ? n / (n - 1.0) : 0;
        var (m, n) = ((double)clicks.Length, (double)others.Length);
        var variance = (Spread(clicks.Select(c => clusters[c])) * kinds.Sum(k => Clicks(k) * Clicks(k)) / m / m)
            + (Spread(others.Select(o => clusters[o])) * kinds.Sum(k => Others(k) * Others(k)) / n / n)
            + (2 * Spread(clusters) * kinds.Sum(k => Clicks(k) * Others(k)) / m / n);
        Assert.Equal(difference, rows.Auc().Difference, 1e-12);
        Assert.Equal(Math.Sqrt(variance), rows.Auc().StandardError, 1e-12);
    }

    // What users do alike to all their rows: rows taken as independent find differences where there are none.
    [Fact]
    public void AucAndLogLoss_RowsOfUsersAlike_HoldTheTruthByClustersAlone()
    {
        var (byRows, byClusters, losses, lossesByRows) = (0, 0, 0, 0);
        const int Draws = 300;
        for (ulong draw = 0; draw < Draws; draw++)
        {
            var (labels, first, second, clusters) = Draw(600, 100 + draw, 10, 2);
            var (plain, grouped) = (new RowDifferences(labels), new RowDifferences(labels, clusters));
            plain.Add(first, second);
            grouped.Add(first, second);
            byRows += plain.Auc().IsDecided ? 1 : 0;
            byClusters += grouped.Auc().IsDecided ? 1 : 0;
            losses += grouped.LogLoss(1).IsDecided ? 1 : 0;
            if (draw < 60)
                lossesByRows += plain.LogLoss(1).IsDecided ? 1 : 0;
        }

        Assert.InRange(byClusters / (double)Draws, 0.02, 0.09);
        Assert.InRange(losses / (double)Draws, 0.02, 0.09);
        Assert.True(byRows > 0.15 * Draws, $"{byRows}");
        Assert.True(lossesByRows > 0.15 * 60, $"{lossesByRows}");
    }

    [Fact]
    public void LogLoss_Clusters_EqualsTheFormula()
    {
        var rows = new RowDifferences([1, 0, 1, 0], [7, 7, 8, 8]);
        rows.Add([1, 0, 2, -1], [0, 0, 0, 0]);
        static double Loss(double z, double y) => Math.Log(1 + Math.Exp(z)) - (y * z);
        double[] d = [Loss(1, 1) - Loss(0, 1), 0, Loss(2, 1) - Loss(0, 1), Loss(-1, 0) - Loss(0, 0)];
        var mean = d.Average();
        var (a, b) = (d[0] + d[1] - (2 * mean), d[2] + d[3] - (2 * mean));
        Assert.Equal(mean, rows.LogLoss(1).Difference, 1e-12);
        Assert.Equal(Math.Sqrt(2 * ((a * a) + (b * b))) / 4, rows.LogLoss(1).StandardError, 1e-12);
    }

    // Two models of equal worth whose errors a user's rows share; users click seldom or often.
    private static (float[] Labels, float[] First, float[] Second, int[] Clusters) Draw(int rows, ulong seed, int size, double shared)
    {
        var random = new CounterRandom(seed, "clusters");
        int[] clusters = [.. Enumerable.Range(0, rows).Select(i => i / size)];
        float[] labels = [.. clusters.Select((c, i) => random.Uniform((ulong)i) < (c % 2 == 0 ? 0.1 : 0.7) ? 1f : 0f)];
        float[] Model(ulong from) => [.. labels.Select((y, i) =>
            (float)(y + random.Normal(from + (ulong)i) + (shared * random.Normal(from + 50_000 + (ulong)clusters[i]))))];
        return (labels, Model(100_000), Model(200_000), clusters);
    }
}
