using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>The inner product of two values of one shape, row by row, [B, …] twice → [B, 1]: z = ⟨x, y⟩. ∂x = ∂z y, ∂y = ∂z x.</summary>
public sealed class Dot : Operation
{
    /// <inheritdoc/>
    public override string Name => "dot";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == inputs[1] ? new Shape(1) : throw Mismatch(inputs, "two of one shape");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Dot(form.Inputs[0], form.Inputs[1], form.InputShape().Size);
}

internal sealed unsafe class DotKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.InputShape(0).Size;
    private readonly T* _left = binding.Input(0); // [B, …]
    private readonly T* _right = binding.Input(1); // [B, …]
    private readonly T* _output = binding.Output; // [B, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _leftTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _rightTarget = binding.InputGradient(1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
            _output[row] = VectorMath.Dot(_left + (row * _width), _right + (row * _width), _width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            var offset = row * _width;
            if (_leftTarget.IsWanted)
                VectorMath.PutScaled(_leftTarget.Data + offset, _right + offset, _outputGradient[row], _leftTarget.Accumulate, _width);
            if (_rightTarget.IsWanted)
                VectorMath.PutScaled(_rightTarget.Data + offset, _left + offset, _outputGradient[row], _rightTarget.Accumulate, _width);
        }
    }
}
