using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Serving.Profiles;

/// <summary>Makes profiles of encoded training rows, in one pass over all of them and one over some.</summary>
public static class ProfileFit
{
    private const int BatchSize = 4096;
    private const int MostTop = 16;
    private const int MostWhole = 32; // of a column with so many tokens none is left to a bucket
    private const int Quantiles = 10;
    private const int RowsForQuantiles = 100_000;

    /// <summary>The profile of a training split, still without scores.</summary>
    /// <param name="encoder">The encoder of its rows.</param>
    /// <param name="train">The rows.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static TrainingProfile Of(Encoder encoder, EncodedSplit train, CancellationToken cancellation)
    {
        var space = encoder.Space;
        var watched = encoder.Schema.Fields.Where(f => !f.IsGenerated && f.Derive.Count == 0).SelectMany(f => f.Columns).ToHashSet();
        int[] numbers = [.. Enumerable.Range(0, space.Numeric.Count).Where(n => watched.Contains(space.Numeric[n]))];
        ColumnBins[] bins = [.. numbers.Zip(Edges(train, numbers, cancellation), (n, edges) => new ColumnBins(n, edges))];
        ColumnTally[] numeric = [.. bins.Select(b => new ColumnTally(b.Count))];
        int[][] ids = [.. space.Categorical.Select(c => new int[c.Size])];
        var (rows, empty) = (0L, new long[ids.Length]);
        Walk(train, shuffle: false, batch =>
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                for (var n = 0; n < bins.Length; n++)
                    numeric[n].Add(bins[n], batch.IdsOf(row), batch.NumericOf(row), []);
                for (var c = 0; c < ids.Length; c++)
                {
                    var values = batch.IdsOf(row, c);
                    foreach (var id in values)
                        ids[c][id - space.Categorical[c].Offset]++;
                    if (values.IsEmpty)
                        ids[c][ColumnBins.Missing]++;
                    empty[c] += ColumnBins.IsMissing(values, space.Categorical[c].Offset) ? 1 : 0;
                }
            }

            rows += batch.Rows;
            return true;
        }, cancellation);
        var fitted = FittedColumn.Of(encoder);
        return new TrainingProfile
        {
            Rows = rows,
            Columns =
            [
                .. Enumerable.Range(0, ids.Length).Where(c => watched.Contains(space.Categorical[c].Name))
                    .Select(c => OfIds(c, space, ids, LeastCount(encoder.Schema, fitted[c])) with
                    {
                        Empty = space.Categorical[c].List is null ? null : empty[c],
                    }),
                .. bins.Select((b, i) => new ColumnProfile(space.Numeric[b.Place], numeric[i].Bins)
                {
                    IsNumeric = true, Edges = EdgesOf(b),
                }),
            ],
        };
    }

    /// <summary>What a model said of held-out rows, in ten bins of about as many rows; null without rows.</summary>
    /// <param name="probabilities">[n].</param>
    /// <param name="labels">0 or 1, [n].</param>
    public static ScoreProfile? Scores(IReadOnlyList<float> probabilities, IReadOnlyList<float> labels)
    {
        if (probabilities.Count == 0)
            return null;
        var edges = EdgesOf([.. probabilities]);
        var counts = new long[edges.Length + 1];
        foreach (var p in probabilities)
            counts[ScoreBin(edges, p)]++;
        return new ScoreProfile(edges, counts, probabilities.Sum(p => (double)p), labels.Sum(y => (double)y));
    }

    internal static int ScoreBin(ReadOnlySpan<float> edges, float p)
    {
        var at = edges.BinarySearch(p);
        return at < 0 ? ~at : at;
    }

    // How often a token must be in the training rows not to be unseen; 0 of columns where none is ever unseen.
    private static int LeastCount(Schema schema, FittedColumn column) =>
        column is FittedTokens or FittedList { Tokens: FittedTokens } ? column.Field.MinCount ?? schema.MinCount : 0;

    private static ColumnProfile OfIds(int place, FeatureSpace space, int[][] ids, int leastCount)
    {
        var (column, own) = (space.Categorical[place], ids[place]);
        int[] sharing = [.. Enumerable.Range(0, ids.Length).Where(c => space.Categorical[c].Offset == column.Offset)];
        int[] tokens = [.. Enumerable.Range(2, own.Length - 2).Where(i => own[i] > 0)];
        int[] top = column.Size - 2 <= MostWhole ? [.. Enumerable.Range(2, own.Length - 2)]
            : [.. tokens.OrderByDescending(i => own[i]).ThenBy(i => i).Take(MostTop)];
        var bins = new ColumnBins(place, column, top);
        var counts = new long[bins.Count];
        for (var index = 0; index < own.Length; index++)
        {
            var isLast = index >= 2 && own[index] > 0 && leastCount > 0 && sharing.Sum(c => (long)ids[c][index]) == leastCount;
            counts[isLast ? ColumnBins.Unseen : bins.Of(index)] += own[index];
        }

        return new ColumnProfile(column.Name, counts) { Top = top };
    }

    private static List<float[]> Edges(EncodedSplit train, int[] numbers, CancellationToken cancellation)
    {
        List<float>[] values = [.. numbers.Select(_ => new List<float>())];
        var seen = 0;
        if (numbers.Length > 0)
            Walk(train, shuffle: true, batch =>
            {
                for (var row = 0; row < batch.Rows; row++)
                    for (var n = 0; n < numbers.Length; n++)
                        if (batch.NumericOf(row)[numbers[n]] is not 0 and var value)
                            values[n].Add(value);
                return (seen += batch.Rows) < RowsForQuantiles;
            }, cancellation);
        return [.. values.Select(v => EdgesOf([.. v]))];
    }

    private static float[] EdgesOf(ColumnBins bins) => bins.Edges.ToArray();

    private static float[] EdgesOf(float[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? []
            : [.. Enumerable.Range(1, Quantiles - 1).Select(q => values[(int)((long)q * values.Length / Quantiles)]).Distinct()];
    }

    private static void Walk(EncodedSplit split, bool shuffle, Func<Batch, bool> take, CancellationToken cancellation)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(BatchSize, Shuffle: shuffle));
        loader.Start(0);
        while (loader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!take(batch))
                return;
        }
    }
}
