using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The last step of a cross layer whose transform h is made elsewhere, x₀, x and h [B, …] of one shape → [B, …]: y = x₀ ⊙ h + x. ∂x₀ = ∂y ⊙
/// h, ∂x = ∂y, ∂h = ∂y ⊙ x₀. Source: Wang et al. 2021 (DCN V2), eq. 1; gated, low-rank, linear and exponential cross layers differ in h
/// alone.
/// </summary>
public sealed class HadamardCross : Operation
{
    /// <inheritdoc/>
    public override string Name => "hadamard_cross";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 3 && inputs[0] == inputs[1] && inputs[0] == inputs[2] ? inputs[0] : throw Mismatch(inputs, "three of one shape");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Add(form.Multiply(form.Inputs[0], form.Inputs[2]), form.Inputs[1]);
}

internal sealed unsafe class HadamardCrossKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _first = binding.Input(0); // x₀ [B, …]
    private readonly T* _input = binding.Input(1); // x [B, …]
    private readonly T* _hidden = binding.Input(2); // h [B, …]
    private readonly T* _output = binding.Output; // [B, …]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _firstTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _inputTarget = binding.InputGradient(1);
    private readonly GradientTarget<T> _hiddenTarget = binding.InputGradient(2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (offset, length) = ((long)start * _width, (end - start) * _width);
        T* first = _first + offset, input = _input + offset, hidden = _hidden + offset, output = _output + offset;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store((Vector.Load(first + i) * Vector.Load(hidden + i)) + Vector.Load(input + i), output + i);
        for (; i < length; i++)
            output[i] = (first[i] * hidden[i]) + input[i];
    }

    // In the order of the inputs: where x₀ and x are one value, the second write adds to the first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (offset, length) = ((long)start * _width, (end - start) * _width);
        var gradient = _outputGradient + offset;
        if (_firstTarget.IsWanted)
            VectorMath.PutProduct(_firstTarget.Data + offset, gradient, _hidden + offset, _firstTarget.Accumulate, length);
        if (_inputTarget.IsWanted)
            VectorMath.Put(_inputTarget.Data + offset, gradient, _inputTarget.Accumulate, length);
        if (_hiddenTarget.IsWanted)
            VectorMath.PutProduct(_hiddenTarget.Data + offset, gradient, _first + offset, _hiddenTarget.Accumulate, length);
    }
}
