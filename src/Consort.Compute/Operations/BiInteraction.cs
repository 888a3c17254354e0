using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Bi-interaction pooling, [B, F, D] → [B, D]: y = Σ_{i&lt;j} e_i ⊙ e_j = ½ ((Σ_f e_f)² − Σ_f e_f²), in O(F·D). ∂e_f = ∂y ⊙ (Σ_g e_g −
/// e_f). Source: He and Chua 2017 (neural factorization machine, NFM), eq. 3–4.
/// </summary>
public sealed class BiInteraction : Operation
{
    /// <inheritdoc/>
    public override string Name => "bi_interaction";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 ? new Shape(inputs[0][1]) : throw Mismatch(inputs, "[F, D]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 4L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var sum = form.Sum(form.Input, 1); // [B, D]
        return form.Scale(form.Node("Sub", form.Multiply(sum, sum), form.Sum(form.Multiply(form.Input, form.Input), 1)), 0.5);
    }
}

internal sealed unsafe class BiInteractionKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.InputShape(0)[0];
    private readonly int _dimension = binding.InputShape(0)[1];
    private readonly T* _input = binding.Input(0); // [B, F, D]
    private readonly T* _output = binding.Output; // [B, D]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly T* _fieldSum = binding.Workspace((long)binding.Capacity * binding.InputShape(0)[1]); // [B, D]

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (fields, dimension) = (_fields, _dimension);
        var half = T.CreateTruncating(0.5);
        for (long row = start; row < end; row++)
            Pool(_input + (row * fields * dimension), _output + (row * dimension), _fieldSum + (row * dimension), half, fields, dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pool(T* input, T* output, T* fieldSum, T half, int fields, int dimension)
    {
        var d = 0;
        for (; d <= dimension - Vector<T>.Count; d += Vector<T>.Count)
        {
            var (sum, squares) = FieldSums<T>.OfVector(input + d, fields, dimension);
            Vector.Store(sum, fieldSum + d);
            Vector.Store(((sum * sum) - squares) * half, output + d);
        }

        for (; d < dimension; d++)
        {
            var (sum, squares) = FieldSums<T>.OfNumber(input + d, fields, dimension);
            fieldSum[d] = sum;
            output[d] = ((sum * sum) - squares) * half;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (!_target.IsWanted)
            return;
        var (fields, dimension, accumulate) = (_fields, _dimension, _target.Accumulate);
        var input = _input + ((long)start * fields * dimension);
        var target = _target.Data + ((long)start * fields * dimension);
        for (long row = start; row < end; row++)
        {
            var gradient = _outputGradient + (row * dimension); // [D]
            var sum = _fieldSum + (row * dimension); // [D]
            for (var field = 0; field < fields; field++, input += dimension, target += dimension)
                PutDifference(target, sum, input, gradient, accumulate, dimension);
        }
    }

    // target (+)= gradient ⊙ (sum − e)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutDifference(T* target, T* sum, T* embedding, T* gradient, bool accumulate, int dimension)
    {
        var i = 0;
        for (; i <= dimension - Vector<T>.Count; i += Vector<T>.Count)
        {
            var value = (Vector.Load(sum + i) - Vector.Load(embedding + i)) * Vector.Load(gradient + i);
            Vector.Store(accumulate ? Vector.Load(target + i) + value : value, target + i);
        }

        for (; i < dimension; i++)
        {
            var value = (sum[i] - embedding[i]) * gradient[i];
            target[i] = accumulate ? target[i] + value : value;
        }
    }
}
