using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
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
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(in Region<T> region, long offset, int length)
        {
            if (!Sse.IsSupported || region.L2 == T.Zero)
                return;
            for (var i = 0; i < length; i += 64 / sizeof(T))
                Sse.Prefetch0(region.Values + offset + i);
            Sse.Prefetch0(region.Values + offset + length - 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public double Apply(in Region<T> region, long offset, T* gradient, int length)
        {
            var values = region.Values + offset;
            var l2 = region.L2;
            var sums = Vector<double>.Zero;
            var i = 0;
            if (l2 == T.Zero)
                for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
                    sums += Squares(Vector.Load(gradient + i));
            else
                for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
                    sums += Squares(Vector.Load(gradient + i) + (Vector.Load(values + i) * l2));

            var sum = Vector.Sum(sums);
            for (; i < length; i++)
            {
                var slope = double.CreateTruncating(gradient[i] + (values[i] * l2));
                sum += slope * slope;
            }

            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<double> Squares(Vector<T> slope)
        {
            if (typeof(T) == typeof(double))
                return slope.As<T, double>() * slope.As<T, double>();
            Vector.Widen(slope.As<T, float>(), out var low, out var high);
            return (low * low) + (high * high);
        }
    }
}
