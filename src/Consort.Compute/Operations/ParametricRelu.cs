using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// ReLU with a learned slope below zero for each feature (PReLU), [B, n] → [B, n]: y = max(0, x) + α ⊙ min(0, x). ∂x = ∂y where x is
/// positive and α ⊙ ∂y elsewhere, ∂α = Σ_B ∂y ⊙ min(0, x). Source: He et al. 2015, eq. 1.
/// </summary>
/// <param name="Slope">α, [n].</param>
public sealed class ParametricRelu(Parameter Slope) : Operation
{
    /// <inheritdoc/>
    public override string Name => "prelu";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Slope];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0] == Parameters[0].Shape ? inputs[0] : throw Mismatch(inputs, $"{Parameters[0].Shape}");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Node("PRelu", form.Input, form.Weight(Parameters[0]));
}

internal sealed unsafe class ParametricReluKernel<T>(Parameter slope, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = slope.Shape.Size;
    private readonly T* _slope = binding.Values(slope); // [n]
    private readonly T* _slopeGradient = binding.Gradients(slope);
    private readonly T* _input = binding.Input(0); // [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly ChunkSums<T> _sums = new(binding, slope.Shape.Size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            T* input = _input + (row * _width), output = _output + (row * _width);
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var x = Vector.Load(input + i);
                Vector.Store(Vector.Max(x, Vector<T>.Zero) + (Vector.Min(x, Vector<T>.Zero) * Vector.Load(_slope + i)), output + i);
            }

            for (; i < _width; i++)
                output[i] = input[i] > T.Zero ? input[i] : input[i] * _slope[i];
        }
    }

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
            T* input = _input + (row * _width), gradient = _outputGradient + (row * _width), target = _target.Data + (row * _width);
            var i = 0;
            for (; i <= _width - Vector<T>.Count; i += Vector<T>.Count)
            {
                var (x, g) = (Vector.Load(input + i), Vector.Load(gradient + i));
                Vector.Store(Vector.Load(sums + i) + (g * Vector.Min(x, Vector<T>.Zero)), sums + i);
                if (!_target.IsWanted)
                    continue;
                var value = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), g, g * Vector.Load(_slope + i));
                Vector.Store(_target.Accumulate ? Vector.Load(target + i) + value : value, target + i);
            }

            for (; i < _width; i++)
            {
                sums[i] += gradient[i] * T.Min(input[i], T.Zero);
                if (!_target.IsWanted)
                    continue;
                var value = input[i] > T.Zero ? gradient[i] : gradient[i] * _slope[i];
                target[i] = _target.Accumulate ? target[i] + value : value;
            }
        }
    }
}
