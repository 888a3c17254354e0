using System.Text.Json.Serialization;

namespace Consort.Serving.Profiles;

/// <summary>
/// What a package's training rows looked like, column by column, and what the model said of rows that it was not trained on: what later
/// rows are compared with.
/// </summary>
public sealed record TrainingProfile
{
    /// <summary>Training rows that were counted.</summary>
    public required long Rows { get; init; }

    /// <summary>
    /// The columns that are watched. Parts of times are not, for a day is not a week, nor is what is made of other columns.
    /// </summary>
    public required IReadOnlyList<ColumnProfile> Columns { get; init; }

    /// <summary>What the model said of held-out rows; null where there were none.</summary>
    public ScoreProfile? Scores { get; init; }
}

/// <summary>
/// A column's values in bins. Of ids: missing, unseen, the most frequent tokens, and the others dealt into buckets by their place in the
/// vocabulary, so that one that surges shows wherever it stood. Of numbers: what is encoded as 0, which missing ones are, and shares
/// between quantiles.
/// </summary>
/// <param name="Name">The column.</param>
/// <param name="Counts">
/// Values in each bin. A token that would be unseen had its row not been there counts as unseen: so many unseen ones are to be expected of
/// new rows (Good 1953).
/// </param>
public sealed record ColumnProfile(string Name, IReadOnlyList<long> Counts)
{
    /// <summary>
    /// Of ids: the most frequent tokens by their place in the column, the first bins after missing and unseen; else empty.
    /// </summary>
    public IReadOnlyList<int> Top { get; init; } = [];

    /// <summary>Of numbers, as encoded: where one bin ends and the next begins, ascending; else empty.</summary>
    public IReadOnlyList<float> Edges { get; init; } = [];

    /// <summary>Whether its values are numbers.</summary>
    public bool IsNumeric { get; init; }

    /// <summary>
    /// Of lists: rows with no token but missing ones. Null of other columns, and in packages of earlier versions,
    /// which counted tokens alone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Empty { get; init; }
}

/// <summary>Probabilities that a model gave to held-out rows, and what came of these.</summary>
/// <param name="Edges">Where one bin ends and the next begins, ascending.</param>
/// <param name="Counts">Rows in each bin.</param>
/// <param name="Predicted">Σ p.</param>
/// <param name="Clicks">Σ y.</param>
public sealed record ScoreProfile(IReadOnlyList<float> Edges, IReadOnlyList<long> Counts, double Predicted, double Clicks);
