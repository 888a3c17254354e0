using Consort.Data;
using Consort.Learning.Checkpoints;

namespace Consort.Learning.Evaluation;

/// <summary>
/// The ensemble's logit of every row of a split, in order, with the labels: what comparisons on the same rows are made from. The
/// file has a checksum.
/// </summary>
/// <param name="Labels">0 or 1, [n].</param>
/// <param name="Logits">[n].</param>
/// <param name="Discrepancy">Mean over rows of |p_m − p_ens|, one a member, [M].</param>
public sealed record RowLogits(float[] Labels, float[] Logits, float[] Discrepancy)
{
    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="ConsortException">The disk is full or the folder cannot be written.</exception>
    public unsafe void Save(string path)
    {
        fixed (float* labels = Labels, logits = Logits, discrepancy = Discrepancy)
            TensorFile.Write(path, "{}", [
                new TensorSource("labels", [Labels.LongLength], labels), new TensorSource("logits", [Logits.LongLength], logits),
                new TensorSource("discrepancy", [Discrepancy.LongLength], discrepancy)]);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="ConsortException">It is absent, damaged, or something else.</exception>
    public static unsafe RowLogits Load(string path)
    {
        var found = new Dictionary<string, float[]>();
        var pins = new List<System.Runtime.InteropServices.GCHandle>();
        try
        {
            TensorFile.Read(path, (name, shape) =>
            {
                var values = found[name] = new float[shape.Aggregate(1L, (product, size) => product * size)];
                var pin = System.Runtime.InteropServices.GCHandle.Alloc(values, System.Runtime.InteropServices.GCHandleType.Pinned);
                pins.Add(pin);
                return pin.AddrOfPinnedObject();
            });
        }
        finally
        {
            pins.ForEach(p => p.Free());
        }

        return found.TryGetValue("labels", out var labels) && found.TryGetValue("logits", out var logits)
            && found.TryGetValue("discrepancy", out var discrepancy) && labels.Length == logits.Length
            ? new RowLogits(labels, logits, discrepancy)
            : throw TensorFile.Damaged(path, "labels, logits and discrepancy");
    }
}
