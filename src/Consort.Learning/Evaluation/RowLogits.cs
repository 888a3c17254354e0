using Consort.Learning.Checkpoints;

namespace Consort.Learning.Evaluation;

/// <summary>
/// The ensemble's logit of every row of a split, in order, with the labels: what comparisons on the same rows are made from. The file has a
/// checksum.
/// </summary>
/// <param name="Labels">0 or 1, [n].</param>
/// <param name="Logits">[n].</param>
/// <param name="Discrepancy">Mean over rows of |p_m − p_ens|, one a member, [M].</param>
/// <param name="Truth">The true click probabilities, [n], or null where they are not known.</param>
public sealed record RowLogits(float[] Labels, float[] Logits, float[] Discrepancy, float[]? Truth = null)
{
    /// <summary>How much each row counts, [n]; null where all count alike.</summary>
    public float[]? Weights { get; init; }

    /// <summary>How much a row counts.</summary>
    public double WeightOf(int row) => Weights is null ? 1 : Weights[row];

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="ConsortException">The disk is full or the folder cannot be written.</exception>
    public void Save(string path) => TensorFile.Write(path, "{}", [
        new TensorSource("labels", [Labels.LongLength], () => Labels.AsSpan()),
        new TensorSource("logits", [Logits.LongLength], () => Logits.AsSpan()),
        new TensorSource("discrepancy", [Discrepancy.LongLength], () => Discrepancy.AsSpan()),
        .. Truth is { } truth ? [new TensorSource("truth", [truth.LongLength], () => truth.AsSpan())] : Array.Empty<TensorSource>(),
        .. Weights is { } weights
            ? [new TensorSource("weights", [weights.LongLength], () => weights.AsSpan())] : Array.Empty<TensorSource>()]);

    /// <summary>Reads the file.</summary>
    /// <exception cref="ConsortException">It is absent, damaged, or something else.</exception>
    public static RowLogits Load(string path)
    {
        var found = new Dictionary<string, float[]>();
        TensorFile.Read(path, (name, shape) =>
        {
            var values = found[name] = new float[shape.Aggregate(1L, (product, size) => product * size)];
            return () => values.AsSpan();
        });
        return found.TryGetValue("labels", out var labels) && found.TryGetValue("logits", out var logits)
            && found.TryGetValue("discrepancy", out var discrepancy) && labels.Length == logits.Length
            && (found.GetValueOrDefault("truth") is not { } truth || truth.Length == labels.Length)
            && (found.GetValueOrDefault("weights") is not { } weights || weights.Length == labels.Length)
            ? new RowLogits(labels, logits, discrepancy, found.GetValueOrDefault("truth")) { Weights = found.GetValueOrDefault("weights") }
            : throw TensorFile.Damaged(path, "labels, logits and discrepancy");
    }
}
