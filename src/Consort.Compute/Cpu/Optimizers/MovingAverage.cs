using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// The exponential moving average of the weights, e ← w − (w − e) βₜ after each step (Polyak and Juditsky 1992 for the mean; β as in
/// <see cref="AverageDecay"/>). A row of a table that rests is not visited: a stamp says up to which step its average is known, and n
/// steps with the same w are one, with the product of their βₜ. So the result is that of a pass over all rows in every step.
/// </summary>
/// <remarks>
/// Whole tables are averaged in the pass that updates them. Touched rows carry a stamp of their own here. Deferred rows have one already:
/// their average is brought up to date with them, along the steps that they have missed (<see cref="Replay{T,TUpdate}"/>,
/// <see cref="AdamGap{T}"/>).
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class MovingAverage<T> : WeightAverage<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly AverageDecay _decay;
    private readonly PassLayout<T> _layout;
    private readonly ParameterStore<T> _store;
    private readonly DenseSlot[] _statistics; // running ones, which the way forward moves and no update comes by
    private readonly NativeBuffer<T>[] _stamps; // of touched rows, as integers in the place of numbers, so that a checkpoint can hold them
    private readonly CatchUpJob _catchUp;

    public MovingAverage(double beta, ParameterStore<T> store, PassLayout<T> layout)
        : base(store, layout.Tables, layout.Workers)
    {
        (_decay, _store, _layout, _catchUp) = (new AverageDecay(beta), store, layout, new CatchUpJob(this));
        _statistics = [.. store.Slots.Where(s => !s.Parameter.IsTrained)];
        _stamps = new NativeBuffer<T>[layout.Update == EmbeddingUpdate.Touched ? layout.Tables.Length : 0];
        for (var i = 0; i < layout.Regions.Length; i++)
            layout.Regions[i].Average = At(i - 1);
        for (var i = 0; i < _stamps.Length; i++)
        {
            _stamps[i] = new NativeBuffer<T>(layout.Tables[i].Table.Rows);
            layout.Regions[i + 1].Stamps = (int*)_stamps[i].Pointer;
        }
    }

    public override bool IsReady => true;

    /// <summary>βₜ of the present step.</summary>
    public T Keep { get; private set; }

    internal override long WorkBytes => _decay.Bytes;

    internal override IEnumerable<(string Name, NativeBuffer<T> Buffer)> State =>
        base.State.Concat(_stamps.Select((s, i) => ($"average.step/{_layout.Tables[i].Table.Name}", s)));

    public override void Restart()
    {
        base.Restart();
        foreach (var stamps in _stamps)
            stamps.All.Clear();
    }

    /// <summary>A step begins.</summary>
    public void Begin() => Keep = T.CreateTruncating(_decay.At(++Count));

    /// <summary>∏ βₜ over steps of the past, the present one included unless said otherwise.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="later">How many steps were made after them.</param>
    public T Over(int steps, int later = 0) => T.CreateTruncating(_decay.Over(Count - later - steps, Count - later));

    /// <summary>Averages a row over steps in which it rested.</summary>
    /// <param name="region">Its table.</param>
    /// <param name="steps">How many; none is nothing to do.</param>
    /// <param name="later">How many steps were made after them.</param>
    /// <param name="offset">Where the row begins.</param>
    /// <param name="dimension">Its numbers.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Rest(in Region<T> region, int steps, int later, long offset, int dimension)
    {
        if (steps > 0)
            VectorMath.Approach(region.Average + offset, region.Values + offset, Over(steps, later), dimension);
    }

    /// <summary>A step ends: averages what its update did not come by.</summary>
    public void End()
    {
        foreach (var slot in _statistics)
            VectorMath.Approach(At(-1) + slot.Offset, _store.DenseValues.Pointer + slot.Offset, Keep, slot.Length);
    }

    private protected override void BringUpToDate()
    {
        for (var i = 0; i < _stamps.Length; i++)
        {
            _catchUp.Table = i;
            _layout.Workers.Run(_catchUp, (_layout.Tables[i].Table.Rows + PassLayout<T>.ChunkRows - 1) / PassLayout<T>.ChunkRows);
        }
    }

    // Rows that no step has touched for a while.
    private sealed class CatchUpJob(MovingAverage<T> average) : IParallelJob
    {
        public int Table { get; set; }

        public void Run(int index, int worker)
        {
            var table = average._layout.Tables[Table];
            ref readonly var region = ref average._layout.Regions[Table + 1];
            var step = unchecked((int)average.Count);
            var end = Math.Min((index + 1) * PassLayout<T>.ChunkRows, table.Table.Rows);
            for (var row = index * PassLayout<T>.ChunkRows; row < end; row++)
            {
                average.Rest(region, unchecked(step - region.Stamps[row]), later: 0, (long)row * table.Dimension, table.Dimension);
                region.Stamps[row] = step;
            }
        }
    }
}
