using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Softmax over the numbers of a row, [B, n] → [B, n]: p_i = e^{x_i} / Σ_j e^{x_j}. ∂x = p ⊙ (∂p − Σ_j ∂p_j p_j). For gates over a few
/// experts.
/// </summary>
public sealed class Softmax : Operation
{
    /// <inheritdoc/>
    public override string Name => "softmax";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 1 ? inputs[0] : throw Mismatch(inputs, "[n]");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Node("Softmax", new FormAttribute("axis", 1), form.Input);
}

internal sealed unsafe class SoftmaxKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0); // [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            T* input = _input + (row * _width), output = _output + (row * _width);
            var most = input[0];
            for (var i = 1; i < _width; i++)
                most = T.Max(most, input[i]);
            var sum = T.Zero;
            for (var i = 0; i < _width; i++)
                sum += output[i] = T.Exp(input[i] - most);
            for (var i = 0; i < _width; i++)
                output[i] /= sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (long row = start; row < end && _target.IsWanted; row++)
        {
            T* output = _output + (row * _width), gradient = _outputGradient + (row * _width), target = _target.Data + (row * _width);
            var mean = VectorMath.Dot(output, gradient, _width);
            for (var i = 0; i < _width; i++)
            {
                var value = output[i] * (gradient[i] - mean);
                target[i] = _target.Accumulate ? target[i] + value : value;
            }
        }
    }
}
