using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Softmax over the positions of each impression, [N, 1] → [N, 1]: p_l = exp(a_l) / Σ_k exp(a_k). ∂a_l = p_l (∂p_l − Σ_k p_k ∂p_k).
/// </summary>
public sealed class PositionSoftmax : Operation
{
    /// <inheritdoc/>
    public override string Name => "position_softmax";

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) =>
        inputs is [{ } at] ? at : throw new ArgumentException("position_softmax: found impressions, expected positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Size == 1 ? inputs[0] : throw Mismatch(inputs, "[1]");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.SoftmaxOfPositions(form.Input);
}

internal sealed unsafe class PositionSoftmaxKernel<T>(Binding<T> binding) : SegmentKernel(binding.Workers, binding.Segments)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _input = binding.Input(0); // [N, 1]
    private readonly T* _output = binding.Output; // [N, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1]);
            var (most, sum) = (T.NegativeInfinity, T.Zero);
            for (var i = first; i < last; i++)
                most = T.Max(most, _input[i]);
            for (var i = first; i < last; i++)
                sum += _output[i] = T.Exp(_input[i] - most);
            for (var i = first; i < last; i++)
                _output[i] /= sum;
        }
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end && _target.IsWanted; row++)
        {
            var (first, last, mean) = (Segments.Starts[row], Segments.Starts[row + 1], T.Zero);
            for (var i = first; i < last; i++)
                mean += _output[i] * _outputGradient[i];
            for (var i = first; i < last; i++)
            {
                var gradient = _output[i] * (_outputGradient[i] - mean);
                _target.Data[i] = _target.Accumulate ? _target.Data[i] + gradient : gradient;
            }
        }
    }
}
