using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>
/// One embedding times each of a run of embeddings that lie one after the other. The one is repeated until it fills whole vectors (the
/// tile), so that the run is worked through as plain contiguous memory whatever the embedding's dimension.
/// </summary>
internal static unsafe class TiledProduct
{
    /// <summary>The length of the tile of embeddings of <paramref name="dimension"/> numbers: both divide it.</summary>
    public static int Period<T>(int dimension)
        where T : unmanaged
    {
        var period = dimension;
        while (period % Vector<T>.Count != 0)
            period += dimension;
        return period;
    }

    /// <summary>Repeats <paramref name="embedding"/> through the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fill<T>(T* tile, T* embedding, int dimension, int period)
        where T : unmanaged
    {
        for (var i = 0; i < period; i += dimension)
            for (var d = 0; d < dimension; d++)
                tile[i + d] = embedding[d];
    }

    /// <summary>target[k] = values[k] · tile[k mod period].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<T>(T* target, T* values, T* tile, int length, int period)
        where T : unmanaged, INumberBase<T>
    {
        var width = Vector<T>.Count;
        var start = 0;
        if (period == 2 * width)
        {
            Vector<T> low = Vector.Load(tile), high = Vector.Load(tile + width);
            for (; start <= length - period; start += period)
            {
                Vector.Store(Vector.Load(values + start) * low, target + start);
                Vector.Store(Vector.Load(values + start + width) * high, target + start + width);
            }
        }
        else
        {
            for (; start <= length - period; start += period)
                for (var i = 0; i < period; i += width)
                    Vector.Store(Vector.Load(values + start + i) * Vector.Load(tile + i), target + start + i);
        }

        for (var i = start; i < length; i++)
            target[i] = values[i] * tile[i - start];
    }

    /// <summary>
    /// The gradients of <see cref="Multiply"/>: valuesGradient[k] += gradient[k] · tile[k mod period], and tileGradient[k mod period] = Σ
    /// gradient[k] · values[k].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradients<T>(
        T* gradient, T* values, T* tile, T* valuesGradient, T* tileGradient, int length, int period)
        where T : unmanaged, INumberBase<T>
    {
        var width = Vector<T>.Count;
        var whole = length / period * period;
        var i = 0;
        for (; i <= period - (2 * width); i += 2 * width)
        {
            Vector<T> low = Vector.Load(tile + i), high = Vector.Load(tile + i + width);
            Vector<T> lowSum = Vector<T>.Zero, highSum = lowSum;
            for (var k = i; k < whole; k += period)
            {
                Vector<T> g0 = Vector.Load(gradient + k), g1 = Vector.Load(gradient + k + width);
                lowSum = VectorMath.MultiplyAdd(g0, Vector.Load(values + k), lowSum);
                highSum = VectorMath.MultiplyAdd(g1, Vector.Load(values + k + width), highSum);
                Vector.Store(VectorMath.MultiplyAdd(g0, low, Vector.Load(valuesGradient + k)), valuesGradient + k);
                Vector.Store(VectorMath.MultiplyAdd(g1, high, Vector.Load(valuesGradient + k + width)), valuesGradient + k + width);
            }

            Vector.Store(lowSum, tileGradient + i);
            Vector.Store(highSum, tileGradient + i + width);
        }

        if (i < period)
        {
            var (factor, sum) = (Vector.Load(tile + i), Vector<T>.Zero);
            for (var k = i; k < whole; k += period)
            {
                var g = Vector.Load(gradient + k);
                sum = VectorMath.MultiplyAdd(g, Vector.Load(values + k), sum);
                Vector.Store(VectorMath.MultiplyAdd(g, factor, Vector.Load(valuesGradient + k)), valuesGradient + k);
            }

            Vector.Store(sum, tileGradient + i);
        }

        for (var k = whole; k < length; k++)
        {
            tileGradient[k - whole] += gradient[k] * values[k];
            valuesGradient[k] += gradient[k] * tile[k - whole];
        }
    }
}
