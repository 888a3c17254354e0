using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// For each position that has one behind it what another position of the batch has, drawn from all of them: y_l = x_j, [N, n] → [N, n],
/// where position j has another id than position l + 1. So ids are drawn as often as histories have them. What has none behind it, or finds
/// no other id in eight draws, gets zeros. Draws depend on the step's seed, the operation and the place in the batch. Source: Zhou et al.
/// 2019 (DIEN), whose code draws from all clicks of the log.
/// </summary>
public sealed class SampledPosition : Operation
{
    /// <inheritdoc/>
    public override string Name => "sampled_position";

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [{ WithTarget: false, Top: 0 } at]
        ? at : throw new ArgumentException("sampled_position: found other values, expected one at all positions without the target");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one value");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => throw new NotSupportedException("sampled_position is there to train alone");
}

internal sealed unsafe class SampledPositionKernel<T>(Binding<T> binding) : SegmentKernel(binding.Workers, binding.Segments)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Draws = 8;
    private readonly int _width = binding.OutputShape.Size;
    private readonly int _columns = binding.Columns;
    private readonly int _stream = binding.Index;
    private readonly T* _input = binding.Input(0); // [N, n]
    private readonly T* _output = binding.Output; // [N, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly int* _ids = (int*)binding.Workspace(binding.Capacity); // [N]
    private readonly int* _drawn = (int*)binding.Workspace(binding.Capacity); // [N], −1 for none

    public override void Forward(in Step step)
    {
        for (var row = 0; row < Segments.Batch; row++)
        {
            var list = step.Lists + step.Ids[((long)row * _columns) + Segments.Of.Column];
            VectorMath.Copy(_ids + Segments.Starts[row], list + 1, *list);
        }

        base.Forward(step);
    }

    protected override void ForwardRows(int start, int end)
    {
        var hash = new CounterHash(Step.Seed, (ulong)_stream);
        for (var row = start; row < end; row++)
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
            {
                var output = _output + ((long)i * _width);
                _drawn[i] = i + 1 < Segments.Starts[row + 1] ? Draw(hash, i, _ids[i + 1]) : -1;
                if (_drawn[i] < 0)
                    new Span<T>(output, _width).Clear();
                else
                    VectorMath.Copy(output, _input + ((long)_drawn[i] * _width), _width);
            }
    }

    // One after the other: several may have drawn the same.
    public override void Backward(in Step step)
    {
        if (!_target.IsWanted)
            return;
        if (!_target.Accumulate)
            new Span<T>(_target.Data, Segments.Rows * _width).Clear();
        for (var i = 0; i < Segments.Rows; i++)
            if (_drawn[i] >= 0)
                VectorMath.Add(_target.Data + ((long)_drawn[i] * _width), _outputGradient + ((long)i * _width), _width);
    }

    protected override void BackwardRows(int start, int end) { }

    private int Draw(CounterHash hash, int position, int next)
    {
        for (var draw = 0; draw < Draws; draw++)
        {
            var other = (int)(((ulong)hash.BitsAt((uint)(((Step.First + position) * Draws) + draw)) * (uint)Segments.Rows) >> 32);
            if (_ids[other] != next)
                return other;
        }

        return -1;
    }
}
