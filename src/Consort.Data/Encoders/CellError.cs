namespace Consort.Data.Encoders;

/// <summary>A cell that is not what its column expects; whoever knows file and line turns it into a <see cref="ConsortException"/>.</summary>
internal sealed class CellError(int row, string expected) : Exception(expected)
{
    /// <summary>The row within its group.</summary>
    public int Row { get; } = row;
}
