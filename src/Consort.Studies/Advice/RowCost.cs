using System.Diagnostics;
using Consort.Data.Datasets;
using Consort.Experiments.Running;
using Consort.Foundation.Options;

namespace Consort.Studies.Advice;

/// <summary>What runs take to score a row, many at once with one thread, by turns, so that what else the machine does meets all.</summary>
internal static class RowCost
{
    private const int Rows = 2048, Rounds = 7;

    /// <summary>Times them.</summary>
    /// <returns>Medians over rounds, in microseconds, in the order of the runs.</returns>
    public static double[] Of(IReadOnlyList<string> runs, EncodedSplit split, Catalogues catalogues, CancellationToken cancellation)
    {
        var open = new List<FinishedRun>();
        try
        {
            foreach (var run in runs)
            {
                open.Add(new FinishedRun(run, threads: 1, catalogues: catalogues));
                Pass(open[^1]); // compiles it
            }

            var times = open.ConvertAll(_ => new double[Rounds]);
            for (var round = 0; round < Rounds; round++)
                for (var i = 0; i < open.Count; i++)
                    times[i][round] = Pass(open[i]);
            return [.. times.Select(t => t.Order().ElementAt(Rounds / 2))];
        }
        finally
        {
            open.ForEach(o => o.Dispose());
        }

        double Pass(FinishedRun run)
        {
            var (rows, start) = (0, Stopwatch.GetTimestamp());
            run.Read(split, batch => rows += batch.Rows, cancellation, Rows);
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Math.Max(1, rows);
        }
    }
}
