using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>What becomes of the positions of an impression. Without positions it is zeros.</summary>
public enum PositionPooling
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The last one; with the target, its own.</summary>
    Last,
}

/// <summary>Makes one row an impression of its positions: [N, …] → [B, …].</summary>
/// <param name="Kind">How.</param>
public sealed class PoolPositions(PositionPooling Kind) : Operation
{
    /// <inheritdoc/>
    public override string Name => "pool_positions";

    /// <summary>How.</summary>
    public PositionPooling Kind { get; } = Kind;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) =>
        inputs is [not null] ? null : throw new ArgumentException("pool_positions: found impressions, expected positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one value");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.Pool(form.Input, form.OutputShape.Size, Kind.ToString());
}

internal sealed unsafe class PoolPositionsKernel<T>(PositionPooling kind, Binding<T> binding)
    : SegmentKernel(binding.Workers, binding.SegmentsOfInput(0))
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0); // [N, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = Range(row);
            var output = _output + ((long)row * _width);
            new Span<T>(output, _width).Clear();
            for (var i = first; i < last; i++)
                VectorMath.AddScaled(output, _input + ((long)i * _width), Share(first, last), _width);
        }
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end && _target.IsWanted; row++)
        {
            var (first, last) = Range(row);
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
            {
                var target = _target.Data + ((long)i * _width);
                if (!_target.Accumulate)
                    new Span<T>(target, _width).Clear();
                if (i >= first && i < last)
                    VectorMath.AddScaled(target, _outputGradient + ((long)row * _width), Share(first, last), _width);
            }
        }
    }

    private (int First, int End) Range(int row)
    {
        var (first, end) = (Segments.Starts[row], Segments.Starts[row + 1]);
        return kind == PositionPooling.Last ? (Math.Max(first, end - 1), end) : (first, end);
    }

    private T Share(int first, int end) => kind == PositionPooling.Mean ? T.One / T.CreateTruncating(end - first) : T.One;
}
