using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The factorised interaction behind its linear layer: of h = [u, v], [B, 2 n], either [u, u ⊙ v], [B, 2 n], or u + u ⊙ v, [B, n]. Source:
/// Zhu et al. 2023 (FINAL); which half multiplies is FuxiCTR's choice.
/// </summary>
/// <param name="IsSum">Whether the two are added rather than put side by side.</param>
public sealed class FactorizedInteraction(bool IsSum = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => "factorized_interaction";

    /// <summary>Whether the two are added rather than put side by side.</summary>
    public bool IsSum { get; } = IsSum;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 1 && inputs[0].Size % 2 == 0
            ? new Shape(IsSum ? inputs[0].Size / 2 : inputs[0].Size)
            : throw Mismatch(inputs, "[2 n]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var half = form.InputShape().Size / 2;
        var u = form.Slice(form.Input, 0, half);
        var product = form.Multiply(u, form.Slice(form.Input, half, 2 * half));
        return IsSum ? form.Add(u, product) : form.Node("Concat", new FormAttribute("axis", 1), u, product);
    }
}

internal sealed unsafe class FactorizedInteractionKernel<T>(bool isSum, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _half = binding.InputShape(0).Size / 2;
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0); // [B, 2 n]
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            T* u = _input + (row * 2 * _half), output = _output + (row * _width);
            VectorMath.Copy(output, u, _half);
            VectorMath.PutProduct(isSum ? output : output + _half, u, u + _half, isSum, _half);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (long row = start; row < end && _target.IsWanted; row++)
        {
            T* u = _input + (row * 2 * _half), target = _target.Data + (row * 2 * _half);
            var gradient = _outputGradient + (row * _width);
            var product = isSum ? gradient : gradient + _half; // by u ⊙ v
            VectorMath.Put(target, gradient, _target.Accumulate, _half);
            VectorMath.PutProduct(target, product, u + _half, true, _half);
            VectorMath.PutProduct(target + _half, product, u, _target.Accumulate, _half);
        }
    }
}
