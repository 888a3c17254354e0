using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Parameters;

namespace Consort.Compute.Optimizers;

/// <summary>The norm of the whole gradient, regularisers included: √Σ (g + λw)², summed in double precision.</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class GradientNorm<T>(ParameterStore<T> store, PassLayout<T> layout, bool wholeTables) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Traversal<T, Stretch> _traversal = new(store, layout, wholeTables);

    /// <summary>Bytes held.</summary>
    public long Bytes => _traversal.Bytes;

    public double Compute() => Math.Sqrt(_traversal.Run(default));

    /// <inheritdoc/>
    public void Dispose() => _traversal.Dispose();

    private readonly struct Stretch : IStretchPass<T>
    {
        private static int Run => 16 * Vector<T>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(in Region<T> region, long offset, int length) =>
            Kernels.Prefetch.Row(region.Values + offset, length);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public double Apply(in Region<T> region, long offset, T* gradient, int length)
        {
            var values = region.Values + offset;
            var l2 = region.L2;
            var sums = Vector<double>.Zero;
            var i = 0;
            // A few squares are summed as they are before they are widened: the pass must keep up with memory.
            for (; i <= length - Run; i += Run)
            {
                var (even, odd) = (Vector<T>.Zero, Vector<T>.Zero);
                for (var j = i; j < i + Run; j += 2 * Vector<T>.Count)
                {
                    var first = Vector.Load(gradient + j) + (Vector.Load(values + j) * l2);
                    var second = Vector.Load(gradient + j + Vector<T>.Count) + (Vector.Load(values + j + Vector<T>.Count) * l2);
                    even += first * first;
                    odd += second * second;
                }

                sums += Widen(even + odd);
            }

            for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var slope = Vector.Load(gradient + i) + (Vector.Load(values + i) * l2);
                sums += Widen(slope * slope);
            }

            var sum = Vector.Sum(sums);
            for (; i < length; i++)
            {
                var slope = gradient[i] + (values[i] * l2);
                sum += double.CreateTruncating(slope * slope);
            }

            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<double> Widen(Vector<T> squares)
        {
            if (typeof(T) == typeof(double))
                return squares.As<T, double>();
            Vector.Widen(squares.As<T, float>(), out var low, out var high);
            return low + high;
        }
    }
}
