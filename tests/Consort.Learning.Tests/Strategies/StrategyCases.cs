using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Tests.Strategies;

/// <summary>Batches for the strategy tests, and finite differences with constant targets held fixed.</summary>
internal static class StrategyCases
{
    /// <summary>
    /// 2 rows × 2 members: y = (1, 0), p_1 = (0.8, 0.4), p_2 = (0.6, 0.1), so z_1 = (ln 4, ln 2/3), z_2 = (ln 3/2, ln 1/9).
    /// </summary>
    public static BatchLogits TwoByTwo(Fusion fusion = Fusion.Mean)
    {
        var batch = new BatchLogits(2, 2, 0, fusion);
        Fill(batch.Labels(), 1, 0);
        Fill(batch.Logits(0), Math.Log(4), Math.Log(2.0 / 3));
        Fill(batch.Logits(1), Math.Log(1.5), Math.Log(1.0 / 9));
        batch.Prepare();
        return batch;
    }

    public static BatchLogits Random(int rows, int members, int seed, Fusion fusion = Fusion.Mean, int teachers = 0,
        bool hasPeers = false)
    {
        var random = new Random(seed);
        var batch = new BatchLogits(rows + 3, members, teachers, fusion, hasPeers) { Rows = rows };
        for (var b = 0; b < rows; b++)
        {
            batch.Labels()[b] = random.Next(2);
            for (var m = 0; m < members; m++)
                batch.Logits(m)[b] = 3 * random.NextDouble() - 1.5;
        }
        batch.Prepare();
        return batch;
    }

    public static double[] Apply(Strategy strategy, BatchLogits batch)
    {
        var terms = new double[strategy.TermNames.Count];
        batch.Prepare();
        strategy.Apply(batch, terms);
        return terms;
    }

    /// <summary>
    /// Compares the analytic gradient with central differences of <paramref name="loss"/>, a naive loss of (moving probabilities [M][B],
    /// the same at the start: the constant targets).
    /// </summary>
    public static void CheckGradients(Strategy strategy, BatchLogits batch, Func<double[][], double[][], double> loss)
    {
        Apply(strategy, batch);
        var logits = Enumerable.Range(0, batch.Members).Select(m => batch.Logits(m).ToArray()).ToArray();
        var fixedProbabilities = logits.Select(Sigmoids).ToArray();
        const double Step = 1e-5;
        for (var m = 0; m < batch.Members; m++)
        {
            for (var b = 0; b < batch.Rows; b++)
            {
                var z = logits[m][b];
                logits[m][b] = z + Step;
                var up = loss(logits.Select(Sigmoids).ToArray(), fixedProbabilities);
                logits[m][b] = z - Step;
                var down = loss(logits.Select(Sigmoids).ToArray(), fixedProbabilities);
                logits[m][b] = z;
                var expected = (up - down) / (2 * Step);
                Assert.True(Math.Abs(expected - batch.Gradients(m)[b]) < 1e-9,
                    $"member {m}, row {b}: {batch.Gradients(m)[b]}, finite difference {expected}");
            }
        }
    }

    public static double CrossEntropy(double[] p, ReadOnlySpan<double> labels)
    {
        double sum = 0;
        for (var b = 0; b < p.Length; b++)
            sum -= labels[b] * Math.Log(p[b]) + (1 - labels[b]) * Math.Log(1 - p[b]);
        return sum / p.Length;
    }

    public static double SquaredError(double[] p, double[] q) => p.Zip(q, (a, b) => (a - b) * (a - b)).Average();

    public static double[] Sigmoids(double[] logits) => Array.ConvertAll(logits, z => 1 / (1 + Math.Exp(-z)));

    public static double[] EnsembleProbabilities(double[][] p) =>
        Sigmoids(Enumerable.Range(0, p[0].Length).Select(b => p.Average(q => Math.Log(q[b] / (1 - q[b])))).ToArray());

    public static void Fill(Span<double> target, params double[] values) => values.CopyTo(target);

    public static void CheckAllocations(Strategy strategy) => CheckAllocations(strategy, Random(64, 4, 1));

    public static void CheckAllocations(Strategy strategy, BatchLogits batch)
    {
        var terms = new double[strategy.TermNames.Count];
        batch.Prepare();
        strategy.Apply(batch, terms);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            batch.Prepare();
            strategy.Apply(batch, terms);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
