using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The sum of an impression's positions with a weight each, a [N, 1] and e [N, n] → [B, n]: v_b = Σ_l a_l e_l; with softmax a_l is first
/// exp(a_l) / Σ_k exp(a_k) over the impression's positions. Without positions v is 0. ∂a_l = ⟨∂v, e_l⟩, behind a softmax p_l (⟨∂v, e_l⟩ −
/// Σ_k p_k ⟨∂v, e_k⟩); ∂e_l = a_l ∂v. Source: Zhou et al. 2018 (DIN), eq. 3, whose weights have no softmax.
/// </summary>
/// <param name="IsSoftmax">Whether the weights are made shares of 1.</param>
public sealed class WeightedPositions(bool IsSoftmax) : Operation
{
    /// <inheritdoc/>
    public override string Name => "weighted_positions";

    /// <summary>Whether the weights are made shares of 1.</summary>
    public bool IsSoftmax { get; } = IsSoftmax;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [{ } one, { } two] && one == two
        ? null : throw new ArgumentException("weighted_positions: found other values, expected two at the same positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0].Size == 1 ? inputs[1] : throw Mismatch(inputs, "[1] and [n]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[1].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var weights = IsSoftmax ? form.Positions.SoftmaxOfPositions(form.Inputs[0]) : form.Inputs[0];
        return form.Positions.Pool(form.Multiply(weights, form.Inputs[1]), form.OutputShape.Size, "Sum");
    }
}

/// <param name="isSoftmax">Whether the weights are shares of 1.</param>
/// <param name="binding">Its memory.</param>
/// <param name="isShared">Whether the values are those of the first impression for all.</param>
internal sealed unsafe class WeightedPositionsKernel<T>(bool isSoftmax, Binding<T> binding, bool isShared = false)
    : SegmentKernel(binding.Workers, binding.SegmentsOfInput(1))
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _weights = binding.Input(0); // [N, 1]
    private readonly T* _values = binding.Input(1); // [N, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _weightTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _valueTarget = binding.InputGradient(1);
    private readonly T* _shares = binding.Workspace(binding.SegmentsOfInput(1).Capacity); // [N]
    private readonly T* _products = binding.Workspace(binding.SegmentsOfInput(1).Capacity); // ⟨∂v, e_l⟩, [N]

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1]);
            FillShares(first, last);
            var output = _output + ((long)row * _width);
            new Span<T>(output, _width).Clear();
            for (var i = first; i < last; i++)
                VectorMath.AddScaled(output, _values + ((long)(isShared ? i - first : i) * _width), _shares[i], _width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1]);
            var gradient = _outputGradient + ((long)row * _width);
            var mean = T.Zero;
            for (var i = first; i < last && _weightTarget.IsWanted; i++)
            {
                _products[i] = VectorMath.Dot(gradient, _values + ((long)i * _width), _width);
                mean += isSoftmax ? _products[i] * _shares[i] : T.Zero;
            }

            for (var i = first; i < last; i++)
            {
                if (_weightTarget.IsWanted)
                {
                    var byWeight = isSoftmax ? _shares[i] * (_products[i] - mean) : _products[i];
                    _weightTarget.Data[i] = _weightTarget.Accumulate ? _weightTarget.Data[i] + byWeight : byWeight;
                }

                if (_valueTarget.IsWanted)
                    VectorMath.PutScaled(_valueTarget.Data + ((long)i * _width), gradient, _shares[i], _valueTarget.Accumulate, _width);
            }
        }
    }

    private void FillShares(int first, int last)
    {
        if (first == last)
            return;
        var (most, sum) = (_weights[first], T.Zero);
        for (var i = first; i < last; i++)
        {
            _shares[i] = _weights[i];
            most = T.Max(most, _weights[i]);
        }

        for (var i = first; i < last && isSoftmax; i++)
            sum += _shares[i] = T.Exp(_weights[i] - most);
        for (var i = first; i < last && isSoftmax; i++)
            _shares[i] /= sum;
    }
}
