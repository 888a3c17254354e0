namespace Consort.Studies.Diagnostics;

/// <summary>What a matrix of a diagnosis holds.</summary>
public enum LayerKind
{
    /// <summary>Rows are impressions, columns the units of a layer after its activation.</summary>
    Representation,

    /// <summary>Rows are the features of one field, columns the dimensions of their embeddings.</summary>
    Embedding,
}

/// <summary>How much of its room a layer uses; see <see cref="CollapseRule"/>.</summary>
public enum CollapseVerdict
{
    /// <summary>Most directions carry something.</summary>
    Spread,

    /// <summary>Few directions carry most.</summary>
    Narrow,

    /// <summary>Next to one direction is left, or none.</summary>
    Collapsed,
}

/// <summary>The singular values of one layer of one member, or of one field's embeddings.</summary>
/// <param name="Layer">Its name below the member: <c>mlp/0</c>, <c>cross</c>, <c>embedding</c>.</param>
/// <param name="Kind">What rows and columns are.</param>
/// <param name="Field">The field of an embedding, else null.</param>
/// <param name="Rows">Rows of the matrix.</param>
/// <param name="Units">Columns of the matrix.</param>
/// <param name="SilentUnits">Columns that are the same number in every row: dead units.</param>
/// <param name="Spectrum">Of the matrix as it is: what information and knowledge abundance are defined on.</param>
/// <param name="Centred">Of the matrix without its mean row: what differs between rows.</param>
/// <param name="Verdict">In one word.</param>
/// <param name="Explanation">In one sentence.</param>
public sealed record LayerSpectrum(
    string Layer, LayerKind Kind, string? Field, long Rows, int Units, int SilentUnits, Spectrum Spectrum, Spectrum Centred,
    CollapseVerdict Verdict, string Explanation)
{
    /// <summary>
    /// Of an embedding, the same matrix with each row as often as its value occurs in the training rows: the tail of rare values, whose
    /// rows lie nearly as they were drawn, hides no collapse there. Null for other layers, and without the training rows.
    /// </summary>
    public Spectrum? Weighted { get; init; }
}
