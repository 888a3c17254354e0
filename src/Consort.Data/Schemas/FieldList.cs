namespace Consort.Data.Schemas;

/// <summary>Which tokens of a list stay where there are more than it may have.</summary>
public enum ListEnd
{
    /// <summary>The first ones.</summary>
    First,

    /// <summary>The last ones.</summary>
    Last,
}

/// <summary>
/// How the vectors of a list's tokens become one, for models that read one vector a column. A list without tokens gives zeros.
/// </summary>
public enum ListPooling
{
    /// <summary>Their mean, weighted where tokens have weights.</summary>
    Mean,

    /// <summary>Their sum, weighted likewise.</summary>
    Sum,

    /// <summary>The greatest number of each dimension; tokens have no weights.</summary>
    Max,
}

/// <summary>How a field of kind list or sequence is read: its cell holds tokens, an empty one none. Tokens that mean a missing value are
/// passed over in a list; in a sequence they keep their places.</summary>
public sealed record FieldList
{
    internal const string WeightRange = "0, or 1e-9 to 1e9";

    /// <summary>The most tokens that a schema may ask for.</summary>
    public const int Most = 10_000;

    /// <summary>
    /// Whether a number can be the weight of a token or a row: 0, or 1e-9 to 1e9, so that sums and shares of them stay finite.
    /// </summary>
    public static bool IsWeight(double weight) => weight is 0 or (>= 1e-9 and <= 1e9);

    /// <summary>What stands between the tokens.</summary>
    public Delimiter Splitter { get; init; } = new("|");

    /// <summary>The most tokens that are kept, 1 to <see cref="Most"/>.</summary>
    public int MaxLength { get; init; } = 50;

    /// <summary>Which ones these are.</summary>
    public ListEnd Keep { get; init; }

    /// <summary>How their vectors become one.</summary>
    public ListPooling Pooling { get; init; }

    /// <summary>What stands between a token and its weight, a number of at least 0, as in <c>tag:0.3</c>; null where tokens have none. A
    /// token without a weight has 1.</summary>
    public Delimiter? WeightSplitter { get; init; }
}

/// <summary>What a row has of a column that is a list.</summary>
/// <param name="MaxLength">The most ids, at least 1.</param>
/// <param name="Pooling">How their vectors become one.</param>
/// <param name="IsOrdered">Whether the order means something: the column is a sequence.</param>
/// <param name="IsWeighted">Whether ids have weights.</param>
public sealed record ListShape(int MaxLength, ListPooling Pooling = ListPooling.Mean, bool IsOrdered = false, bool IsWeighted = false)
{
    /// <summary>The sequence whose steps' ages it holds, one for each of them; null of other lists.</summary>
    public string? AgesOf { get; init; }

    /// <summary>Whole numbers that the longest list takes: how many ids, the ids, and their weights where they have such.</summary>
    public int Room => RoomOf(MaxLength);

    /// <summary>Whole numbers that a list of n ids takes.</summary>
    public int RoomOf(int ids) => 1 + (ids * (IsWeighted ? 2 : 1));
}
