using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Batch normalisation of each of n features, [B, n] → [B, n], or of the last axis of [B, …, n], where every position counts as a row: y =
/// γ x̂ + β, x̂ = (x − μ) / √(σ² + ε). Training takes μ and σ² (biased) from the batch and moves the running ones by a tenth (σ² unbiased
/// there); scoring takes the running ones, and so does training where <see cref="Cpu.Programs.Step.KeepsStatistics"/> says so, which then
/// leaves them as they are: ∂x = γ ∂y / √(σ² + ε). Source: Ioffe and Szegedy 2015; ε = 1e-5 and momentum 0.1 as in PyTorch, which FuxiCTR's
/// numbers rest on.
/// </summary>
public sealed class BatchNorm : Operation
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>How far a batch moves the running statistics.</summary>
    public const double Momentum = 0.1;

    /// <summary>Describes the operation.</summary>
    /// <param name="scale">γ, [n].</param>
    /// <param name="shift">β, [n].</param>
    /// <param name="mean">Running mean, [n], not trained.</param>
    /// <param name="variance">Running variance, [n], not trained.</param>
    public BatchNorm(Parameter scale, Parameter shift, Parameter mean, Parameter variance) => Parameters = [scale, shift, mean, variance];

    private BatchNorm(BatchNorm plain, double dropout) => (Parameters, Relu, Dropout) = (plain.Parameters, true, dropout);

    /// <summary>The same with ReLU on the way, and dropout of that: y = max(0, γ x̂ + β).</summary>
    /// <param name="dropout">The share of numbers that drop behind the ReLU while training, in [0, 1); see
    /// <see cref="Operations.Dropout"/>.</param>
    internal BatchNorm Rectified(double dropout = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dropout);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dropout, 1);
        return new BatchNorm(this, dropout);
    }

    /// <inheritdoc/>
    public override string Name => "batch_norm";

    /// <summary>γ, β, running mean and running variance, each [n].</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Whether ReLU follows within the operation: only where a rewriting says so.</summary>
    internal bool Relu { get; }

    /// <summary>The share of numbers that drop behind the ReLU while training.</summary>
    internal double Dropout { get; }

    internal override bool EndsInRelu => Relu;

    /// <inheritdoc/>
    public override bool ReadsTheBatch => true;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length != 1 || inputs[0].Rank == 0)
            throw Mismatch(inputs, "[…, n]");
        foreach (var parameter in Parameters)
            if (parameter.Shape != new Shape(inputs[0].Dimensions[^1]))
                throw Mismatch(inputs, $"{parameter.Shape}, the shape of {parameter.Name}, as the last axis");
        return inputs[0];
    }

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => Relu ? form.Node("Relu", Normalised(form)) : Normalised(form);

    private FormValue Normalised(StandardForm form)
    {
        // ONNX normalises the second axis: positions of a row become rows, as they count here.
        var isFlat = form.OutputShape.Rank == 1;
        var normalised = form.Node(
            "BatchNormalization", new FormAttribute("epsilon", (float)Epsilon),
            isFlat ? form.Input : form.Node("Reshape", form.Input, form.Constant(-1, Parameters[0].Shape.Size)),
            form.Weight(Parameters[0]), form.Weight(Parameters[1]), form.Weight(Parameters[2]), form.Weight(Parameters[3]));
        return isFlat ? normalised
            : form.Node("Reshape", normalised, form.Constant([-1, .. form.OutputShape.Dimensions.ToArray().Select(d => (long)d)]));
    }
}
