using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Puts the target behind the positions of its impression: [N, n] and [B, n] → [N + B, n].</summary>
public sealed class AppendTarget : Operation
{
    /// <inheritdoc/>
    public override string Name => "append_target";

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [{ WithTarget: false } at, null]
        ? at with { WithTarget = true }
        : throw new ArgumentException("append_target: found other values, expected one at positions and one of impressions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == inputs[1] ? inputs[0] : throw Mismatch(inputs, "two alike");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Positions.AppendTarget(form.Inputs[0], form.Inputs[1], form.OutputShape.Size);
}

internal sealed unsafe class AppendTargetKernel<T>(Binding<T> binding) : SegmentKernel(binding.Workers, binding.Segments)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _positions = binding.Input(0); // [N, n]
    private readonly T* _targets = binding.Input(1); // [B, n]
    private readonly T* _output = binding.Output; // [N + B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _positionGradient = binding.InputGradient(0);
    private readonly GradientTarget<T> _targetGradient = binding.InputGradient(1);

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1] - 1);
            // Before this impression each had one row more than it had positions.
            VectorMath.Copy(_output + ((long)first * _width), _positions + ((long)(first - row) * _width), (last - first) * _width);
            VectorMath.Copy(_output + ((long)last * _width), _targets + ((long)row * _width), _width);
        }
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1] - 1);
            if (_positionGradient.IsWanted)
                VectorMath.Put(_positionGradient.Data + ((long)(first - row) * _width), _outputGradient + ((long)first * _width),
                    _positionGradient.Accumulate, (last - first) * _width);
            if (_targetGradient.IsWanted)
                VectorMath.Put(_targetGradient.Data + ((long)row * _width), _outputGradient + ((long)last * _width),
                    _targetGradient.Accumulate, _width);
        }
    }
}
