using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The inner products of all pairs of fields, [B, F, D] → [B, F(F − 1)/2]: p_ij = ⟨e_i, e_j⟩, i &lt; j, in the order (0,1), (0,2), …,
/// (0,F−1), (1,2), …: the upper triangle of E Eᵀ row by row. ∂e_i = Σ_j s_ij e_j with S symmetric, s_ij = ∂p_ij and zero on its diagonal.
/// Source: Qu et al. 2016 (product-based neural network, PNN), the inner product of section III-B.
/// </summary>
public sealed class InnerProduct : Operation
{
    /// <inheritdoc/>
    public override string Name => "inner_product";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 && inputs[0].Rank == 2 && inputs[0][0] > 1
        ? new Shape(inputs[0][0] * (inputs[0][0] - 1) / 2)
        : throw Mismatch(inputs, "[F, D] with at least two fields");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => (long)inputs[0].Size * (inputs[0][0] - 1);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var fields = form.InputShape()[0];
        var (left, right) = StandardForm.Pairs(fields);
        var products = form.Node("MatMul", form.Input, form.Permute(form.Input, 0, 2, 1)); // [B, F, F]
        return form.Take(form.Reshape(products, fields * fields), left.Zip(right, (i, j) => (i * fields) + j).ToArray());
    }
}

internal sealed unsafe class InnerProductKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields;
    private readonly int _dimension;
    private readonly int _pairs;
    private readonly int _paddedFields;
    private readonly int _paddedDimension;
    private readonly T* _input; // [B, F, D]
    private readonly T* _output; // [B, F(F − 1)/2]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _target;
    private readonly ChunkSpace<T> _forward; // Eᵀ [D, F], E Eᵀ [F, F], rows padded to vectors
    private readonly ChunkSpace<T>? _backward; // S [F, F], E [F, D] and its gradient, rows padded to vectors

    public InnerProductKernel(Binding<T> binding) : base(binding.Workers)
    {
        (_fields, _dimension) = (binding.InputShape(0)[0], binding.InputShape(0)[1]);
        _pairs = binding.OutputShape.Size;
        (_paddedFields, _paddedDimension) = (SmallMatrix.Padded<T>(_fields), SmallMatrix.Padded<T>(_dimension));
        _input = binding.Input(0);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        _target = binding.InputGradient(0);
        _forward = new ChunkSpace<T>(binding, (_dimension + _fields) * _paddedFields);
        if (_target.IsWanted)
            _backward = new ChunkSpace<T>(binding, _fields * (_fields + (2 * _paddedDimension)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (fields, dimension, padded) = (_fields, _dimension, _paddedFields);
        var transposed = _forward.Of(start); // [D, F]; the padding stays zero
        var products = transposed + (dimension * padded); // [F, F]
        for (long row = start; row < end; row++)
        {
            var input = _input + (row * fields * dimension);
            Transpose(input, transposed);
            // Four rows at a time, from the vector on that holds the first pair of the first of them.
            for (var i = 0; i < fields - 1; i += 4)
            {
                var first = (i + 1) / Vector<T>.Count * Vector<T>.Count;
                SmallMatrix.Multiply(
                    products + (i * padded) + first, padded, input + (i * dimension), dimension, 1,
                    transposed + first, padded, Math.Min(4, fields - i), padded - first, dimension, false);
            }

            var output = _output + (row * _pairs);
            for (var i = 0; i < fields - 1; i++)
            {
                VectorMath.Copy(output, products + (i * padded) + i + 1, fields - 1 - i);
                output += fields - 1 - i;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Transpose(T* from, T* to)
    {
        var (fields, dimension, padded) = (_fields, _dimension, _paddedFields);
        for (var d = 0; d < dimension; d++, to += padded)
            for (var f = 0; f < fields; f++)
                to[f] = from[(f * dimension) + d];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (!_target.IsWanted)
            return;
        var (fields, dimension, padded) = (_fields, _dimension, _paddedDimension);
        var symmetric = _backward!.Of(start); // [F, F]; the diagonal stays zero
        var embeddings = symmetric + (fields * fields); // [F, D]
        var gradients = embeddings + (fields * padded); // [F, D]
        for (long row = start; row < end; row++)
        {
            var input = _input + (row * fields * dimension);
            var target = _target.Data + (row * fields * dimension);
            Unpack(_outputGradient + (row * _pairs), symmetric);
            if (padded == dimension)
            {
                SmallMatrix.Multiply(target, dimension, symmetric, fields, 1, input, dimension, fields, dimension, fields,
                    _target.Accumulate);
                continue;
            }

            for (var f = 0; f < fields; f++)
                VectorMath.Copy(embeddings + (f * padded), input + (f * dimension), dimension);
            SmallMatrix.Multiply(gradients, padded, symmetric, fields, 1, embeddings, padded, fields, padded, fields, false);
            for (var f = 0; f < fields; f++)
                VectorMath.Put(target + (f * dimension), gradients + (f * padded), _target.Accumulate, dimension);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unpack(T* pairs, T* symmetric)
    {
        var fields = _fields;
        for (var i = 0; i < fields - 1; i++)
        {
            var above = symmetric + (i * fields);
            var below = above + i; // column i, from its diagonal down
            for (var j = i + 1; j < fields; j++)
            {
                below += fields;
                above[j] = *below = *pairs++;
            }
        }
    }
}
