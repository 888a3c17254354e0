using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Parameters;

namespace Consort.Compute.Optimizers;

/// <summary>Applies an update rule to everything an optimizer trains.</summary>
/// <typeparam name="T">The element.</typeparam>
internal abstract class UpdatePass<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Bytes held.</summary>
    public abstract long Bytes { get; }

    /// <summary>Makes step <paramref name="step"/>, counted from 1, with the gradient times a factor.</summary>
    public abstract void Run(double learningRate, long step, double gradientScale);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>
/// One pass in which values, gradient and state are read and written once; it is compiled anew for every rule.
/// </summary>
internal sealed unsafe class UpdatePass<T, TUpdate, TFactory>(ParameterStore<T> store, PassLayout<T> layout, TFactory factory) : UpdatePass<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
    where TFactory : struct, IUpdateFactory<T, TUpdate>
{
    private readonly Traversal<T, Stretch> _traversal = new(store, layout, layout.WholeTables);

    public override long Bytes => _traversal.Bytes;

    public override void Run(double learningRate, long step, double gradientScale) =>
        _traversal.Run(new Stretch(factory.At(learningRate, step), T.CreateTruncating(gradientScale)));

    public override void Dispose() => _traversal.Dispose();

    private readonly struct Stretch(TUpdate update, T scale) : IStretchPass<T>
    {
        private readonly TUpdate _update = update;
        private readonly T _scale = scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(in Region<T> region, long offset, int length)
        {
            Kernels.Prefetch.Row(region.Values + offset, length);
            if (TUpdate.States > 0)
                Kernels.Prefetch.Row(region.First + offset, length);
            if (TUpdate.States > 1)
                Kernels.Prefetch.Row(region.Second + offset, length);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public double Apply(in Region<T> region, long offset, T* gradient, int length)
        {
            var values = region.Values + offset;
            var first = region.First + offset;
            var second = region.Second + offset;
            var (update, scale, l2) = (_update, _scale, region.L2);
            var i = 0;
            for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var value = Vector.Load(values + i);
                var slope = (Vector.Load(gradient + i) + (value * l2)) * scale;
                var a = TUpdate.States > 0 ? Vector.Load(first + i) : default;
                var b = TUpdate.States > 1 ? Vector.Load(second + i) : default;
                Vector.Store(update.Next(value, slope, ref a, ref b), values + i);
                if (TUpdate.States > 0)
                    Vector.Store(a, first + i);
                if (TUpdate.States > 1)
                    Vector.Store(b, second + i);
            }

            for (; i < length; i++)
            {
                var slope = (gradient[i] + (values[i] * l2)) * scale;
                var a = TUpdate.States > 0 ? first[i] : default;
                var b = TUpdate.States > 1 ? second[i] : default;
                values[i] = update.Next(values[i], slope, ref a, ref b);
                if (TUpdate.States > 0)
                    first[i] = a;
                if (TUpdate.States > 1)
                    second[i] = b;
            }

            return 0;
        }
    }
}
