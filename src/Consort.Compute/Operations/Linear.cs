using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A fully connected layer over the last axis, [B, in] → [B, out] or [B, …, in] → [B, …, out] with one W for all positions: y = x Wᵀ + b.
/// Bias and a ReLU that a rewriting has put into it are applied while the product is still in registers, and so is the gradient of the ReLU
/// of a layer that feeds this one alone. ∂W = ∂yᵀ x, ∂b = Σ_B ∂y, ∂x = ∂y W.
/// </summary>
/// <remarks>Several inputs [B, n₁], [B, n₂], … count as x = [x₁, x₂, …] and are never put side by side in memory.</remarks>
public sealed class Linear : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [out, in].</param>
    /// <param name="bias">b, [out], or null for none.</param>
    public Linear(Parameter weight, Parameter? bias)
        : this(weight, bias, relu: false)
    {
    }

    /// <summary>The same with what a rewriting may have put into it.</summary>
    internal Linear(Parameter weight, Parameter? bias, bool relu)
    {
        if (weight.Shape.Rank != 2 || (bias is not null && bias.Shape != new Shape(weight.Shape[0])))
            throw new ArgumentException($"linear: found weight {weight.Shape} and bias {bias?.Shape}, expected [out, in] and [out]");
        (Weight, Bias, Relu) = (weight, bias, relu);
        Parameters = bias is null ? [weight] : [weight, bias];
    }

    /// <inheritdoc/>
    public override string Name => "linear";

    /// <summary>W, [out, in].</summary>
    public Parameter Weight { get; }

    /// <summary>b, [out].</summary>
    public Parameter? Bias { get; }

    /// <summary>Whether ReLU follows within the operation: only where a rewriting says so.</summary>
    internal bool Relu { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    internal override bool EndsInRelu => Relu;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank > 1 && inputs[0].Dimensions[^1] == Weight.Shape[1]
            ? new Shape([.. inputs[0].Dimensions[..^1], Weight.Shape[0]])
            : AreVectorsOfWidth(inputs, Weight.Shape[1])
                ? new Shape(Weight.Shape[0])
                : throw Mismatch(inputs, $"[{Weight.Shape[1]}] in one or more vectors, or as one last axis");

    private static bool AreVectorsOfWidth(ReadOnlySpan<Shape> inputs, int width)
    {
        foreach (var input in inputs)
            width -= input.Rank == 1 ? input[0] : width + 1;
        return inputs.Length > 0 && width == 0;
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * Weight.Shape[0] * Math.Max(Weight.Shape[1], inputs[0].Size);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var input = form.Inputs.Count == 1 ? form.Input : form.Node("Concat", new FormAttribute("axis", 1), [.. form.Inputs]);
        FormValue sum;
        if (form.OutputShape.Rank == 1)
        {
            sum = form.Dense(input, Weight, Bias);
        }
        else
        {
            sum = form.Node("MatMul", input, form.Transposed(Weight));
            sum = Bias is null ? sum : form.Add(sum, form.Weight(Bias));
        }

        return Relu ? form.Node("Relu", sum) : sum;
    }
}

internal sealed unsafe class LinearKernel<T>(Linear linear, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _out = linear.Weight.Shape[0];
    private readonly int _positions = binding.OutputShape.Size / linear.Weight.Shape[0]; // of a row
    private readonly bool _relu = linear.Relu;
    private readonly bool _mask = linear.Relu && !binding.IsOutputGradientMasked; // the ReLU's gradient is still to do
    private readonly Part[] _parts = Part.Of(linear, binding);
    private readonly T* _bias = linear.Bias is null ? null : binding.Values(linear.Bias); // [out]
    // Also where the weight is not trained but the bias is: its gradient comes out of the same multiply.
    private readonly bool _isTrained = linear.Parameters.Any(p => p.IsTrained);
    private readonly T* _biasGradient = linear.Bias is null ? null : binding.Gradients(linear.Bias);
    private readonly T* _output = binding.Output; // [B, out]
    private readonly T* _outputGradient = binding.OutputGradient;

    public override void Forward(in Step step)
    {
        for (var i = 0; i < _parts.Length; i++)
        {
            var (part, isLast) = (_parts[i], i == _parts.Length - 1);
            part.Multiply.Forward(step.Rows * _positions, part.Input, part.Weight, i == 0 ? _bias : null, _output, i > 0, isLast && _relu);
        }
    }

    public override void Backward(in Step step)
    {
        if (_mask)
            base.Backward(step);
        for (var i = 0; i < _parts.Length; i++)
        {
            var part = _parts[i];
            if (_isTrained)
                part.Multiply.WeightGradient(step.Rows * _positions, _outputGradient, part.Input, part.WeightGradient,
                    i == 0 ? _biasGradient : null);
            if (part.Target.IsWanted)
                part.Multiply.InputGradient(step.Rows * _positions, _outputGradient, part.Weight, part.Target);
        }
    }

    protected override void ForwardRows(int start, int end) { }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var offset = (long)start * _positions * _out;
        ReluMask.Apply(_outputGradient + offset, _output + offset, (end - start) * _positions * _out);
    }

    // An input and the columns of W that it meets.
    private sealed class Part
    {
        private Part(Linear linear, Binding<T> binding, int input, int column)
        {
            var (outputs, width) = (linear.Weight.Shape[0], binding.InputShape(input).Dimensions[^1]);
            Multiply = new DenseMultiply<T>(binding.Gemm, width, outputs, linear.Weight.Shape[1]);
            Input = binding.Input(input);
            Weight = binding.Values(linear.Weight) + column;
            WeightGradient = binding.Gradients(linear.Weight) + column;
            Target = binding.InputGradient(input);
        }

        public DenseMultiply<T> Multiply { get; }

        public T* Input { get; } // [B, n_i]

        public T* Weight { get; } // [out, n_i] within [out, in]

        public T* WeightGradient { get; }

        public GradientTarget<T> Target { get; }

        public static Part[] Of(Linear linear, Binding<T> binding)
        {
            var parts = new Part[binding.Inputs];
            for (int i = 0, column = 0; i < parts.Length; column += binding.InputShape(i).Dimensions[^1], i++)
                parts[i] = new Part(linear, binding, i, column);
            return parts;
        }
    }
}
