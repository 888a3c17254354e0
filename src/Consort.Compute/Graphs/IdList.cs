namespace Consort.Compute.Graphs;

/// <summary>How the vectors of a list's ids become one. A list without ids gives zeros.</summary>
public enum Pooling
{
    /// <summary>Σ_i w_i e_i / Σ_i w_i, where w_i is 1 unless the ids have weights.</summary>
    Mean,

    /// <summary>Σ_i w_i e_i.</summary>
    Sum,

    /// <summary>The greatest number of each dimension; ids have no weights.</summary>
    Max,
}

/// <summary>
/// What a row has of a column that is a list: as many ids as there are, up to a most. In a batch the column's id is the place in
/// <c>lists</c> where the row's list begins: n, then n ids, then where they have weights n of these, as the bits of floats. Lists lie in
/// any order, and nothing is stored for ids that are not there.
/// </summary>
/// <param name="MaxLength">The most ids, at least 1.</param>
/// <param name="Pooling">How their vectors become one where a look-up gives one a column.</param>
/// <param name="IsWeighted">Whether ids have weights.</param>
public sealed record IdList(int MaxLength, Pooling Pooling = Pooling.Mean, bool IsWeighted = false)
{
    /// <summary>Whole numbers that the longest list takes.</summary>
    public int Room => 1 + (MaxLength * (IsWeighted ? 2 : 1));

    /// <summary>Whole numbers that a list of n ids takes.</summary>
    public int RoomOf(int ids) => 1 + (ids * (IsWeighted ? 2 : 1));
}
