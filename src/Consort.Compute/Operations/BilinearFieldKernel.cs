using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Operations;

/// <summary>
/// One matrix for all fields, or one a field: u_i = e_i W is made once a row, and what follows is a run of products with the embeddings
/// behind it, bound by the memory that the output takes.
/// </summary>
internal sealed unsafe class BilinearFieldKernel<T> : BilinearKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly bool _isEach;
    private readonly int _period;
    private readonly ChunkSpace<T> _space;

    public BilinearFieldKernel(BilinearInteraction bilinear, Binding<T> binding) : base(bilinear, binding)
    {
        _isEach = bilinear.Kind == BilinearKind.FieldEach;
        _period = TiledProduct.Period<T>(Dimension);
        // U, ∂U and ∂U Wᵀ of a block of rows, ∂E of a row, a tile and its gradient
        var block = BlockRows * Fields * PaddedDimension;
        _space = new ChunkSpace<T>(binding, (OutputGradient == null ? block : 3L * block) + (Fields * Dimension) + (2 * _period));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (fields, dimension, padded, period) = (Fields, Dimension, PaddedDimension, _period);
        var tile = _space.Of(start);
        var left = tile + period; // U [rows, F, D padded]
        for (var first = start; first < end; first += BlockRows)
        {
            var rows = Math.Min(BlockRows, end - first);
            for (var input = 0; input < Inputs.Length; input++)
            {
                var embeddings = (T*)Inputs[input] + ((long)first * fields * dimension);
                Project(embeddings, left, rows);
                for (var row = 0; row < rows; row++)
                {
                    var output = Output + ((first + row) * (long)Width) + (input * (Width / Inputs.Length));
                    var right = embeddings + (row * fields * dimension);
                    var one = left + (row * fields * padded);
                    for (var i = 1; i < fields; i++, one += padded)
                    {
                        right += dimension;
                        var length = (fields - i) * dimension;
                        if (period == dimension)
                        {
                            TiledProduct.Multiply(output, right, one, length, period);
                        }
                        else
                        {
                            TiledProduct.Fill(tile, one, dimension, period);
                            TiledProduct.Multiply(output, right, tile, length, period);
                        }

                        output += length;
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (fields, dimension, padded, period) = (Fields, Dimension, PaddedDimension, _period);
        var sums = OpenSums(start);
        var block = BlockRows * fields * padded;
        var tile = _space.Of(start);
        var tileGradient = tile + period;
        var left = tileGradient + period; // U [rows, F, D padded]
        var leftGradient = left + block; // ∂U, the padding stays zero
        var back = leftGradient + block; // ∂U Wᵀ
        var rowGradient = back + block; // ∂E of one row from the right factors, [F, D]
        for (var first = start; first < end; first += BlockRows)
        {
            var rows = Math.Min(BlockRows, end - first);
            for (var input = 0; input < Inputs.Length; input++)
            {
                var embeddings = (T*)Inputs[input] + ((long)first * fields * dimension);
                var target = Targets[input];
                Project(embeddings, left, rows);
                for (var row = 0; row < rows; row++)
                {
                    var gradient = OutputGradient + ((first + row) * (long)Width) + (input * (Width / Inputs.Length));
                    var offset = row * fields * padded;
                    new Span<T>(rowGradient, fields * dimension).Clear();
                    for (var i = 0; i < fields - 1; i++, offset += padded)
                    {
                        var length = (fields - 1 - i) * dimension;
                        var right = (i + 1) * dimension;
                        TiledProduct.Fill(tile, left + offset, dimension, period);
                        TiledProduct.Gradients(
                            gradient, embeddings + (row * fields * dimension) + right, tile, rowGradient + right, tileGradient,
                            length, period);
                        VectorMath.Copy(leftGradient + offset, tileGradient, dimension);
                        for (var repeat = dimension; repeat < period; repeat += dimension)
                            VectorMath.Add(leftGradient + offset, tileGradient + repeat, dimension);
                        gradient += length;
                    }

                    new Span<T>(leftGradient + offset, dimension).Clear(); // the last field is never on the left
                    if (target.IsWanted)
                        VectorMath.Put(target.Data + ((first + row) * (long)fields * dimension), rowGradient, target.Accumulate,
                            fields * dimension);
                }

                ProjectBack(embeddings, leftGradient, back, sums, rows);
                for (var i = 0; i < rows * fields && target.IsWanted; i++)
                    VectorMath.Add(target.Data + (((long)first * fields) + i) * dimension, back + (i * padded), dimension);
            }
        }
    }

    // U = E W
    private void Project(T* embeddings, T* left, int rows)
    {
        var (fields, dimension, padded) = (Fields, Dimension, PaddedDimension);
        if (!_isEach)
        {
            SmallMatrix.Multiply(left, padded, embeddings, dimension, 1, Matrix(0), padded, rows * fields, padded, dimension, false);
            return;
        }

        for (var i = 0; i < fields - 1; i++)
            SmallMatrix.Multiply(
                left + (i * padded), fields * padded, embeddings + (i * dimension), fields * dimension, 1,
                Matrix(i), padded, rows, padded, dimension, false);
    }

    // ∂W += Eᵀ ∂U, and ∂U Wᵀ
    private void ProjectBack(T* embeddings, T* leftGradient, T* back, T* sums, int rows)
    {
        var (fields, dimension, padded) = (Fields, Dimension, PaddedDimension);
        if (!_isEach)
        {
            SmallMatrix.Multiply(sums, padded, embeddings, 1, dimension, leftGradient, padded, dimension, padded, rows * fields, true);
            SmallMatrix.Multiply(back, padded, leftGradient, padded, 1, Transposed(0), padded, rows * fields, padded, dimension, false);
            return;
        }

        for (var i = 0; i < fields; i++)
        {
            SmallMatrix.Multiply(
                sums + (i * dimension * padded), padded, embeddings + (i * dimension), 1, fields * dimension,
                leftGradient + (i * padded), fields * padded, dimension, padded, rows, true);
            SmallMatrix.Multiply(
                back + (i * padded), fields * padded, leftGradient + (i * padded), fields * padded, 1,
                Transposed(i), padded, rows, padded, dimension, false);
        }
    }
}
