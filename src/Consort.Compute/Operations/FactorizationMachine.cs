using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// All pairwise interactions of a factorization machine, [B, F, D] → [B, 1]: z = Σ_{i&lt;j} ⟨e_i, e_j⟩ = ½ Σ_d ((Σ_f e_fd)² − Σ_f e_fd²),
/// in O(F·D). Source: Rendle 2010, lemma 3.1. ∂z/∂e_fd = Σ_g e_gd − e_fd.
/// </summary>
public sealed class FactorizationMachine : Operation
{
    /// <inheritdoc/>
    public override string Name => "factorization_machine";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 ? new Shape(1) : throw Mismatch(inputs, "[F, D]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 4L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var sum = form.Sum(form.Input, 1); // [B, D]
        var pairs = form.Node("Sub", form.Multiply(sum, sum), form.Sum(form.Multiply(form.Input, form.Input), 1));
        return form.Scale(form.Sum(pairs, 1, keep: true), 0.5);
    }
}

internal sealed unsafe class FactorizationMachineKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.InputShape(0)[0];
    private readonly int _dimension = binding.InputShape(0)[1];
    private readonly T* _input = binding.Input(0); // [B, F, D]
    private readonly T* _output = binding.Output; // [B, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly T* _fieldSum = binding.Workspace((long)binding.Capacity * binding.InputShape(0)[1]); // [B, D]

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
            _output[row] = Pairs(_input + (row * _fields * _dimension), _fieldSum + (row * _dimension));
    }

    // ½ Σ_d ((Σ_f e)² − Σ_f e²)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Pairs(T* input, T* fieldSum)
    {
        var (fields, dimension) = (_fields, _dimension);
        var totals = Vector<T>.Zero;
        var total = T.Zero;
        var d = 0;
        for (; d <= dimension - Vector<T>.Count; d += Vector<T>.Count)
        {
            var (sum, squares) = FieldSums<T>.OfVector(input + d, fields, dimension);
            Vector.Store(sum, fieldSum + d);
            totals += (sum * sum) - squares;
        }

        for (; d < dimension; d++)
        {
            var (sum, squares) = FieldSums<T>.OfNumber(input + d, fields, dimension);
            fieldSum[d] = sum;
            total += (sum * sum) - squares;
        }

        return T.CreateTruncating(0.5) * (Vector.Sum(totals) + total);
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
            var gradient = _outputGradient[row];
            var sum = _fieldSum + (row * dimension); // [D]
            for (var field = 0; field < fields; field++, input += dimension, target += dimension)
                PutDifference(target, sum, input, gradient, accumulate, dimension);
        }
    }

    // target (+)= gradient · (sum − e)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutDifference(T* target, T* sum, T* embedding, T gradient, bool accumulate, int dimension)
    {
        var i = 0;
        for (; i <= dimension - Vector<T>.Count; i += Vector<T>.Count)
        {
            var value = (Vector.Load(sum + i) - Vector.Load(embedding + i)) * gradient;
            Vector.Store(accumulate ? Vector.Load(target + i) + value : value, target + i);
        }

        for (; i < dimension; i++)
        {
            var value = (sum[i] - embedding[i]) * gradient;
            target[i] = accumulate ? target[i] + value : value;
        }
    }
}
