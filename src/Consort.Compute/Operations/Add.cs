using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>The sum or the mean of n values of one shape, [B, …] each: y = Σ_i x_i, or y = 1/n Σ_i x_i.</summary>
/// <param name="IsMean">Whether to average.</param>
public sealed class Add(bool IsMean = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => IsMean ? "mean" : "add";

    /// <summary>Whether it averages.</summary>
    public bool IsMean { get; } = IsMean;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length == 0)
            throw Mismatch(inputs, "at least one");
        foreach (var input in inputs)
            if (input != inputs[0])
                throw Mismatch(inputs, "equal shapes");
        return inputs[0];
    }

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Inputs.Count == 1 ? form.Node("Identity", form.Input) : form.Node(IsMean ? "Mean" : "Sum", [.. form.Inputs]);
}

internal sealed unsafe class AddKernel<T>(bool isMean, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T _share = isMean ? T.One / T.CreateTruncating(binding.Inputs) : T.One;
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly nint[] _inputs = [.. Enumerable.Range(0, binding.Inputs).Select(i => (nint)binding.Input(i))];
    private readonly GradientTarget<T>[] _gradients = [.. Enumerable.Range(0, binding.Inputs).Select(binding.InputGradient)];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (offset, length) = ((long)start * _width, (end - start) * _width);
        for (var input = 0; input < _inputs.Length; input++)
            VectorMath.Put(_output + offset, (T*)_inputs[input] + offset, input > 0, length);
        if (isMean)
            VectorMath.Scale(_output + offset, _output + offset, _share, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (offset, length) = ((long)start * _width, (end - start) * _width);
        foreach (var target in _gradients)
            if (target.IsWanted && isMean)
                VectorMath.PutScaled(target.Data + offset, _outputGradient + offset, _share, target.Accumulate, length);
            else if (target.IsWanted)
                VectorMath.Put(target.Data + offset, _outputGradient + offset, target.Accumulate, length);
    }
}
