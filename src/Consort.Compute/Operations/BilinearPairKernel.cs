using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Operations;

/// <summary>
/// One matrix a pair: each is used for a block of rows of all inputs at a time, so that it is read from far away once a block. A field's
/// pairs are worked on some at a time, for they lie together in the output, and so do the right factors in the embeddings.
/// </summary>
internal sealed unsafe class BilinearPairKernel<T> : BilinearKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Together = 8; // pairs: what they need stays in the first-level cache
    private readonly ChunkSpace<T> _space;

    public BilinearPairKernel(BilinearInteraction bilinear, Binding<T> binding) : base(bilinear, binding) =>
        _space = new ChunkSpace<T>(binding, // u and ∂u of some pairs, ∂E of a block of all inputs
            ((2 * Together) + (OutputGradient == null ? 0 : Inputs.Length * Fields)) * BlockRows * PaddedDimension);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (fields, dimension, padded, width) = (Fields, Dimension, PaddedDimension, Width);
        var left = _space.Of(start); // u [rows, together, D padded]
        for (var first = start; first < end; first += BlockRows)
        {
            var rows = Math.Min(BlockRows, end - first);
            for (int i = 0, pair = 0; i < fields - 1; i++)
                for (int j = i + 1, count; j < fields; j += count, pair += count)
                {
                    count = Math.Min(Together, fields - j);
                    for (var input = 0; input < Inputs.Length; input++)
                    {
                        var embeddings = (T*)Inputs[input] + ((long)first * fields * dimension);
                        Project(embeddings + (i * dimension), left, rows, pair, count);
                        var output = Output + (first * (long)width) + (input * (width / Inputs.Length)) + (pair * dimension);
                        for (var row = 0; row < rows; row++)
                            Multiply(output + (row * (long)width), left + (row * Together * padded),
                                embeddings + (((row * fields) + j) * dimension), count);
                    }
                }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (fields, dimension, padded, width) = (Fields, Dimension, PaddedDimension, Width);
        var sums = OpenSums(start);
        var left = _space.Of(start); // u [rows, together, D padded]
        var leftGradient = left + (BlockRows * Together * padded); // ∂u likewise, the padding stays zero
        var gradients = leftGradient + (BlockRows * Together * padded); // ∂E [inputs, rows, F, D padded]
        for (var first = start; first < end; first += BlockRows)
        {
            var rows = Math.Min(BlockRows, end - first);
            new Span<T>(gradients, Inputs.Length * BlockRows * fields * padded).Clear();
            for (int i = 0, pair = 0; i < fields - 1; i++)
                for (int j = i + 1, count; j < fields; j += count, pair += count)
                {
                    count = Math.Min(Together, fields - j);
                    for (var input = 0; input < Inputs.Length; input++)
                    {
                        var embeddings = (T*)Inputs[input] + ((long)first * fields * dimension);
                        var ofInput = gradients + (input * BlockRows * fields * padded);
                        Project(embeddings + (i * dimension), left, rows, pair, count);
                        var gradient = OutputGradient + (first * (long)width) + (input * (width / Inputs.Length)) + (pair * dimension);
                        for (var row = 0; row < rows; row++)
                            Turn(gradient + (row * (long)width), left + (row * Together * padded),
                                embeddings + (((row * fields) + j) * dimension), leftGradient + (row * Together * padded),
                                ofInput + (((row * fields) + j) * padded), count);
                        for (var p = 0; p < count; p++)
                            SmallMatrix.Multiply(
                                sums + ((pair + p) * dimension * padded), padded, embeddings + (i * dimension), 1, fields * dimension,
                                leftGradient + (p * padded), Together * padded, dimension, padded, rows, true);
                        Return(ofInput + (i * padded), leftGradient, rows, pair, count);
                    }
                }

            for (var input = 0; input < Inputs.Length; input++)
            {
                var target = Targets[input];
                var ofInput = gradients + (input * BlockRows * fields * padded);
                for (var i = 0; i < rows * fields && target.IsWanted; i++)
                    VectorMath.Put(target.Data + ((((long)first * fields) + i) * dimension), ofInput + (i * padded), target.Accumulate,
                        dimension);
            }
        }
    }

    // u = e_i W of some pairs, [rows, together, D padded].
    private void Project(T* embeddings, T* left, int rows, int pair, int count)
    {
        for (var p = 0; p < count; p++)
            SmallMatrix.Multiply(
                left + (p * PaddedDimension), Together * PaddedDimension, embeddings, Fields * Dimension, 1, Matrix(pair + p),
                PaddedDimension, rows, PaddedDimension, Dimension, false);
    }

    // ∂e_i += Σ ∂u Wᵀ. Where rows are not padded the matrices of these pairs are one.
    private void Return(T* target, T* leftGradient, int rows, int pair, int count)
    {
        var whole = PaddedDimension == Dimension;
        for (var p = 0; p < (whole ? 1 : count); p++)
            SmallMatrix.Multiply(
                target, Fields * PaddedDimension, leftGradient + (p * PaddedDimension), Together * PaddedDimension, 1, Transposed(pair + p),
                PaddedDimension, rows, PaddedDimension, (whole ? count : 1) * Dimension, true);
    }

    // output = u ⊙ e_j
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Multiply(T* output, T* left, T* right, int count)
    {
        var (length, dimension, padded) = (Dimension, Dimension, PaddedDimension);
        if (padded == dimension)
            (length, count) = (count * dimension, 1);
        for (; count > 0; count--, output += dimension, left += padded, right += dimension)
            VectorMath.PutProduct(output, left, right, false, length);
    }

    // ∂u = g ⊙ e_j, ∂e_j += g ⊙ u
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Turn(T* gradient, T* left, T* right, T* leftGradient, T* rightGradient, int count)
    {
        var (length, dimension, padded) = (Dimension, Dimension, PaddedDimension);
        if (padded == dimension)
            (length, count) = (count * dimension, 1);
        for (; count > 0; count--)
        {
            VectorMath.PutProduct(leftGradient, gradient, right, false, length);
            VectorMath.PutProduct(rightGradient, gradient, left, true, length);
            gradient += dimension;
            right += dimension;
            left += padded;
            leftGradient += padded;
            rightGradient += padded;
        }
    }
}
