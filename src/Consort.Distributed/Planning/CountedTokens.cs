using Consort.Data.Batches;
using Consort.Data.Datasets;

namespace Consort.Distributed.Planning;

/// <summary>The tokens of rows that are there, each as frequent as it was found.</summary>
internal sealed class CountedTokens : ITokens
{
    private const int BatchRows = 4096;
    private readonly (double Share, int Tokens)[] _frequencies; // of rows that have a token, and how many tokens are so frequent

    private CountedTokens(double count, (double Share, int Tokens)[] frequencies, double[] lengths) =>
        (Count, _frequencies, Lengths) = (count, frequencies, lengths);

    /// <inheritdoc/>
    public double Count { get; }

    /// <summary>The ids that a row has of each column in the mean.</summary>
    public IReadOnlyList<double> Lengths { get; }

    /// <summary>Counts those of a split.</summary>
    /// <param name="split">Its rows are read once.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static CountedTokens Of(EncodedSplit split, CancellationToken cancellation)
    {
        var columns = split.Space.Categorical;
        var lengths = new double[columns.Count];
        var counts = new int[columns.Count == 0 ? 0 : columns.Max(c => c.Offset + c.Size)];
        using var loader = new BatchLoader(split, new LoaderOptions(BatchRows));
        loader.Start(0);
        for (var rows = 0L; loader.Next() is { } batch; rows += batch.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch.Rows; row++)
                for (var column = 0; column < columns.Count; column++)
                {
                    var ids = batch.IdsOf(row, column);
                    lengths[column] += (double)ids.Length / split.Rows;
                    foreach (var id in ids)
                        counts[id]++;
                }
        }

        // A token that a row has twice makes it no more likely than one that it has once and another row too.
        return new CountedTokens(counts.Length, [.. counts.Where(c => c > 0).GroupBy(c => c)
            .Select(g => (Math.Min(1, (double)g.Key / split.Rows), g.Count()))], lengths);
    }

    /// <inheritdoc/>
    public double Distinct(double rows) => _frequencies.Sum(f => f.Tokens * (1 - Math.Pow(1 - f.Share, rows)));
}
