using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The first layer of an attention unit that sets each position beside the target: t [B, d] and e [N, d] → [N, h], y = W [t, e, t − e, t ⊙
/// e] + b with W [h, 4 d] = [W₁, W₂, W₃, W₄]. It is computed as (W₁ + W₃) t + b once an impression and [W₂ − W₃, W₄] [e, t ⊙ e] a position,
/// half of the work. A rewriting may put the layers of the unit behind it into it, as far as each
/// reads the one before alone. Source: Zhou et al. 2018 (DIN), fig. 2, in FuxiCTR's order; the split is ours.
/// </summary>
public sealed class TargetLinear : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [h, 4 d].</param>
    /// <param name="bias">b, [h].</param>
    public TargetLinear(Parameter weight, Parameter bias)
        : this(weight, bias, relu: false, [])
    {
    }

    private TargetLinear(Parameter weight, Parameter bias, bool relu, IReadOnlyList<Linear> next)
    {
        if (weight.Shape.Rank != 2 || weight.Shape[1] % 4 != 0 || bias.Shape != new Shape(weight.Shape[0]))
            throw new ArgumentException($"target_linear: found weight {weight.Shape} and bias {bias.Shape}, expected [h, 4 d] and [h]");
        (Parameters, Relu, Next) = ([weight, bias, .. next.SelectMany(l => l.Parameters)], relu, next);
    }

    /// <inheritdoc/>
    public override string Name => "target_linear";

    /// <summary>W and b, then those of <see cref="Next"/>.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Whether ReLU follows within the operation: only where a rewriting says so.</summary>
    internal bool Relu { get; }

    /// <summary>The layers that follow within the operation, each with a ReLU but the last: only where a rewriting says so.</summary>
    internal IReadOnlyList<Linear> Next { get; }

    internal override bool EndsInRelu => Relu && Next.Count == 0;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [null, { } at]
        ? at : throw new ArgumentException("target_linear: found other values, expected one of impressions and one at positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var (width, d) = (Parameters[0].Shape[0], Parameters[0].Shape[1] / 4);
        return inputs.Length == 2 && inputs[0] == new Shape(d) && inputs[1] == new Shape(d)
            ? new Shape(Next.Count > 0 ? Next[^1].Weight.Shape[0] : width) : throw Mismatch(inputs, $"[{d}] and [{d}]");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) =>
        (4L * Parameters[0].Shape[0] * inputs[0].Size) + Next.Sum(l => 2L * l.Weight.Shape.Size);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var target = form.Positions.Spread(form.Inputs[0], form.InputShape().Size); // [B · L, d]
        var all = form.Node("Concat", new FormAttribute("axis", 1), target, form.Inputs[1],
            form.Node("Sub", target, form.Inputs[1]), form.Multiply(target, form.Inputs[1])); // [B · L, 4 d]
        var sum = form.Dense(all, Parameters[0], Parameters[1]);
        sum = Relu ? form.Node("Relu", sum) : sum;
        foreach (var layer in Next)
        {
            sum = form.Dense(sum, layer.Weight, layer.Bias);
            sum = layer.Relu ? form.Node("Relu", sum) : sum;
        }

        return sum;
    }

    /// <summary>The layer with the ReLU behind it, and the layers behind that.</summary>
    internal TargetLinear Rectified(IReadOnlyList<Linear> next) => new(Parameters[0], Parameters[1], relu: true, next);
}
