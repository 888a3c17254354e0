namespace Consort.Data.Batches;

/// <summary>How a batch loader walks a split.</summary>
/// <param name="BatchSize">Rows per batch, 1 to 1,048,576.</param>
/// <param name="Shuffle">Whether the rows come in an order drawn from (seed, epoch); otherwise in file order.</param>
/// <param name="Seed">The seed of the order.</param>
/// <param name="Depth">Batches prepared ahead plus the one in use, 3 to 64.</param>
/// <param name="ExactShuffleBytes">Up to this size of a split any row may follow any other; beyond it rows are shuffled within windows of
/// random blocks.</param>
public sealed record LoaderOptions(int BatchSize, bool Shuffle = false, ulong Seed = 0, int Depth = 4, long ExactShuffleBytes = 8L << 30)
{
    /// <summary>A part of the split that is not walked, or null; beside a second split, of the first.</summary>
    public LeftOut? LeaveOut { get; init; }

    /// <summary>Which known tokens are taken for unseen ones, or null.</summary>
    public MaskedTokens? Masked { get; init; }

    /// <summary>Whose share of each batch is handed out, and among how many: <c>(0, 1)</c> is all of it.</summary>
    public (int Rank, int Ranks) Share { get; init; } = (0, 1);

    /// <summary>The first row of a rank's share of a batch: shares follow each other, and differ by a row at most.</summary>
    /// <param name="rows">Rows of the whole batch.</param>
    /// <param name="rank">From 0; the number of ranks gives the end of the last share.</param>
    /// <param name="ranks">How many share it.</param>
    public static int FirstOf(int rows, int rank, int ranks) => (int)((long)rows * rank / ranks);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public void Validate()
    {
        if (BatchSize is < 1 or > 1 << 20) throw new ConsortException($"batch size: found {BatchSize}, expected 1 to {1 << 20}");
        if (Depth is < 3 or > 64) throw new ConsortException($"loader depth: found {Depth}, expected 3 to 64");
        if (LeaveOut is { } part && (part.Of is < 2 or > 100 || part.Part < 1 || part.Part > part.Of))
            throw new ConsortException($"left out: found part {part.Part} of {part.Of}, expected 2 to 100 parts and one of them");
        if (Share.Rank < 0 || Share.Rank >= Share.Ranks)
            throw new ConsortException($"share of batches: found {Share.Rank} of {Share.Ranks}");
        if (ExactShuffleBytes < 0) throw new ConsortException($"exact shuffle bytes: found {ExactShuffleBytes}, expected at least 0");
    }
}
