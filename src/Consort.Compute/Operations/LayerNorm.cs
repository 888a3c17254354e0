using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Layer normalisation of the last axis, [B, …, n] → [B, …, n]: y = γ x̂ + β, x̂ = (x − μ) / √(σ² + ε), μ and σ² (biased) over the n
/// numbers of a position. With g = γ ∂y: ∂x = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε). Source: Ba, Kiros and Hinton 2016, eq. 4; ε = 1e-5
/// as in PyTorch, which FuxiCTR's numbers rest on.
/// </summary>
public sealed class LayerNorm : Operation
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>Describes the layer.</summary>
    /// <param name="scale">γ, [n] for all positions, or of the input's shape for one each.</param>
    /// <param name="shift">β, of γ's shape.</param>
    public LayerNorm(Parameter scale, Parameter shift)
    {
        if (scale.Shape != shift.Shape)
            throw new ArgumentException($"layer_norm: found scale {scale.Shape} and shift {shift.Shape}, expected one shape");
        Parameters = [scale, shift];
    }

    /// <inheritdoc/>
    public override string Name => "layer_norm";

    /// <summary>γ and β.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var scale = Parameters[0].Shape;
        return inputs.Length == 1 && inputs[0].Rank > 0 && (scale == inputs[0] || scale == new Shape(inputs[0].Dimensions[^1]))
            ? inputs[0]
            : throw Mismatch(inputs, $"{scale}, or it as the last axis");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 8L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var width = form.InputShape().Dimensions[^1];
        var epsilon = new FormAttribute("epsilon", (float)Epsilon);
        if (Parameters[0].Shape.Rank == 1)
            return form.Node("LayerNormalization", epsilon, form.Input, form.Weight(Parameters[0]), form.Weight(Parameters[1]));
        var ones = new float[width];
        Array.Fill(ones, 1);
        var normal = form.Node("LayerNormalization", epsilon, form.Input, form.Constant(ones, width));
        return form.Add(form.Multiply(normal, form.Weight(Parameters[0])), form.Weight(Parameters[1]));
    }
}

internal sealed unsafe class LayerNormKernel<T>(LayerNorm norm, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Dimensions[^1];
    private readonly int _positions = binding.OutputShape.Size / binding.OutputShape.Dimensions[^1]; // of a row
    private readonly int _parameters = norm.Parameters[0].Shape.Size; // n, or n a position
    private readonly T* _gamma = binding.Values(norm.Parameters[0]);
    private readonly T* _beta = binding.Values(norm.Parameters[1]);
    private readonly T* _gammaGradient = binding.Gradients(norm.Parameters[0]);
    private readonly T* _betaGradient = binding.Gradients(norm.Parameters[1]);
    private readonly T* _input = binding.Input(0); // [B, …, n]
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly T* _moments =
        binding.Workspace(2L * binding.Capacity * (binding.OutputShape.Size / binding.OutputShape.Dimensions[^1])); // μ and 1/√(σ² + ε)
    private readonly ChunkSums<T> _sums = new(binding, 2 * norm.Parameters[0].Shape.Size);
    private readonly T _share = T.One / T.CreateTruncating(binding.OutputShape.Dimensions[^1]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var width = _width;
        for (var position = (long)start * _positions; position < (long)end * _positions; position++)
        {
            T* input = _input + (position * width), output = _output + (position * width);
            var mean = VectorMath.Sum(input, width) * _share;
            var variance = SquaredDeviations(input, mean, width) * _share;
            var inverse = T.One / T.Sqrt(variance + T.CreateTruncating(LayerNorm.Epsilon));
            (_moments[2 * position], _moments[(2 * position) + 1]) = (mean, inverse);
            var offset = (int)(position % _positions * width % _parameters);
            Normalise(input, output, _gamma + offset, _beta + offset, mean, inverse, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T SquaredDeviations(T* input, T mean, int width)
    {
        var sums = Vector<T>.Zero;
        var i = 0;
        for (; i <= width - Vector<T>.Count; i += Vector<T>.Count)
        {
            var difference = Vector.Load(input + i) - new Vector<T>(mean);
            sums += difference * difference;
        }

        var sum = Vector.Sum(sums);
        for (; i < width; i++)
            sum += (input[i] - mean) * (input[i] - mean);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Normalise(T* input, T* output, T* gamma, T* beta, T mean, T inverse, int width)
    {
        var i = 0;
        for (; i <= width - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(((Vector.Load(input + i) - new Vector<T>(mean)) * inverse * Vector.Load(gamma + i))
                + Vector.Load(beta + i), output + i);
        for (; i < width; i++)
            output[i] = ((input[i] - mean) * inverse * gamma[i]) + beta[i];
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _sums.AddTo(_betaGradient, _gammaGradient, _parameters, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var width = _width;
        var sums = _sums.Open(start); // ∂β, then ∂γ
        for (var position = (long)start * _positions; position < (long)end * _positions; position++)
        {
            var (mean, inverse) = (_moments[2 * position], _moments[(2 * position) + 1]);
            var offset = (int)(position % _positions * width % _parameters);
            T* gradient = _outputGradient + (position * width), input = _input + (position * width);
            var (plain, projected) = AddSums(gradient, input, _gamma + offset, sums + offset, sums + _parameters + offset, mean,
                inverse, width);
            if (_target.IsWanted)
                PutGradient(_target.Data + (position * width), gradient, input, _gamma + offset, mean, inverse, plain * _share,
                    projected * _share, width);
        }
    }

    // ∂β += ∂y, ∂γ += ∂y x̂; gives Σ g and Σ g x̂.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (T Plain, T Projected) AddSums(T* gradient, T* input, T* gamma, T* shift, T* scale, T mean, T inverse, int width)
    {
        Vector<T> plains = Vector<T>.Zero, projections = plains;
        var i = 0;
        for (; i <= width - Vector<T>.Count; i += Vector<T>.Count)
        {
            var y = Vector.Load(gradient + i);
            var normal = (Vector.Load(input + i) - new Vector<T>(mean)) * inverse;
            Vector.Store(Vector.Load(shift + i) + y, shift + i);
            Vector.Store(Vector.Load(scale + i) + (y * normal), scale + i);
            var g = y * Vector.Load(gamma + i);
            plains += g;
            projections += g * normal;
        }

        var (plain, projected) = (Vector.Sum(plains), Vector.Sum(projections));
        for (; i < width; i++)
        {
            var normal = (input[i] - mean) * inverse;
            shift[i] += gradient[i];
            scale[i] += gradient[i] * normal;
            plain += gradient[i] * gamma[i];
            projected += gradient[i] * gamma[i] * normal;
        }

        return (plain, projected);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutGradient(T* target, T* gradient, T* input, T* gamma, T mean, T inverse, T plain, T projected, int width)
    {
        var i = 0;
        for (; i <= width - Vector<T>.Count; i += Vector<T>.Count)
        {
            var normal = (Vector.Load(input + i) - new Vector<T>(mean)) * inverse;
            var value = ((Vector.Load(gradient + i) * Vector.Load(gamma + i)) - new Vector<T>(plain) - (normal * projected)) * inverse;
            Vector.Store(_target.Accumulate ? Vector.Load(target + i) + value : value, target + i);
        }

        for (; i < width; i++)
        {
            var normal = (input[i] - mean) * inverse;
            var value = ((gradient[i] * gamma[i]) - plain - (normal * projected)) * inverse;
            target[i] = _target.Accumulate ? target[i] + value : value;
        }
    }
}
