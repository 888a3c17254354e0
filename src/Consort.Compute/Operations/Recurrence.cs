using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Which recurrent unit.</summary>
public enum RecurrenceKind
{
    /// <summary>A gated recurrent unit: h' = h + u ⊙ (n − h).</summary>
    Gru,

    /// <summary>Attention in the place of the update gate: h' = h + a (n − h).</summary>
    Agru,

    /// <summary>An update gate scaled by attention: h' = h + a u ⊙ (n − h).</summary>
    Augru,
}

/// <summary>
/// A gated recurrent unit over the positions of each impression, behind the matrix of what is received: x [N, 3 d] = [x_r, x_u, x_n], and
/// of the kinds with attention a [N, 1] → the states h [N, d]. With c = U h + b: r = σ(x_r + c_r), u = σ(x_u + c_u), n = tanh(x_n + r ⊙
/// c_n) and h' as <see cref="RecurrenceKind"/> says; h is 0 before the first position. Source: Cho et al. 2014 for the unit, as PyTorch
/// writes it but for u, which is 1 − z there; Zhou et al. 2019 (DIEN), eq. 5–7, for those with attention.
/// </summary>
public sealed class Recurrence : Operation
{
    /// <summary>Describes the unit.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="weight">U, [3 d, d].</param>
    /// <param name="bias">b, [3 d].</param>
    public Recurrence(RecurrenceKind kind, Parameter weight, Parameter bias)
    {
        if (weight.Shape.Rank != 2 || weight.Shape[0] != 3 * weight.Shape[1] || bias.Shape != new Shape(weight.Shape[0]))
            throw new ArgumentException($"recurrence: found weight {weight.Shape} and bias {bias.Shape}, expected [3 d, d] and [3 d]");
        (Kind, Parameters) = (kind, [weight, bias]);
    }

    /// <inheritdoc/>
    public override string Name => "recurrence";

    /// <summary>Which unit.</summary>
    public RecurrenceKind Kind { get; }

    /// <summary>U and b.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs[0] is not null && (inputs.Length < 2 || inputs[1] == inputs[0])
        ? inputs[0] : throw new ArgumentException("recurrence: found other values, expected those of the same positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var (width, wanted) = (Parameters[0].Shape[0], Kind == RecurrenceKind.Gru ? 1 : 2);
        return inputs.Length == wanted && inputs[0] == new Shape(width) && (wanted == 1 || inputs[1].Size == 1)
            ? new Shape(width / 3) : throw Mismatch(inputs, wanted == 1 ? $"[{width}]" : $"[{width}] and [1]");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * Parameters[0].Shape.Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.Recurrent(Kind.ToString(), Parameters[0], Parameters[1]);
}
