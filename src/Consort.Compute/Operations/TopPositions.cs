using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Of each impression's positions the k with the greatest scores, in their order, q [N, 1] and e [N, n] → [M, n]; all where there are no
/// more than k. Of equal scores the earlier position counts. Gradients go to the rows that were chosen; which ones are, is not learned.
/// Source: Pi et al. 2020 (SIM), the general search unit.
/// </summary>
/// <param name="Most">k, at least 1.</param>
public sealed class TopPositions(int Most) : Operation
{
    /// <inheritdoc/>
    public override string Name => "top_positions";

    /// <summary>k.</summary>
    public int Most { get; } = Most >= 1 ? Most : throw new ArgumentOutOfRangeException(nameof(Most), Most, "expected at least 1");

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) =>
        inputs is [{ WithTarget: false, Top: 0 } one, { } two] && one == two ? one with { Top = Most }
            : throw new ArgumentException("top_positions: found other values, expected two at all positions of one history");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0].Size == 1 ? inputs[1] : throw Mismatch(inputs, "[1] and [n]");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Positions.Top(form.Inputs[0], form.Inputs[1], form.OutputShape.Size); // [B · k, n]
}

internal sealed unsafe class TopPositionsKernel<T>(Binding<T> binding) : SegmentKernel(binding.Workers, binding.SegmentsOfInput(0))
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly Segments _chosen = binding.Segments;
    private readonly T* _scores = binding.Input(0); // [N, 1]
    private readonly T* _values = binding.Input(1); // [N, n]
    private readonly T* _output = binding.Output; // [M, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _scoreTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _valueTarget = binding.InputGradient(1);
    private readonly int* _places = (int*)binding.Workspace(binding.Capacity); // of each chosen row in its impression, [M]

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, begin) = (Segments.Starts[row], _chosen.Starts[row]);
            TopChoice.Find(_scores + first, Segments.Starts[row + 1] - first, _places + begin, _chosen.Starts[row + 1] - begin);
            for (var i = begin; i < _chosen.Starts[row + 1]; i++)
                VectorMath.Copy(_output + ((long)i * _width), _values + ((long)(first + _places[i]) * _width), _width);
        }
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, count) = (Segments.Starts[row], Segments.Starts[row + 1] - Segments.Starts[row]);
            if (_scoreTarget is { IsWanted: true, Accumulate: false })
                new Span<T>(_scoreTarget.Data + first, count).Clear();
            if (!_valueTarget.IsWanted)
                continue;
            if (!_valueTarget.Accumulate)
                new Span<T>(_valueTarget.Data + ((long)first * _width), count * _width).Clear();
            for (var i = _chosen.Starts[row]; i < _chosen.Starts[row + 1]; i++)
                VectorMath.Add(_valueTarget.Data + ((long)(first + _places[i]) * _width), _outputGradient + ((long)i * _width), _width);
        }
    }
}
