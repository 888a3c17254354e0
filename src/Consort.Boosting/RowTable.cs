using System.Runtime.InteropServices;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Boosting;

/// <summary>The rows of a split as trees see them.</summary>
/// <param name="Values">Row after row, [rows × columns].</param>
/// <param name="Labels">[rows].</param>
/// <param name="Weights">How much each counts, [rows]; null where all count alike.</param>
/// <param name="Columns">A row's.</param>
/// <param name="Categories">The places of those that are categories.</param>
internal sealed record RowTable(float[] Values, float[] Labels, float[]? Weights, int Columns, IReadOnlyList<int> Categories)
{
    /// <summary>
    /// Reads a split: numbers as they are encoded, tokens as ids or by their statistics, lists by their statistics and length.
    /// </summary>
    /// <param name="split">The rows.</param>
    /// <param name="statistics">Of the training rows.</param>
    /// <param name="isNative">Whether tokens are ids.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static RowTable Of(EncodedSplit split, TargetStatistics statistics, bool isNative, CancellationToken cancellation)
    {
        var columns = split.Space.Categorical;
        int[] native = [.. Enumerable.Range(0, columns.Count).Where(c => isNative && columns[c].List is null)];
        var told = columns.Where((_, c) => !native.Contains(c)).Sum(c => c.List is null ? 2 : 3);
        var width = native.Length + told + split.Space.Numeric.Count;
        var (values, labels) = (new float[checked(split.Rows * width)], new float[split.Rows]);
        var weights = split.Space.HasWeights ? new float[split.Rows] : null;
        var (at, isTrain) = (0, split.Name == "train");
        using var loader = new BatchLoader(split, new LoaderOptions(4096));
        long done = 0;
        for (loader.Start(0); loader.Next() is { } batch; done += batch.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Labels.CopyTo(labels.AsSpan((int)done));
            if (weights is not null)
                batch.Weights.CopyTo(weights.AsSpan((int)done));
            for (var row = 0; row < batch.Rows; row++)
            {
                foreach (var column in native)
                    values[at++] = batch.IdsOf(row, column)[0] - columns[column].Offset;
                var fold = isTrain ? TargetStatistics.FoldOf(batch.Places[row]) : (int?)null;
                for (var column = 0; column < columns.Count; column++)
                {
                    if (isNative && columns[column].List is null)
                        continue;
                    var ids = batch.IdsOf(row, column);
                    (values[at], values[at + 1]) = statistics.Of(ids, WeightsOf(batch, row, column, columns[column].List), fold);
                    at += 2;
                    if (columns[column].List is not null)
                        values[at++] = ids.Length;
                }

                batch.NumericOf(row).CopyTo(values.AsSpan(at));
                at += split.Space.Numeric.Count;
            }
        }

        return new RowTable(values, labels, weights, width, [.. Enumerable.Range(0, native.Length)]);
    }

    /// <summary>The rows for which something holds.</summary>
    public RowTable Where(Func<int, bool> holds)
    {
        int[] rows = [.. Enumerable.Range(0, Labels.Length).Where(holds)];
        var values = new float[rows.Length * Columns];
        for (var i = 0; i < rows.Length; i++)
            Values.AsSpan(rows[i] * Columns, Columns).CopyTo(values.AsSpan(i * Columns));
        return this with
        {
            Values = values,
            Labels = Array.ConvertAll(rows, r => Labels[r]),
            Weights = Weights is null ? null : Array.ConvertAll(rows, r => Weights[r]),
        };
    }

    // They stand behind the ids of the list.
    private static ReadOnlySpan<float> WeightsOf(Batch batch, int row, int column, ListShape? shape)
    {
        if (shape is not { IsWeighted: true })
            return [];
        var list = batch.Lists[batch.IdsOf(row)[column]..];
        return MemoryMarshal.Cast<int, float>(list.Slice(1 + list[0], list[0]));
    }
}
