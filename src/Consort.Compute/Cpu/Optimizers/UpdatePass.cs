using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Applies an update rule to everything an optimizer trains.</summary>
/// <typeparam name="T">The element.</typeparam>
internal abstract class UpdatePass<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Bytes held.</summary>
    public abstract long Bytes { get; }

    /// <summary>What rows have missed, where they are deferred.</summary>
    public abstract Deferral<T>? Deferral { get; }

    /// <summary>Makes step <paramref name="step"/>, counted from 1, with the gradient times a factor.</summary>
    /// <returns>If the layout wants it, Σ w² of the tables after a step over whole tables, or otherwise its change.</returns>
    public abstract double Run(double learningRate, long step, double gradientScale);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>One pass in which values, gradient and state are read and written once; it is compiled anew for every rule.</summary>
internal sealed unsafe class UpdatePass<T, TUpdate, TFactory> : UpdatePass<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
    where TFactory : struct, IUpdateFactory<T, TUpdate>
{
    private readonly Traversal<T, Stretch> _traversal;
    private readonly Deferral<T, TUpdate>? _deferral;
    private readonly PassLayout<T> _layout;
    private readonly TFactory _factory;

    public UpdatePass(ParameterStore<T> store, PassLayout<T> layout, TFactory factory)
    {
        (_layout, _factory) = (layout, factory);
        _traversal = new Traversal<T, Stretch>(store, layout, layout.WholeTables);
        if (layout.Update == EmbeddingUpdate.Deferred)
            _deferral = new Deferral<T, TUpdate>(layout, layout.EmbeddingL2 == 0 ? factory.Formula(layout.Average is not null) : null);
    }

    public override long Bytes => _traversal.Bytes + (_deferral?.Bytes ?? 0);

    public override Deferral<T>? Deferral => _deferral;

    public override double Run(double learningRate, long step, double gradientScale)
    {
        var tableRate = learningRate * _layout.EmbeddingRate;
        var (dense, tables, scale) = (_factory.At(learningRate, step), _factory.At(tableRate, step), T.CreateTruncating(gradientScale));
        var average = _layout.Average;
        average?.Begin();
        var tick = _deferral?.NextTick ?? unchecked((int)(average?.Count ?? 0));
        var squares = _traversal.Run(new Stretch(dense, tables, scale, tick, average, _layout.TracksSquares, !_layout.WholeTables));
        average?.End();
        _deferral?.Stepped(tables, scale, tableRate, step);
        return squares;
    }

    public override void Dispose()
    {
        _deferral?.Dispose();
        _traversal.Dispose();
    }

    private readonly struct Stretch(
        TUpdate dense, TUpdate tables, T scale, int tick, MovingAverage<T>? average, bool tracks, bool tracksChange) : IStretchPass<T>
    {
        private readonly TUpdate _dense = dense;
        private readonly TUpdate _tables = tables;
        private readonly T _scale = scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(in Region<T> region, int row, int dimension)
        {
            var offset = (long)row * dimension;
            Kernels.Prefetch.Row(region.Values + offset, dimension);
            if (TUpdate.States > 0)
                Kernels.Prefetch.Row(region.First + offset, dimension);
            if (TUpdate.States > 1)
                Kernels.Prefetch.Row(region.Second + offset, dimension);
            if (average is null)
                return;
            Kernels.Prefetch.Row(region.Average + offset, dimension);
            Kernels.Prefetch.Row(region.Stamps + row, 1);
        }

        // Deferred rows are up to date before a batch reads them; touched ones have rested since they were last touched.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Open(in Region<T> region, int row, int dimension) =>
            average?.Rest(region, unchecked(tick - 1 - region.Stamps[row]), later: 1, (long)row * dimension, dimension);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public double Apply(in Region<T> region, long offset, T* gradient, int length)
        {
            var values = region.Values + offset;
            var first = region.First + offset;
            var second = region.Second + offset;
            var (update, scale, l2) = (region.IsTable ? _tables : _dense, _scale, region.L2);
            var isTracked = tracks && region.IsTable;
            var before = isTracked && tracksChange ? Squares.Sum(values, length) : 0;
            var squares = Vector<double>.Zero;
            var i = 0;
            for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var value = Vector.Load(values + i);
                var slope = (Vector.Load(gradient + i) + (value * l2)) * scale;
                var a = TUpdate.States > 0 ? Vector.Load(first + i) : default;
                var b = TUpdate.States > 1 ? Vector.Load(second + i) : default;
                var next = update.Next(value, slope, ref a, ref b);
                Vector.Store(next, values + i);
                if (TUpdate.States > 0)
                    Vector.Store(a, first + i);
                if (TUpdate.States > 1)
                    Vector.Store(b, second + i);
                if (isTracked)
                    squares += Squares.Of(next);
            }

            var sum = isTracked ? Vector.Sum(squares) : 0;
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
                if (isTracked)
                    sum += double.CreateTruncating(values[i] * values[i]);
            }

            if (average is not null) // while the stretch is in the first-level cache
                VectorMath.Approach(region.Average + offset, values, average.Keep, length);
            return sum - before;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Done(in Region<T> region, int row)
        {
            if (region.Stamps != null)
                region.Stamps[row] = tick;
        }
    }
}
