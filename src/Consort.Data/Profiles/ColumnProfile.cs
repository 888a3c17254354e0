using Consort.Data.Datasets;

namespace Consort.Data.Profiles;

/// <summary>A value, the rows that have it, and how many of these were clicked.</summary>
/// <param name="Token">The text.</param>
/// <param name="Count">Rows looked at that have it.</param>
/// <param name="Clicks">Of these clicked; null where no label is known.</param>
public sealed record TokenRate(string Token, long Count, long? Clicks);

/// <summary>A range of numbers, the rows in it, and how many of these were clicked.</summary>
/// <param name="From">The least number in it.</param>
/// <param name="To">The greatest.</param>
/// <param name="Rows">Rows looked at.</param>
/// <param name="Clicks">Of these clicked.</param>
public sealed record RangeRate(double From, double To, long Rows, long Clicks);

/// <summary>What the numbers of a column are like.</summary>
/// <param name="Min">The least.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Standard deviation (divided by n).</param>
/// <param name="Quantiles">Those of 1, 5, 25, 50, 75, 95 and 99 %.</param>
/// <param name="AreWhole">Whether all are whole numbers.</param>
/// <param name="AsFloats">Whether whole numbers are written as floats: <c>260.0</c>.</param>
/// <param name="Mark">A number that stands out and may mean a missing value: the only negative one; null for none.</param>
public sealed record NumberProfile(
    double Min, double Max, double Mean, double Deviation, IReadOnlyList<double> Quantiles, bool AreWhole, bool AsFloats, string? Mark)
{
    /// <summary>Ten ranges with about as many rows each, fewer where a number is more frequent; empty where no label is known.</summary>
    public IReadOnlyList<RangeRate> Ranges { get; init; } = [];

    /// <summary>
    /// Whether values near each other are about as frequent, as those of counts and amounts are; names of things lie anywhere.
    /// </summary>
    internal bool AreSmooth { get; init; }

    /// <summary>The shares that <see cref="Quantiles"/> belong to.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
}

/// <summary>A day, its rows and its clicks.</summary>
/// <param name="Day">As 2026-11-01, in UTC.</param>
/// <param name="Rows">Rows looked at.</param>
/// <param name="Clicks">Of these clicked; null where no label is known.</param>
public sealed record DayRate(string Day, long Rows, long? Clicks);

/// <summary>What the times of a column are like.</summary>
/// <param name="Format">How they are written: <c>iso</c>, <c>unix_s</c>, <c>unix_ms</c>, <c>unix_us</c>, <c>unix_ns</c> or
/// <c>yymmddhh</c>.</param>
/// <param name="From">The first, in UTC.</param>
/// <param name="To">The last.</param>
/// <param name="InOrder">Whether no row is earlier than the one before it.</param>
/// <param name="Days">In their order.</param>
public sealed record TimeProfile(string Format, DateTime From, DateTime To, bool InOrder, IReadOnlyList<DayRate> Days)
{
    /// <summary>Whether some are not midnight: dates alone have no hours.</summary>
    public bool HasHours { get; init; } = true;
}

/// <summary>What the lists of a column are like.</summary>
/// <param name="Splitter">What stands between tokens.</param>
/// <param name="WeightSplitter">What stands between a token and its weight; null for none.</param>
/// <param name="MeanLength">Mean number of tokens, of the cells that are there.</param>
/// <param name="MaxLength">The most tokens.</param>
/// <param name="Tokens">Distinct tokens.</param>
/// <param name="SameAs">Another column that has most of the tokens, or null.</param>
/// <param name="Top">The most frequent tokens, by cells.</param>
public sealed record ListProfile(string Splitter, string? WeightSplitter, double MeanLength, int MaxLength, long Tokens, string? SameAs,
    IReadOnlyList<TokenCount> Top)
{
    /// <summary>Whether nearly all different tokens are values of that column, and enough of its values are tokens.</summary>
    internal bool AreValues { get; init; }
}

/// <summary>What a column looks like in the rows that were looked at.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type"><c>empty</c>, <c>constant</c>, <c>boolean</c>, <c>whole</c>, <c>number</c>, <c>time</c>, <c>list</c>, <c>text</c>,
/// or <c>other</c>, which cannot be read.</param>
public sealed record ColumnProfile(string Name, string Type)
{
    /// <summary>Rows looked at.</summary>
    public long Rows { get; init; }

    /// <summary>Rows without a value.</summary>
    public long Missing { get; init; }

    /// <summary>The texts that mean a missing value; an empty one where the row has nothing there.</summary>
    public IReadOnlyList<TokenCount> MissingTexts { get; init; } = [];

    /// <summary>Share of rows without a value, 0 to 1.</summary>
    public double MissingShare => Rows == 0 ? 0 : (double)Missing / Rows;

    /// <summary>Distinct values in the rows looked at.</summary>
    public long Distinct { get; init; }

    /// <summary>About how many there are in all rows (Charikar et al. 2000, GEE); the same where all rows were looked at.</summary>
    public long DistinctEstimate { get; init; }

    /// <summary>Whether every row has a value of its own.</summary>
    public bool IsUnique { get; init; }

    /// <summary>The most frequent values.</summary>
    public IReadOnlyList<TokenRate> Top { get; init; } = [];

    /// <summary>Of numbers; null for others.</summary>
    public NumberProfile? Numbers { get; init; }

    /// <summary>Of times; null for others.</summary>
    public TimeProfile? Time { get; init; }

    /// <summary>Of lists; null for others.</summary>
    public ListProfile? List { get; init; }

    /// <summary>Cells that are no numbers or times where nearly all others are; null where there are none, or too many.</summary>
    public OddCells? Odd { get; init; }

    /// <summary>
    /// How well the column alone ranks clicks: the AUC of each value's click rate, or of each range's, counted on one half of the rows and
    /// measured on the other. Null where there is no label, or too few clicks.
    /// </summary>
    public double? Auc { get; init; }

    /// <summary>Share of all clicks that stand beside values of which every row was clicked; null where there is no label.</summary>
    public double? SurelyClicked { get; init; }

    /// <summary>Share of rows with a value some of whose rows were clicked and some not.</summary>
    internal double MixedShare { get; init; }

    /// <summary>The zone that times are most likely of, and why; null where nothing tells.</summary>
    internal (TimeSpan Zone, string Why)? Zone { get; init; }

    /// <summary>What it says of the lists beside it, of lists of times; null of others.</summary>
    internal StepTimes? StepTimes { get; init; }

    /// <summary>The AUC of values as tokens.</summary>
    internal double? TokenAuc { get; init; }

    /// <summary>The AUC of numbers by their range.</summary>
    internal double? RangeAuc { get; init; }

    /// <summary>How far apart two of these must be to say anything.</summary>
    internal double Doubt { get; init; }

    /// <summary>Texts that mean a missing value in other columns, and a value in this one.</summary>
    internal IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>Characters of a value, on average.</summary>
    internal double MeanCharacters { get; init; }

    /// <summary>Whether values have spaces, most of them.</summary>
    internal bool HasSpaces { get; init; }
}
