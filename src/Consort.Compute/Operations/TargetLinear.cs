using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The first layer of an attention unit that sets each position beside the target: t [B, d] and e [N, d] → [N, h], y = W [t, e, t − e, t ⊙
/// e] + b with W [h, 4 d] = [W₁, W₂, W₃, W₄]. It is computed as (W₁ + W₃) t + b once an impression and [W₂ − W₃, W₄] [e, t ⊙ e] a position,
/// half of the work. Source: Zhou et al. 2018 (DIN), fig. 2, in FuxiCTR's order; the split is ours.
/// </summary>
public sealed class TargetLinear : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [h, 4 d].</param>
    /// <param name="bias">b, [h].</param>
    public TargetLinear(Parameter weight, Parameter bias)
    {
        if (weight.Shape.Rank != 2 || weight.Shape[1] % 4 != 0 || bias.Shape != new Shape(weight.Shape[0]))
            throw new ArgumentException($"target_linear: found weight {weight.Shape} and bias {bias.Shape}, expected [h, 4 d] and [h]");
        Parameters = [weight, bias];
    }

    /// <inheritdoc/>
    public override string Name => "target_linear";

    /// <summary>W and b.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => inputs is [null, { } at]
        ? at : throw new ArgumentException("target_linear: found other values, expected one of impressions and one at positions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var (width, d) = (Parameters[0].Shape[0], Parameters[0].Shape[1] / 4);
        return inputs.Length == 2 && inputs[0] == new Shape(d) && inputs[1] == new Shape(d)
            ? new Shape(width) : throw Mismatch(inputs, $"[{d}] and [{d}]");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 4L * Parameters[0].Shape[0] * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var target = form.Positions.Spread(form.Inputs[0], form.InputShape().Size); // [B · L, d]
        var all = form.Node("Concat", new FormAttribute("axis", 1), target, form.Inputs[1],
            form.Node("Sub", target, form.Inputs[1]), form.Multiply(target, form.Inputs[1])); // [B · L, 4 d]
        return form.Dense(all, Parameters[0], Parameters[1]);
    }
}

