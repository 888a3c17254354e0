using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>The same numbers under another shape of the same size: [B, F, D] → [B, F·D]. Nothing is copied.</summary>
/// <param name="Target">The dimensions of one row.</param>
public sealed class Reshape(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override string Name => "reshape";

    /// <inheritdoc/>
    public override bool IsView => true;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Size == Target.Size ? Target : throw Mismatch(inputs, $"one of size {Target.Size}");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Reshape(form.Input, form.OutputShape.Dimensions);
}
