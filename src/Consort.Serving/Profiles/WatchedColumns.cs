using Consort.Data.Encoders;

namespace Consort.Serving.Profiles;

/// <summary>The columns of a profile beside those of the encoder.</summary>
internal sealed class WatchedColumns
{
    private readonly Encoder _encoder;
    private readonly FittedNumber?[] _numbers;

    private WatchedColumns(Encoder encoder, IReadOnlyList<string> names, IReadOnlyList<ColumnBins> bins)
    {
        (_encoder, Names, Bins) = (encoder, names, bins);
        var fitted = FittedColumn.Of(encoder).OfType<FittedNumber>().ToLookup(f => f.Name);
        _numbers = [.. names.Select(n => fitted[n].FirstOrDefault())];
    }

    /// <summary>By their place in the profile.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Likewise.</summary>
    public IReadOnlyList<ColumnBins> Bins { get; }

    /// <summary>The columns of a profile.</summary>
    /// <exception cref="ConsortException">They are not the encoder's.</exception>
    public static WatchedColumns Of(Encoder encoder, TrainingProfile profile)
    {
        var (names, bins) = (new List<string>(), new List<ColumnBins>());
        foreach (var column in profile.Columns)
        {
            var place = column.IsNumeric ? encoder.Space.Numeric.ToList().IndexOf(column.Name)
                : encoder.Space.Categorical.ToList().FindIndex(c => c.Name == column.Name);
            var made = place < 0 || column.Top.Any(t => t < 2) || column.Top.Distinct().Count() != column.Top.Count ? null
                : column.IsNumeric ? new ColumnBins(place, [.. column.Edges])
                : new ColumnBins(place, encoder.Space.Categorical[place], column.Top);
            if (made is null || made.Count != column.Counts.Count || column.Counts.Any(c => c < 0))
                throw new ConsortException($"column {column.Name}: found a profile that is not of this package's encoder; pack the run again");
            names.Add(column.Name);
            bins.Add(made);
        }

        return new WatchedColumns(encoder, names, bins);
    }

    /// <summary>What a bin of a column holds, for people.</summary>
    public string Describe(int column, int bin) => Bins[column].Describe(bin, _encoder, _numbers[column]);
}

/// <summary>Counts of values, bin by bin, [column][bin].</summary>
internal static class BinCounts
{
    /// <summary>Counts a row.</summary>
    /// <param name="bins">The columns.</param>
    /// <param name="counts">Their counts.</param>
    /// <param name="ids">Global ids, [F].</param>
    /// <param name="numerics">[N].</param>
    /// <param name="lists">Where ids of list columns say.</param>
    public static void Add(IReadOnlyList<ColumnBins> bins, long[][] counts, ReadOnlySpan<int> ids, ReadOnlySpan<float> numerics,
        ReadOnlySpan<int> lists)
    {
        for (var c = 0; c < bins.Count; c++)
            Add(bins[c], counts[c], ids, numerics, lists);
    }

    /// <summary>Counts what a row has of one column.</summary>
    public static void Add(ColumnBins of, long[] counts, ReadOnlySpan<int> ids, ReadOnlySpan<float> numerics, ReadOnlySpan<int> lists)
    {
        if (of.Column is not { } column)
        {
            counts[of.Of(numerics[of.Place])]++;
            return;
        }

        if (column.List is null)
        {
            counts[of.Of(ids[of.Place] - column.Offset)]++;
            return;
        }

        var list = lists.Slice(ids[of.Place] + 1, lists[ids[of.Place]]);
        foreach (var id in list)
            counts[of.Of(id - column.Offset)]++;
        if (list.IsEmpty)
            counts[ColumnBins.Missing]++;
    }
}