internal sealed unsafe class TargetLinearKernel<T> : SegmentKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width; // h
    private readonly int _dimension; // d
    private readonly T* _weight; // [h, 4 d]
    private readonly T* _bias;
    private readonly T* _weightGradient;
    private readonly T* _biasGradient;
    private readonly T* _target; // [B, d]
    private readonly T* _positions; // [N, d]
    private readonly T* _output; // [N, h]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _targetGradient;
    private readonly GradientTarget<T> _positionGradient;
    private readonly T* _ofTarget; // W₁ + W₃, [h, d], and its gradient
    private readonly T* _ofTargetGradient;
    private readonly T* _ofPosition; // [W₂ − W₃, W₄], [h, 2 d], and its gradient
    private readonly T* _ofPositionGradient;
    private readonly T* _sums; // (W₁ + W₃) t + b, then the gradient of it, [B, h]
    private readonly T* _pairs; // [e, t ⊙ e], then the gradient of it, [N, 2 d]
    private readonly T* _pairGradient; // [N, 2 d]
    private readonly DenseMultiply<T> _byTarget;
    private readonly DenseMultiply<T> _byPosition;
    private Pass _pass;

    public TargetLinearKernel(TargetLinear layer, Binding<T> binding) : base(binding.Workers, binding.Segments)
    {
        var (weight, bias) = (layer.Parameters[0], layer.Parameters[1]);
        (_width, _dimension) = (weight.Shape[0], weight.Shape[1] / 4);
        _weight = binding.Values(weight);
        _bias = binding.Values(bias);
        _weightGradient = binding.Gradients(weight);
        _biasGradient = binding.Gradients(bias);
        _target = binding.Input(0);
        _positions = binding.Input(1);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        (_targetGradient, _positionGradient) = (binding.InputGradient(0), binding.InputGradient(1));
        _ofTarget = binding.Workspace((long)_width * _dimension);
        _ofPosition = binding.Workspace(2L * _width * _dimension);
        _sums = binding.Workspace((long)binding.Impressions * _width);
        _pairs = binding.Workspace(2L * binding.Capacity * _dimension);
        _byTarget = new DenseMultiply<T>(binding.Gemm, _dimension, _width, _dimension);
        _byPosition = new DenseMultiply<T>(binding.Gemm, 2 * _dimension, _width, 2 * _dimension);
        if (_outputGradient == null)
            return;
        _ofTargetGradient = binding.Workspace((long)_width * _dimension);
        _ofPositionGradient = binding.Workspace(2L * _width * _dimension);
        _pairGradient = binding.Workspace(2L * binding.Capacity * _dimension);
    }

    // What the chunks of impressions do: the parts of the layer that are not multiplies.
    private enum Pass
    {
        Pair,
        Add,
        SumUp,
        Unpair,
    }

    public override void Forward(in Step step)
    {
        Combine();
        _byTarget.Forward(Segments.Batch, _target, _ofTarget, _bias, _sums);
        if (Segments.Rows == 0)
            return;
        Run(Pass.Pair, step);
        _byPosition.Forward(Segments.Rows, _pairs, _ofPosition, null, _output);
        Run(Pass.Add, step);
    }

    public override void Backward(in Step step)
    {
        Run(Pass.SumUp, step);
        new Span<T>(_ofTargetGradient, _width * _dimension).Clear();
        new Span<T>(_ofPositionGradient, 2 * _width * _dimension).Clear();
        _byTarget.WeightGradient(Segments.Batch, _sums, _target, _ofTargetGradient, _biasGradient);
        if (_targetGradient.IsWanted)
            _byTarget.InputGradient(Segments.Batch, _sums, _ofTarget, _targetGradient);
        if (Segments.Rows > 0)
        {
            _byPosition.WeightGradient(Segments.Rows, _outputGradient, _pairs, _ofPositionGradient, null);
            _byPosition.InputGradient(Segments.Rows, _outputGradient, _ofPosition, new GradientTarget<T>(_pairGradient, false, null));
            Run(Pass.Unpair, step);
        }

        Part();
    }

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
            {
                if (_pass == Pass.Pair)
                {
                    T* pair = _pairs + (2L * i * _dimension), position = _positions + ((long)i * _dimension);
                    VectorMath.Copy(pair, position, _dimension);
                    VectorMath.PutProduct(pair + _dimension, position, _target + ((long)row * _dimension), false, _dimension);
                }
                else
                {
                    VectorMath.Add(_output + ((long)i * _width), _sums + ((long)row * _width), _width);
                }
            }
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            if (_pass == Pass.SumUp)
            {
                var sum = _sums + ((long)row * _width);
                new Span<T>(sum, _width).Clear();
                for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
                    VectorMath.Add(sum, _outputGradient + ((long)i * _width), _width);
                continue;
            }

            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
            {
                T* pair = _pairGradient + (2L * i * _dimension), product = pair + _dimension;
                var target = _target + ((long)row * _dimension);
                if (_targetGradient.IsWanted)
                    VectorMath.PutProduct(
                        _targetGradient.Data + ((long)row * _dimension), product, _positions + ((long)i * _dimension), true, _dimension);
                if (!_positionGradient.IsWanted)
                    continue;
                VectorMath.PutProduct(pair, product, target, true, _dimension);
                VectorMath.Put(_positionGradient.Data + ((long)i * _dimension), pair, _positionGradient.Accumulate, _dimension);
            }
        }
    }

    private void Run(Pass pass, in Step step)
    {
        _pass = pass;
        if (pass is Pass.Pair or Pass.Add)
            base.Forward(step);
        else
            base.Backward(step);
    }

    // W as the two multiplies read it.
    private void Combine()
    {
        var d = _dimension;
        for (var o = 0; o < _width; o++)
        {
            var row = _weight + (4L * o * d);
            for (var i = 0; i < d; i++)
            {
                _ofTarget[(o * d) + i] = row[i] + row[(2 * d) + i];
                _ofPosition[(2 * o * d) + i] = row[d + i] - row[(2 * d) + i];
                _ofPosition[(2 * o * d) + d + i] = row[(3 * d) + i];
            }
        }
    }

    // The gradients of these, led back to W.
    private void Part()
    {
        var d = _dimension;
        for (var o = 0; o < _width; o++)
        {
            var row = _weightGradient + (4L * o * d);
            for (var i = 0; i < d; i++)
            {
                var (target, position) = (_ofTargetGradient[(o * d) + i], _ofPositionGradient[(2 * o * d) + i]);
                row[i] += target;
                row[d + i] += position;
                row[(2 * d) + i] += target - position;
                row[(3 * d) + i] += _ofPositionGradient[(2 * o * d) + d + i];
            }
        }
    }
}
