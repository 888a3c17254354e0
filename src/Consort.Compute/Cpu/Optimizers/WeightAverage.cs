using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// A mean of the weights on their way, kept beside them: of all dense parameters, running statistics of batch norm too, and of the trained
/// tables. It is measured and shipped in the weights' stead, while training goes on from the weights themselves.
/// </summary>
/// <remarks>
/// Here the plain mean of the weights that were <see cref="Add">added</see>: stochastic weight averaging, Izmailov et al. 2018.
/// <see cref="MovingAverage{T}"/> follows each step.
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
public unsafe class WeightAverage<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int PieceLength = 1 << 15;
    private readonly ParameterStore<T> _store;
    private readonly EmbeddingTable<T>[] _tables;
    private readonly NativeBuffer<T>[] _averages; // dense, then each table
    private readonly Workers _workers;
    private readonly StretchJob _job = new();

    /// <summary>Begins with the present weights.</summary>
    /// <param name="store">The weights.</param>
    /// <param name="tables">Those of its tables that are trained; the others are their own average.</param>
    /// <param name="workers">The threads.</param>
    internal WeightAverage(ParameterStore<T> store, EmbeddingTable<T>[] tables, Workers workers)
    {
        (_store, _tables, _workers) = (store, tables, workers);
        _averages = new NativeBuffer<T>[tables.Length + 1];
        for (var i = 0; i < _averages.Length; i++)
            _averages[i] = new NativeBuffer<T>(Weights(i).Length);
        ForEach(Work.Copy, default);
    }

    /// <summary>How many weights are in it, each counted once; a resumed run sets it along with the state.</summary>
    public long Count { get; set; }

    /// <summary>Whether the average stands where the weights were, and they where it was.</summary>
    public bool IsExchanged { get; private set; }

    /// <summary>Whether there is an average to measure.</summary>
    public virtual bool IsReady => Count > 0;

    /// <summary>Bytes held beside the state.</summary>
    internal virtual long WorkBytes => 0;

    /// <summary>What a checkpoint must hold beside <see cref="Count"/>; the optimizer's to free.</summary>
    internal virtual IEnumerable<(string Name, NativeBuffer<T> Buffer)> State =>
        _averages.Select((a, i) => ($"average/{(i == 0 ? "dense" : _tables[i - 1].Table.Name)}", a));

    /// <summary>Where the average of the dense parameters lies (−1), or that of a table.</summary>
    internal T* At(int table) => _averages[table + 1].Pointer;

    /// <summary>Begins anew with the present weights: at the start of a phase.</summary>
    public virtual void Restart()
    {
        ForEach(Work.Copy, default);
        Count = 0;
    }

    /// <summary>Takes the present weights into the mean.</summary>
    public void Add()
    {
        Count++;
        ForEach(Work.Approach, T.CreateTruncating((Count - 1) / (double)Count));
    }

    /// <summary>
    /// Lets the average and the weights change places, to the last bit: twice is not at all. In between no step can be made and no state be
    /// read, so that a checkpoint never holds the one for the other.
    /// </summary>
    public void Exchange()
    {
        BringUpToDate();
        ForEach(Work.Exchange, default);
        IsExchanged = !IsExchanged;
    }

    /// <summary>Makes up for what the average has missed.</summary>
    private protected virtual void BringUpToDate() { }

    /// <summary>Refuses what would take the average for the weights.</summary>
    internal void ThrowIfExchanged()
    {
        if (IsExchanged)
            throw new InvalidOperationException("the average stands in the weights' place: exchange them again before going on");
    }

    // Whoever asks for a table's values finds its rows, and with them their average, up to date.
    private NativeBuffer<T> Weights(int region) => region == 0 ? _store.DenseValues : _tables[region - 1].Values;

    private void ForEach(Work work, T factor)
    {
        for (var region = 0; region < _averages.Length; region++)
        {
            var weights = Weights(region);
            (_job.Work, _job.Factor, _job.Length) = (work, factor, weights.Length);
            _job.Weights = weights.Pointer;
            _job.Average = _averages[region].Pointer;
            _workers.Run(_job, checked((int)((weights.Length + PieceLength - 1) / PieceLength)));
        }
    }

    private enum Work
    {
        Copy,
        Approach,
        Exchange,
    }

    private sealed class StretchJob : IParallelJob
    {
        public Work Work { get; set; }

        public T Factor { get; set; }

        public long Length { get; set; }

        public T* Weights { get; set; }

        public T* Average { get; set; }

        public void Run(int index, int worker)
        {
            var start = (long)index * PieceLength;
            var length = (int)Math.Min(PieceLength, Length - start);
            T* weights = Weights + start, average = Average + start;
            switch (Work)
            {
                case Work.Copy:
                    VectorMath.Copy(average, weights, length);
                    break;
                case Work.Approach:
                    VectorMath.Approach(average, weights, Factor, length);
                    break;
                default:
                    VectorMath.Exchange(average, weights, length);
                    break;
            }
        }
    }
}
