using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// Makes the steps that rows have missed, each with the arithmetic of the whole-table pass, so that the result has the same bits. Some rows
/// at a time are copied into the first-level cache, oldest first; younger ones join when the older have come to where they are. Thus the
/// processor always has the independent numbers of several rows to work on, while it waits for roots and quotients.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
internal sealed unsafe class Replay<T, TUpdate> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    private const int ChunkRows = PassLayout<T>.ChunkRows;
    private const int BlockLength = 256; // numbers worked on at a time
    private readonly StepHistory<T, TUpdate> _history;
    private readonly bool _tracksSquares;
    private readonly NativeBuffer<int> _rows = new(ChunkRows);
    private readonly ulong[] _keys = new ulong[ChunkRows]; // steps seen, then row
    private readonly NativeBuffer<T> _values;
    private readonly NativeBuffer<T> _first;
    private readonly NativeBuffer<T> _second;
    private readonly NativeBuffer<T> _average;

    public Replay(StepHistory<T, TUpdate> history, int widest, bool tracksSquares)
    {
        (_history, _tracksSquares) = (history, tracksSquares);
        var length = Math.Max(BlockLength, 4 * widest);
        (_values, _first, _second, _average) = (new(length), new(length), new(length), new(history.Average is null ? 0 : length));
    }

    /// <summary>Room for the numbers of a chunk's rows.</summary>
    public int* Rows => _rows.Pointer;

    /// <summary>Bytes held.</summary>
    public long Bytes =>
        (((3 * _values.Length) + _average.Length) * sizeof(T)) + (_rows.Length * sizeof(int)) + (ChunkRows * sizeof(ulong));

    /// <summary>Brings rows up to date and says so in their stamps; some may be so already.</summary>
    /// <returns>The change of their Σ w², if anyone wants it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double CatchUp(in Region<T> region, int dimension, int* rows, int count)
    {
        var tick = _history.Tick;
        var stamps = region.Stamps;
        var keys = _keys;
        var behind = 0;
        const int Ahead = 16;
        for (var i = 0; i < count; i++)
        {
            if (i + Ahead < count)
                Prefetch.Row(stamps + rows[i + Ahead], 1);
            var lag = unchecked(tick - stamps[rows[i]]);
            if (lag == 0)
                continue;
            // The longest lag sorts first.
            keys[behind++] = ((ulong)(StepHistory<T, TUpdate>.Capacity - lag) << 32) | (uint)rows[i];
        }

        keys.AsSpan(0, behind).Sort();
        var blockRows = Math.Max(4, BlockLength / dimension);
        var change = 0.0;
        for (var start = 0; start < behind; start += blockRows)
            change += Block(region, dimension, keys, start, Math.Min(start + blockRows, behind));
        return change;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _values.Dispose();
        _first.Dispose();
        _second.Dispose();
        _average.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Block(in Region<T> region, int dimension, ulong[] keys, int start, int end)
    {
        var values = _values.Pointer;
        var first = _first.Pointer;
        var second = _second.Pointer;
        var average = _history.Average is null ? null : _average.Pointer;
        for (var i = start; i < end; i++)
        {
            var offset = (long)(uint)keys[i] * dimension;
            var place = (i - start) * dimension;
            VectorMath.Copy(values + place, region.Values + offset, dimension);
            if (TUpdate.States > 0)
                VectorMath.Copy(first + place, region.First + offset, dimension);
            if (TUpdate.States > 1)
                VectorMath.Copy(second + place, region.Second + offset, dimension);
            if (average != null)
                VectorMath.Copy(average + place, region.Average + offset, dimension);
        }

        var length = (end - start) * dimension;
        var before = _tracksSquares ? Squares.Sum(values, length) : 0;
        var active = start;
        var tick = _history.Tick;
        for (var lag = Lag(keys[start]); lag > 0; lag--)
        {
            while (active < end && Lag(keys[active]) == lag)
                active++;
            ref readonly var step = ref _history.After(unchecked(tick - lag));
            Step(step, region.L2, values, first, second, (active - start) * dimension);
            if (average != null)
                VectorMath.Approach(average, values, step.Keep, (active - start) * dimension);
        }

        for (var i = start; i < end; i++)
        {
            var row = (uint)keys[i];
            var offset = (long)row * dimension;
            var place = (i - start) * dimension;
            VectorMath.Copy(region.Values + offset, values + place, dimension);
            if (TUpdate.States > 0)
                VectorMath.Copy(region.First + offset, first + place, dimension);
            if (TUpdate.States > 1)
                VectorMath.Copy(region.Second + offset, second + place, dimension);
            if (average != null)
                VectorMath.Copy(region.Average + offset, average + place, dimension);
            region.Stamps[row] = tick;
        }

        return _tracksSquares ? Squares.Sum(values, length) - before : 0;
    }

    private static int Lag(ulong key) => StepHistory<T, TUpdate>.Capacity - (int)(key >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(in StepHistory<T, TUpdate>.MissedStep step, T l2, T* values, T* first, T* second, int length)
    {
        var (update, scale) = (step.Update, step.Scale);
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var value = Vector.Load(values + i);
            var a = TUpdate.States > 0 ? Vector.Load(first + i) : default;
            var b = TUpdate.States > 1 ? Vector.Load(second + i) : default;
            Vector.Store(update.Next(value, value * l2 * scale, ref a, ref b), values + i);
            if (TUpdate.States > 0)
                Vector.Store(a, first + i);
            if (TUpdate.States > 1)
                Vector.Store(b, second + i);
        }

        for (; i < length; i++)
        {
            var a = TUpdate.States > 0 ? first[i] : default;
            var b = TUpdate.States > 1 ? second[i] : default;
            values[i] = update.Next(values[i], values[i] * l2 * scale, ref a, ref b);
            if (TUpdate.States > 0)
                first[i] = a;
            if (TUpdate.States > 1)
                second[i] = b;
        }
    }
}
