using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The inner product of what an impression has with each of its positions, t [B, n] and e [N, n] → [N, 1]: q_l = ⟨t, e_l⟩. ∂t = Σ_l ∂q_l
/// e_l, ∂e_l = ∂q_l t.
/// </summary>
public sealed class TargetDot : Operation
{
    /// <inheritdoc/>
    public override string Name => "target_dot";

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [null, { } at]
        ? at : throw new ArgumentException("target_dot: found other values, expected one of impressions and one at positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == inputs[1] ? new Shape(1) : throw Mismatch(inputs, "two of one shape");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Positions.DotOf(form.Inputs[0], form.Inputs[1], form.InputShape().Size); // [B · L, 1]
}

/// <param name="binding">Its memory.</param>
/// <param name="isShared">Whether the positions are those of the first impression for all.</param>
internal sealed unsafe class TargetDotKernel<T>(Binding<T> binding, bool isShared = false)
    : SegmentKernel(binding.Workers, binding.Segments)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.InputShape(0).Size;
    private readonly T* _targets = binding.Input(0); // [B, n]
    private readonly T* _items = binding.Input(1); // [N, n]
    private readonly T* _output = binding.Output; // [N, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _targetGradient = binding.InputGradient(0);
    private readonly GradientTarget<T> _itemGradient = binding.InputGradient(1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var first = Segments.Starts[row];
            for (var i = first; i < Segments.Starts[row + 1]; i++)
                _output[i] = VectorMath.Dot(
                    _targets + ((long)row * _width), _items + ((long)(isShared ? i - first : i) * _width), _width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (target, items) = ((long)row * _width, _itemGradient);
            if (_targetGradient is { IsWanted: true, Accumulate: false })
                new Span<T>(_targetGradient.Data + target, _width).Clear();
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
            {
                var item = (long)i * _width;
                if (_targetGradient.IsWanted)
                    VectorMath.AddScaled(_targetGradient.Data + target, _items + item, _outputGradient[i], _width);
                if (items.IsWanted)
                    VectorMath.PutScaled(items.Data + item, _targets + target, _outputGradient[i], items.Accumulate, _width);
            }
        }
    }
}
