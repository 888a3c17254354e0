using Consort.Data.Encoders;

namespace Consort.Serving.Profiles;

/// <summary>The columns of a profile beside those of the encoder.</summary>
internal sealed class WatchedColumns
{
    private const int MostDecimals = 6; // of numbers that people write down
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
    public string Describe(int column, int bin) => bin == ColumnBins.Missing && TellsMissing(column) ? "(missing)"
        : Bins[column].Describe(bin, _encoder, _numbers[column]);

    /// <summary>Whether what a column is encoded as tells a missing value from all others.</summary>
    public bool TellsMissing(int column) => Bins[column].Column is not null || _numbers[column] is { } number && IsOwnNumber(number);

    // A missing number is encoded as 0. So is a number that is the shift: of a mean with many decimals there is as good as none.
    private static bool IsOwnNumber(FittedNumber number) => number.Scale != 0 && !number.IsHeld
        && (number.Shift < number.Low || number.Shift > number.High || Math.Round(number.Shift, MostDecimals) != number.Shift);
}
