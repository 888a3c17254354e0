using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The transform of a linear or exponential cross layer behind its matrix, h and its normalised form m, [B, k] each, k = ⌈n/2⌉ → [B, n]: y
/// = [h, h ⊙ max(0, m)] + b, the last number left out where n is odd. What the network is unsure of is masked to zero. ∂h = ∂y₁ + ∂y₂ ⊙
/// max(0, m), ∂m = ∂y₂ ⊙ h where m is positive, ∂b = Σ_B ∂y. Source: Li et al. 2024 (FCN, "DCNv3"), the self-mask operation.
/// </summary>
/// <param name="Bias">b, [n].</param>
public sealed class SelfMask(Parameter Bias) : Operation
{
    /// <inheritdoc/>
    public override string Name => "self_mask";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Bias];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var half = new Shape((Parameters[0].Shape.Size + 1) / 2);
        return inputs.Length == 2 && inputs[0] == half && inputs[1] == half ? Parameters[0].Shape : throw Mismatch(inputs, $"twice {half}");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * Parameters[0].Shape.Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var width = Parameters[0].Shape.Size;
        var masked = form.Multiply(form.Inputs[0], form.Node("Relu", form.Inputs[1])); // [B, k]
        var both = form.Node("Concat", new FormAttribute("axis", 1), form.Inputs[0], masked); // [B, 2 k]
        return form.Add(width % 2 == 0 ? both : form.Slice(both, 0, width), form.Weight(Parameters[0]));
    }
}

internal sealed unsafe class SelfMaskKernel<T>(Parameter bias, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = bias.Shape.Size; // n
    private readonly int _half = (bias.Shape.Size + 1) / 2; // k
    private readonly T* _bias = binding.Values(bias); // [n]
    private readonly T* _biasGradient = binding.Gradients(bias);
    private readonly T* _hidden = binding.Input(0); // h [B, k]
    private readonly T* _mask = binding.Input(1); // m [B, k]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _hiddenTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _maskTarget = binding.InputGradient(1);
    private readonly ChunkSums<T> _sums = new(binding, bias.Shape.Size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            T* hidden = _hidden + (row * _half), mask = _mask + (row * _half), output = _output + (row * _width);
            VectorMath.Copy(output, _bias, _width);
            VectorMath.Add(output, hidden, _half);
            output += _half;
            var (i, rest) = (0, _width - _half);
            for (; i <= rest - Vector<T>.Count; i += Vector<T>.Count)
                Vector.Store(Vector.Load(output + i) + (Vector.Load(hidden + i) * Vector.Max(Vector.Load(mask + i), Vector<T>.Zero)),
                    output + i);
            for (; i < rest; i++)
                output[i] += hidden[i] * T.Max(mask[i], T.Zero);
        }
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _sums.AddTo(_biasGradient, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        for (long row = start; row < end; row++)
        {
            var offset = row * _half;
            T* upper = _outputGradient + (row * _width), masked = upper + _half;
            VectorMath.Add(sums, upper, _width);
            if (_hiddenTarget.IsWanted)
                HiddenGradient(_hiddenTarget.Data + offset, upper, masked, _mask + offset);
            if (_maskTarget.IsWanted)
                MaskGradient(_maskTarget.Data + offset, masked, _hidden + offset, _mask + offset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void HiddenGradient(T* target, T* upper, T* masked, T* mask)
    {
        VectorMath.Put(target, upper, _hiddenTarget.Accumulate, _half);
        var (i, rest) = (0, _width - _half);
        for (; i <= rest - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(Vector.Load(target + i) + (Vector.Load(masked + i) * Vector.Max(Vector.Load(mask + i), Vector<T>.Zero)),
                target + i);
        for (; i < rest; i++)
            target[i] += masked[i] * T.Max(mask[i], T.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MaskGradient(T* target, T* masked, T* hidden, T* mask)
    {
        var (i, rest) = (0, _width - _half);
        for (; i <= rest - Vector<T>.Count; i += Vector<T>.Count)
        {
            var open = Vector.GreaterThan(Vector.Load(mask + i), Vector<T>.Zero);
            var value = Vector.ConditionalSelect(open, Vector.Load(masked + i) * Vector.Load(hidden + i), Vector<T>.Zero);
            Vector.Store(_maskTarget.Accumulate ? Vector.Load(target + i) + value : value, target + i);
        }

        for (; i < _half; i++)
        {
            var value = i < rest && mask[i] > T.Zero ? masked[i] * hidden[i] : T.Zero;
            target[i] = _maskTarget.Accumulate ? target[i] + value : value;
        }
    }
}
