using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Rows of one source.</summary>
/// <param name="Place">Which of the sources of a plan.</param>
/// <param name="From">The rows of it before them.</param>
/// <param name="Rows">How many.</param>
internal sealed record SourceShare(int Place, long From, long Rows)
{
    /// <summary>Whether the row with so many before it is one of them.</summary>
    public bool Holds(long row) => row >= From && row < From + Rows;
}

/// <summary>What a stored dataset is a part of.</summary>
/// <param name="Index">Which part, from 0.</param>
/// <param name="Of">How many there are.</param>
/// <param name="Key">The key of the whole.</param>
/// <param name="Split">How all rows are dealt to the splits.</param>
/// <param name="Truth">The hash of all true probabilities; empty where they are not known.</param>
/// <param name="Shares">Its rows of each of its sources.</param>
internal sealed record StoredPart(int Index, int Of, string Key, string Split, string Truth, IReadOnlyList<SourceShare> Shares);

/// <summary>Where a part lies.</summary>
/// <param name="Folder">Its folder, from that of the whole on.</param>
/// <param name="Key">The part's own key.</param>
internal sealed record PartPlace(string Folder, string Key);

/// <summary>A part that is encoded by itself, by an encoder that was fitted on all rows.</summary>
/// <param name="Stored">What its manifest says.</param>
/// <param name="RowsBefore">The rows of all sources before its first.</param>
/// <param name="TotalRows">The rows of all sources.</param>
/// <param name="Sources">Its sources as they were counted.</param>
internal sealed record DatasetPart(StoredPart Stored, long RowsBefore, long TotalRows, IReadOnlyList<SourceIdentity> Sources)
{
    /// <summary>Whether the true probabilities of all rows are known.</summary>
    public bool HasTruth => Stored.Truth.Length > 0;

    /// <summary>Which blocks are its own; null for all of its sources.</summary>
    public Func<int, long, long, bool>? Takes =>
        Stored.Shares.Zip(Sources).All(p => p.First.From == 0 && p.First.Rows == p.Second.Rows) ? null
            : (source, row, _) => Stored.Shares[source].Holds(row);

    /// <summary>What stands behind its plan in the manifest.</summary>
    public string Describe() => FormattableString.Invariant($" part {Stored.Index}/{Stored.Of} of {Stored.Key}");
}
