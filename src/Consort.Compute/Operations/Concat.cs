using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Puts values side by side along their first axis: [B, n₁] and [B, n₂] → [B, n₁ + n₂]; [B, F₁, D] and [B, F₂, D] → [B, F₁ + F₂, D].
/// </summary>
public sealed class Concat : Operation
{
    /// <inheritdoc/>
    public override string Name => "concat";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length == 0 || inputs[0].Rank == 0)
            throw Mismatch(inputs, "at least one with a first axis");
        var first = 0;
        foreach (var input in inputs)
        {
            if (input.Rank != inputs[0].Rank || !input.Dimensions[1..].SequenceEqual(inputs[0].Dimensions[1..]))
                throw Mismatch(inputs, "shapes that differ in the first axis alone");
            first += input[0];
        }

        return new Shape([first, .. inputs[0].Dimensions[1..]]);
    }

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Node("Concat", new FormAttribute("axis", 1), [.. form.Inputs]);
}

internal sealed unsafe class ConcatKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly int[] _widths = [.. Enumerable.Range(0, binding.Inputs).Select(i => binding.InputShape(i).Size)];
    private readonly nint[] _inputs = [.. Enumerable.Range(0, binding.Inputs).Select(i => (nint)binding.Input(i))];
    private readonly GradientTarget<T>[] _gradients = [.. Enumerable.Range(0, binding.Inputs).Select(binding.InputGradient)];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var offset = 0;
        for (var input = 0; input < _widths.Length; input++)
        {
            var width = _widths[input];
            for (long row = start; row < end; row++)
                VectorMath.Copy(_output + (row * _width) + offset, (T*)_inputs[input] + (row * width), width);
            offset += width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var offset = 0;
        for (var input = 0; input < _widths.Length; input++)
        {
            var width = _widths[input];
            var target = _gradients[input];
            for (long row = start; row < end && target.IsWanted; row++)
                VectorMath.Put(target.Data + (row * width), _outputGradient + (row * _width) + offset, target.Accumulate, width);
            offset += width;
        }
    }
}
