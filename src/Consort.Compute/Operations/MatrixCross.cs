using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A cross layer with a weight matrix: x₀ [B, n] and x_l [B, n] → x_{l+1} = x₀ ⊙ (W x_l + b) + x_l, [B, n]. With h = W x_l + b: ∂x₀ = ∂y ⊙
/// h, ∂h = ∂y ⊙ x₀, ∂W = ∂hᵀ x_l, ∂b = Σ_B ∂h, ∂x_l = ∂y + ∂h W. Source: Wang et al. 2021 (DCN V2), eq. 1.
/// </summary>
public sealed class MatrixCross : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [n, n].</param>
    /// <param name="bias">b, [n].</param>
    public MatrixCross(Parameter weight, Parameter bias)
    {
        if (weight.Shape.Rank != 2 || weight.Shape[0] != weight.Shape[1] || bias.Shape != new Shape(weight.Shape[0]))
            throw new ArgumentException($"matrix_cross: found weight {weight.Shape} and bias {bias.Shape}, expected [n, n] and [n]");
        Parameters = [weight, bias];
    }

    /// <inheritdoc/>
    public override string Name => "matrix_cross";

    /// <summary>W and b.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == inputs[1] && inputs[0] == Parameters[1].Shape
            ? inputs[0]
            : throw Mismatch(inputs, $"twice {Parameters[1].Shape}");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => (2L * inputs[0].Size * inputs[0].Size) + (2L * inputs[0].Size);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Add(form.Multiply(form.Inputs[0], form.Dense(form.Inputs[1], Parameters[0], Parameters[1])), form.Inputs[1]);
}

internal sealed unsafe class MatrixCrossKernel<T>(MatrixCross cross, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly DenseMultiply<T> _multiply =
        new(binding.Gemm, binding.OutputShape.Size, binding.OutputShape.Size, binding.OutputShape.Size);
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _weight = binding.Values(cross.Parameters[0]); // [n, n]
    private readonly T* _bias = binding.Values(cross.Parameters[1]); // [n]
    private readonly T* _weightGradient = binding.Gradients(cross.Parameters[0]);
    private readonly T* _biasGradient = binding.Gradients(cross.Parameters[1]);
    private readonly T* _first = binding.Input(0); // x₀ [B, n]
    private readonly T* _input = binding.Input(1); // x_l [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _firstTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _inputTarget = binding.InputGradient(1);
    private readonly T* _hidden = binding.Workspace((long)binding.Capacity * binding.OutputShape.Size); // h, then ∂h, [B, n]

    public override void Forward(in Step step)
    {
        _multiply.Forward(step.Rows, _input, _weight, _bias, _hidden);
        base.Forward(step);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (offset, length) = ((long)start * _width, (end - start) * _width);
        VectorMath.Copy(_output + offset, _input + offset, length);
        VectorMath.PutProduct(_output + offset, _first + offset, _hidden + offset, true, length);
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _multiply.WeightGradient(step.Rows, _hidden, _input, _weightGradient, _biasGradient);
        if (_inputTarget.IsWanted)
            _multiply.InputGradient(step.Rows, _hidden, _weight, _inputTarget.Adding());
    }

    // ∂x₀, the part of ∂x_l that passes by the matrix, and ∂h in the place of h. In the first layer x₀ and x_l are one
    // value, so the second write must come after the first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (offset, length) = ((long)start * _width, (end - start) * _width);
        var gradient = _outputGradient + offset;
        if (_firstTarget.IsWanted)
            VectorMath.PutProduct(_firstTarget.Data + offset, gradient, _hidden + offset, _firstTarget.Accumulate, length);
        if (_inputTarget.IsWanted)
            VectorMath.Put(_inputTarget.Data + offset, gradient, _inputTarget.Accumulate, length);
        VectorMath.PutProduct(_hidden + offset, gradient, _first + offset, false, length);
    }
}
