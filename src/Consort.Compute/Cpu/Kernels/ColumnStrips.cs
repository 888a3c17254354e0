using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>
/// Sums over the rows of a matrix [rows, n] go down strips of columns, so that they stay in registers; the rows stay in the caches from
/// strip to strip.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
internal static unsafe class ColumnStrips<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// Mean and squared deviations of columns, [2n], whose rows are still in cache for the second look: E[x²] − μ² would cancel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Moments(T* rows, int count, nint width, T* moments)
    {
        var (share, strip) = (T.One / T.CreateTruncating(count), Vector<T>.Count);
        nint column = 0;
        for (; column <= width - (4 * strip); column += 4 * strip)
        {
            Vector<T> sum0 = Vector<T>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            var x = rows + column;
            for (var row = 0; row < count; row++, x += width)
            {
                sum0 += Vector.Load(x);
                sum1 += Vector.Load(x + strip);
                sum2 += Vector.Load(x + (2 * strip));
                sum3 += Vector.Load(x + (3 * strip));
            }

            Vector<T> mean0 = sum0 * share, mean1 = sum1 * share, mean2 = sum2 * share, mean3 = sum3 * share;
            Vector<T> square0 = Vector<T>.Zero, square1 = square0, square2 = square0, square3 = square0;
            x = rows + column;
            for (var row = 0; row < count; row++, x += width)
            {
                var (from0, from1) = (Vector.Load(x) - mean0, Vector.Load(x + strip) - mean1);
                var (from2, from3) = (Vector.Load(x + (2 * strip)) - mean2, Vector.Load(x + (3 * strip)) - mean3);
                square0 = VectorMath.MultiplyAdd(from0, from0, square0);
                square1 = VectorMath.MultiplyAdd(from1, from1, square1);
                square2 = VectorMath.MultiplyAdd(from2, from2, square2);
                square3 = VectorMath.MultiplyAdd(from3, from3, square3);
            }

            Put(moments + column, mean0, mean1, mean2, mean3);
            Put(moments + width + column, square0, square1, square2, square3);
        }

        for (; column <= width - strip; column += strip)
        {
            var sum = Vector<T>.Zero;
            var x = rows + column;
            for (var row = 0; row < count; row++, x += width)
                sum += Vector.Load(x);
            var (mean, squares) = (sum * share, Vector<T>.Zero);
            x = rows + column;
            for (var row = 0; row < count; row++, x += width)
            {
                var from = Vector.Load(x) - mean;
                squares = VectorMath.MultiplyAdd(from, from, squares);
            }

            Vector.Store(mean, moments + column);
            Vector.Store(squares, moments + width + column);
        }

        for (; column < width; column++)
        {
            var (mean, squares) = (T.Zero, T.Zero);
            for (var row = 0; row < count; row++)
                mean += rows[(row * width) + column];
            mean *= share;
            for (var row = 0; row < count; row++)
                squares += (rows[(row * width) + column] - mean) * (rows[(row * width) + column] - mean);
            (moments[column], moments[width + column]) = (mean, squares);
        }
    }

    /// <summary>Σ ∂y and Σ ∂y (x − μ) of columns, [2n].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Products(T* gradients, T* rows, int count, nint width, T* mean, T* sums)
    {
        var strip = Vector<T>.Count;
        nint column = 0;
        for (; column <= width - (2 * strip); column += 2 * strip)
        {
            Vector<T> sum0 = Vector<T>.Zero, sum1 = sum0, product0 = sum0, product1 = sum0;
            Vector<T> mean0 = Vector.Load(mean + column), mean1 = Vector.Load(mean + column + strip);
            T* g = gradients + column, x = rows + column;
            for (var row = 0; row < count; row++, g += width, x += width)
            {
                var (gradient0, gradient1) = (Vector.Load(g), Vector.Load(g + strip));
                sum0 += gradient0;
                sum1 += gradient1;
                product0 = VectorMath.MultiplyAdd(gradient0, Vector.Load(x) - mean0, product0);
                product1 = VectorMath.MultiplyAdd(gradient1, Vector.Load(x + strip) - mean1, product1);
            }

            Vector.Store(sum0, sums + column);
            Vector.Store(sum1, sums + column + strip);
            Vector.Store(product0, sums + width + column);
            Vector.Store(product1, sums + width + column + strip);
        }

        for (; column <= width - strip; column += strip)
        {
            var (sum, product, own) = (Vector<T>.Zero, Vector<T>.Zero, Vector.Load(mean + column));
            T* g = gradients + column, x = rows + column;
            for (var row = 0; row < count; row++, g += width, x += width)
            {
                sum += Vector.Load(g);
                product = VectorMath.MultiplyAdd(Vector.Load(g), Vector.Load(x) - own, product);
            }

            Vector.Store(sum, sums + column);
            Vector.Store(product, sums + width + column);
        }

        for (; column < width; column++)
        {
            var (sum, product) = (T.Zero, T.Zero);
            for (var row = 0; row < count; row++)
            {
                var gradient = gradients[(row * width) + column];
                sum += gradient;
                product += gradient * (rows[(row * width) + column] - mean[column]);
            }

            (sums[column], sums[width + column]) = (sum, product);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* target, Vector<T> first, Vector<T> second, Vector<T> third, Vector<T> fourth)
    {
        Vector.Store(first, target);
        Vector.Store(second, target + Vector<T>.Count);
        Vector.Store(third, target + (2 * Vector<T>.Count));
        Vector.Store(fourth, target + (3 * Vector<T>.Count));
    }
}
