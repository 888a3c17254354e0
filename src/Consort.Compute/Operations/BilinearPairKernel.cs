using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Operations;

/// <summary>One matrix a pair: each is used for a block of rows at a time, so that it is read from far away once a block.</summary>
internal sealed unsafe class BilinearPairKernel<T> : BilinearKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ChunkSpace<T> _space;

    public BilinearPairKernel(BilinearInteraction bilinear, Binding<T> binding) : base(bilinear, binding) =>
        _space = new ChunkSpace<T>(binding, (2 + Fields) * BlockRows * PaddedDimension); // u and ∂u of a pair, ∂E of a block

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (fields, dimension, padded, width) = (Fields, Dimension, PaddedDimension, Width);
        var left = _space.Of(start); // u [rows, D padded]
        for (var first = start; first < end; first += BlockRows)
        {
            var rows = Math.Min(BlockRows, end - first);
            for (var input = 0; input < Inputs.Length; input++)
            {
                var embeddings = (T*)Inputs[input] + ((long)first * fields * dimension);
                var output = Output + (first * (long)width) + (input * (width / Inputs.Length));
                for (int i = 0, pair = 0; i < fields - 1; i++)
                    for (var j = i + 1; j < fields; j++, pair++, output += dimension)
                    {
                        SmallMatrix.Multiply(
                            left, padded, embeddings + (i * dimension), fields * dimension, 1, Matrix(pair), padded, rows, padded,
                            dimension, false);
                        var right = embeddings + (j * dimension);
                        for (var row = 0; row < rows; row++, right += fields * dimension)
                            VectorMath.PutProduct(output + (row * (long)width), left + (row * padded), right, false, dimension);
                    }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (fields, dimension, padded, width) = (Fields, Dimension, PaddedDimension, Width);
        var sums = OpenSums(start);
        var left = _space.Of(start); // u [rows, D padded]
        var leftGradient = left + (BlockRows * padded); // ∂u [rows, D padded], the padding stays zero
        var gradients = leftGradient + (BlockRows * padded); // ∂E [rows, F, D padded]
        for (var first = start; first < end; first += BlockRows)
        {
            var rows = Math.Min(BlockRows, end - first);
            for (var input = 0; input < Inputs.Length; input++)
            {
                var embeddings = (T*)Inputs[input] + ((long)first * fields * dimension);
                var gradient = OutputGradient + (first * (long)width) + (input * (width / Inputs.Length));
                new Span<T>(gradients, rows * fields * padded).Clear();
                for (int i = 0, pair = 0; i < fields - 1; i++)
                    for (var j = i + 1; j < fields; j++, pair++, gradient += dimension)
                    {
                        SmallMatrix.Multiply(
                            left, padded, embeddings + (i * dimension), fields * dimension, 1, Matrix(pair), padded, rows, padded,
                            dimension, false);
                        for (var row = 0; row < rows; row++)
                        {
                            var own = gradient + (row * (long)width);
                            VectorMath.PutProduct(leftGradient + (row * padded), own, embeddings + (((row * fields) + j) * dimension),
                                false, dimension);
                            VectorMath.PutProduct(gradients + (((row * fields) + j) * padded), own, left + (row * padded), true, dimension);
                        }

                        SmallMatrix.Multiply(
                            sums + (pair * dimension * padded), padded, embeddings + (i * dimension), 1, fields * dimension,
                            leftGradient, padded, dimension, padded, rows, true);
                        SmallMatrix.Multiply(
                            gradients + (i * padded), fields * padded, leftGradient, padded, 1, Transposed(pair), padded, rows, padded,
                            dimension, true);
                    }

                var target = Targets[input];
                for (var i = 0; i < rows * fields && target.IsWanted; i++)
                    VectorMath.Put(target.Data + (((long)first * fields) + i) * dimension, gradients + (i * padded),
                        target.Accumulate, dimension);
            }
        }
    }
}
