using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Drops each number with probability p while training and scales the rest by 1 / (1 − p), [B, …] → [B, …]; scoring leaves all as they are.
/// Which numbers drop depends only on the step's seed, the operation and the place in the batch. Source: Srivastava et al. 2014, in the
/// inverted form that all toolkits use.
/// </summary>
public sealed class Dropout : Operation
{
    /// <summary>Describes the operation.</summary>
    /// <param name="rate">p, in [0, 1).</param>
    public Dropout(double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rate, 1);
        Rate = rate;
    }

    /// <inheritdoc/>
    public override string Name => "dropout";

    /// <summary>p.</summary>
    public double Rate { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Input;
}

internal sealed unsafe class DropoutKernel<T>(double rate, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly DropMask<T> _mask = binding.Drops(rate);
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0);
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (offset, length, place) = ((long)start * _width, (end - start) * _width, (Step.First + start) * _width);
        if (Step.IsTraining && _mask.Any)
            _mask.Apply(_input + offset, _output + offset, false, _mask.Key(Step.Seed), place, length);
        else
            VectorMath.Copy(_output + offset, _input + offset, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (offset, length, place) = ((long)start * _width, (end - start) * _width, (Step.First + start) * _width);
        if (!_target.IsWanted)
            return;
        if (Step.IsTraining && _mask.Any)
            _mask.Apply(_outputGradient + offset, _target.Data + offset, _target.Accumulate, _mask.Key(Step.Seed), place, length);
        else
            VectorMath.Put(_target.Data + offset, _outputGradient + offset, _target.Accumulate, length);
        if (_target.Mask != null)
            ReluMask.Apply(_target.Data + offset, _target.Mask + offset, length);
    }
}
