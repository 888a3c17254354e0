using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>What the position behind each one has, [N, n] → [N, n]: y_l = x_{l+1}; zeros behind an impression's last.</summary>
public sealed class NextPosition : Operation
{
    /// <inheritdoc/>
    public override string Name => "next_position";

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) =>
        inputs is [{ } at] ? at : throw new ArgumentException("next_position: found impressions, expected positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one value");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => throw new NotSupportedException("next_position is there to train alone");
}

internal sealed unsafe class NextPositionKernel<T>(Binding<T> binding) : SegmentKernel(binding.Workers, binding.Segments)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0); // [N, n]
    private readonly T* _output = binding.Output; // [N, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, moved) = Range(row);
            if (moved < 0)
                continue;
            VectorMath.Copy(_output + first, _input + first + _width, moved);
            new Span<T>(_output + first + moved, _width).Clear();
        }
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end && _target.IsWanted; row++)
        {
            var (first, moved) = Range(row);
            if (moved < 0)
                continue;
            if (!_target.Accumulate)
                new Span<T>(_target.Data + first, _width).Clear();
            VectorMath.Put(_target.Data + first + _width, _outputGradient + first, _target.Accumulate, moved);
        }
    }

    // Where an impression's numbers begin, and how many have one before them; −n where there are none.
    private (long First, int Moved) Range(int row) =>
        ((long)Segments.Starts[row] * _width, (Segments.Starts[row + 1] - Segments.Starts[row] - 1) * _width);
}
