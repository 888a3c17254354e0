namespace Consort.Synthetic;

/// <summary>What was written.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Clicks">Rows with label 1.</param>
/// <param name="MeanTruth">Mean of the true click probability.</param>
/// <param name="Bytes">Size of the text.</param>
public sealed record SyntheticSummary(long Rows, long Clicks, double MeanTruth, long Bytes);

/// <summary>
/// Clicks in the shape of Criteo's logs whose true click probability is known, so that the best reachable AUC and log-loss are too.
/// </summary>
/// <remarks>
/// <para>A row: label, I1..I13 (skewed whole numbers, I2 also −1, some missing), C1..C26 (eight hexadecimal digits, Zipf frequencies, some
/// missing), separated by tabs, without a header. Fields are independent of each other.</para>
/// <para>p = (1 − noise) · sigmoid(b + σ (√s_1 A + √s_2 P + √s_3 T)) + noise · click_rate. Each value x of field f has a hidden effect
/// a_f(x) and a hidden vector v_f(x) of d dimensions, derived by hash and centred over the field's distribution.
/// A = Σ_f α_f a_f; P = Σ over pairs β ⟨v_f, v_g⟩; T = Σ over triples γ Σ_k v_fk v_gk v_hk. A, P and T have variance 1 and are
/// uncorrelated; no lower order carries anything of P or T. s_1, s_2, s_3 are the variance shares of <see cref="SyntheticOptions"/>, σ the
/// signal; b is fitted to the click rate on 65,536 pilot rows.</para>
/// <para>On day t of <see cref="SyntheticOptions.Day"/> a token is that of its rank which lives then (each lives 1/turnover days, and ranks
/// take turns), and all effects are cos(movement t) of those of the first day and sin(movement t) of others. Scales and b are those of the
/// day, so that its truth is known as exactly as the first day's.</para>
/// <para>Row i depends on the options and i alone, not on the number of rows or threads. Memory is constant in rows and cardinalities.
/// Sizes of effects are computed in floating point: bits may differ between processor architectures.</para>
/// </remarks>
public static class SyntheticClicks
{
    /// <summary>What is appended to the path of the text for the sidecar.</summary>
    public const string TruthSuffix = ".truth";

    /// <summary>
    /// Writes <paramref name="path"/> and beside it <c>path.truth</c>, little-endian float32, one true click probability a row. Both are
    /// written under other names and moved into place when whole; what stood there is replaced. Missing folders are created.
    /// </summary>
    /// <param name="path">The text file.</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="options">What the clicks look like.</param>
    /// <param name="threads">Threads that generate, at least 1; the calling thread writes.</param>
    /// <param name="progress">Told the rows written so far, often, on the calling thread; may be null.</param>
    /// <param name="cancellation">Stops early; then nothing is left behind.</param>
    /// <exception cref="ConsortException">The files can't be written, for instance because the disk is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Rows or threads are out of range.</exception>
    public static SyntheticSummary Write(
        string path, long rows, SyntheticOptions options, int threads, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return SyntheticFiles.Write(Path.GetFullPath(path), [TruthSuffix],
            (text, beside) => WriteBoth(text, beside[0], rows, options, threads, progress, cancellation));
    }

    private static SyntheticSummary WriteBoth(
        Stream text, Stream truth, long rows, SyntheticOptions options, int threads, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var world = new SyntheticWorld(options);
        using var pipeline = new SyntheticPipeline(world, rows, options.FirstRow, threads);
        long written = 0, clicks = 0, bytes = 0;
        double sum = 0;
        for (long b = 0; b < pipeline.Blocks; b++)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = pipeline.Take(b);
            text.Write(block.Text);
            truth.Write(block.Truth);
            written += block.Count;
            clicks += block.Clicks;
            bytes += block.TextLength;
            sum += block.TruthSum;
            pipeline.Release(b);
            progress?.Report(written);
        }
        return new SyntheticSummary(written, clicks, sum / written, bytes);
    }
}
