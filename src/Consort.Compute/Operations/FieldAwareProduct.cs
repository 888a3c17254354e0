using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The interactions of a field-aware factorization machine, [B, F, (F − 1) · D] → [B, 1]: z = Σ_{i&lt;j} ⟨v_ij, v_ji⟩, v_ij the vector that
/// field i has for field j. A field's vectors stand in the order of the others, without one for itself. ∂v_ij = ∂z v_ji. Source: Juan et
/// al. 2016 (FFM), eq. 4.
/// </summary>
public sealed class FieldAwareProduct : Operation
{
    /// <inheritdoc/>
    public override string Name => "field_aware_product";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 && inputs[0][0] > 1 && inputs[0][1] % (inputs[0][0] - 1) == 0
            ? new Shape(1)
            : throw Mismatch(inputs, "[F, (F − 1) · D] with at least two fields");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var fields = form.InputShape()[0];
        var dimension = form.InputShape()[1] / (fields - 1);
        var vectors = form.Reshape(form.Input, fields * (fields - 1), dimension); // v_ij at i (F − 1) + j, less one behind i
        var (left, right) = StandardForm.Pairs(fields);
        var own = left.Zip(right, (i, j) => (i * (fields - 1)) + j - 1).ToArray();
        var other = left.Zip(right, (i, j) => (j * (fields - 1)) + i).ToArray();
        return form.Dot(form.Take(vectors, own), form.Take(vectors, other), own.Length * dimension);
    }
}

internal sealed unsafe class FieldAwareProductKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.InputShape(0)[0];
    private readonly int _width = binding.InputShape(0)[1]; // of a field
    private readonly int _dimension = binding.InputShape(0)[1] / (binding.InputShape(0)[0] - 1);
    private readonly T* _input = binding.Input(0); // [B, F, (F − 1) · D]
    private readonly T* _output = binding.Output; // [B, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    // v_ij, i < j, lies at place j − 1 of field i, and v_ji at place i of field j.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (fields, width, dimension) = (_fields, _width, _dimension);
        for (long row = start; row < end; row++)
        {
            var input = _input + (row * fields * width);
            var sum = T.Zero;
            for (var i = 0; i < fields - 1; i++)
            {
                T* own = input + (i * width) + (i * dimension), other = input + ((i + 1) * width) + (i * dimension);
                for (var j = i + 1; j < fields; j++, own += dimension, other += width)
                    sum += VectorMath.Dot(own, other, dimension);
            }

            _output[row] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (fields, width, dimension, accumulate) = (_fields, _width, _dimension, _target.Accumulate);
        for (long row = start; row < end && _target.IsWanted; row++)
        {
            var gradient = _outputGradient[row];
            T* input = _input + (row * fields * width), target = _target.Data + (row * fields * width);
            for (var i = 0; i < fields - 1; i++)
            {
                int own = (i * width) + (i * dimension), other = ((i + 1) * width) + (i * dimension);
                for (var j = i + 1; j < fields; j++, own += dimension, other += width)
                {
                    VectorMath.PutScaled(target + own, input + other, gradient, accumulate, dimension);
                    VectorMath.PutScaled(target + other, input + own, gradient, accumulate, dimension);
                }
            }
        }
    }
}
