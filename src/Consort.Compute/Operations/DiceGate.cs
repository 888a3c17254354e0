using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The data-adaptive activation (Dice) behind its normalisation, x and x̂ [B, n] → [B, n]: y = x ⊙ (α + (1 − α) ⊙ p), p = σ(x̂). ∂x = ∂y ⊙
/// (α + (1 − α) ⊙ p), ∂x̂ = ∂y ⊙ x ⊙ (1 − α) ⊙ p (1 − p), ∂α = Σ_B ∂y ⊙ x ⊙ (1 − p). Source: Zhou et al. 2018 (DIN), eq. 9.
/// </summary>
/// <param name="Slope">α, [n].</param>
public sealed class DiceGate(Parameter Slope) : Operation
{
    /// <inheritdoc/>
    public override string Name => "dice";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Slope];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0] == Parameters[0].Shape && inputs[1] == inputs[0]
            ? inputs[0]
            : throw Mismatch(inputs, $"twice {Parameters[0].Shape}");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var rest = form.Node("Sub", form.Scalar(1), form.Weight(Parameters[0]));
        var open = form.Multiply(form.Node("Sigmoid", form.Inputs[1]), rest);
        return form.Multiply(form.Inputs[0], form.Add(open, form.Weight(Parameters[0])));
    }
}

internal sealed unsafe class DiceGateKernel<T>(Parameter slope, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = slope.Shape.Size;
    private readonly T* _slope = binding.Values(slope); // α [n]
    private readonly T* _slopeGradient = binding.Gradients(slope);
    private readonly T* _input = binding.Input(0); // x [B, n]
    private readonly T* _normal = binding.Input(1); // x̂ [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _inputTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _normalTarget = binding.InputGradient(1);
    private readonly ChunkSums<T> _sums = new(binding, slope.Shape.Size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            T* input = _input + (row * _width), normal = _normal + (row * _width), output = _output + (row * _width);
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
                Vector.Store(Vector.Load(input + i) * Gate(Vector.Load(_slope + i), SigmoidFunction<T>.Value(Vector.Load(normal + i))),
                    output + i);
            for (; i < _width; i++)
                output[i] = input[i] * Gate(new Vector<T>(_slope[i]), SigmoidFunction<T>.Value(new Vector<T>(normal[i])))[0];
        }
    }

    // α + (1 − α) p
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Gate(Vector<T> slope, Vector<T> p) => slope + ((Vector<T>.One - slope) * p);

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _sums.AddTo(_slopeGradient, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        for (long row = start; row < end; row++)
        {
            var offset = row * _width;
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var (x, g, slope) = (Vector.Load(_input + offset + i), Vector.Load(_outputGradient + offset + i), Vector.Load(_slope + i));
                var p = SigmoidFunction<T>.Value(Vector.Load(_normal + offset + i));
                Vector.Store(Vector.Load(sums + i) + (g * x * (Vector<T>.One - p)), sums + i);
                if (_inputTarget.IsWanted)
                    Put(_inputTarget.Data + offset + i, g * Gate(slope, p), _inputTarget.Accumulate);
                if (_normalTarget.IsWanted)
                    Put(_normalTarget.Data + offset + i, g * x * (Vector<T>.One - slope) * p * (Vector<T>.One - p),
                        _normalTarget.Accumulate);
            }

            for (; i < _width; i++)
            {
                var (x, g, slope) = (_input[offset + i], _outputGradient[offset + i], _slope[i]);
                var p = SigmoidFunction<T>.Value(new Vector<T>(_normal[offset + i]))[0];
                sums[i] += g * x * (T.One - p);
                if (_inputTarget.IsWanted)
                    VectorMath.PutConstant(_inputTarget.Data + offset + i, g * (slope + ((T.One - slope) * p)), _inputTarget.Accumulate, 1);
                if (_normalTarget.IsWanted)
                    VectorMath.PutConstant(_normalTarget.Data + offset + i, g * x * (T.One - slope) * p * (T.One - p),
                        _normalTarget.Accumulate, 1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* target, Vector<T> value, bool accumulate) =>
        Vector.Store(accumulate ? Vector.Load(target) + value : value, target);
}
