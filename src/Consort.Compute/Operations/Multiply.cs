using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The element-wise (Hadamard) product of two values of one shape, times a constant, [B, …] twice → [B, …]: z = c · x ⊙ y. ∂x = c ∂z ⊙ y,
/// ∂y = c ∂z ⊙ x.
/// </summary>
/// <param name="Factor">c, for gates such as 2·sigmoid.</param>
public sealed class Multiply(double Factor = 1) : Operation
{
    /// <inheritdoc/>
    public override string Name => "multiply";

    /// <summary>c.</summary>
    public double Factor { get; } = Factor;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == inputs[1] ? inputs[0] : throw Mismatch(inputs, "two of one shape");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Scale(form.Multiply(form.Inputs[0], form.Inputs[1]), Factor);
}

internal sealed unsafe class MultiplyKernel<T>(T factor, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _left = binding.Input(0); // [B, …]
    private readonly T* _right = binding.Input(1); // [B, …]
    private readonly T* _output = binding.Output; // [B, …]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _leftTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _rightTarget = binding.InputGradient(1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end) => Put(_output, _left, _right, false, start, end);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (_leftTarget.IsWanted)
            Put(_leftTarget.Data, _outputGradient, _right, _leftTarget.Accumulate, start, end);
        if (_rightTarget.IsWanted)
            Put(_rightTarget.Data, _outputGradient, _left, _rightTarget.Accumulate, start, end);
    }

    // target (+)= c · x ⊙ y
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(T* target, T* left, T* right, bool accumulate, int start, int end)
    {
        var i = (long)start * _width;
        var last = (long)end * _width;
        for (; i <= last - Vector<T>.Count; i += Vector<T>.Count)
        {
            var product = Vector.Load(left + i) * Vector.Load(right + i) * factor;
            Vector.Store(accumulate ? Vector.Load(target + i) + product : product, target + i);
        }

        for (; i < last; i++)
            target[i] = accumulate ? target[i] + (left[i] * right[i] * factor) : left[i] * right[i] * factor;
    }
}
