using System.Numerics;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>What the rows of an optimizer's tables have missed.</summary>
/// <typeparam name="T">The element.</typeparam>
internal abstract class Deferral<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>As <see cref="IDeferredRows{T}.IsDivisible"/>.</summary>
    public abstract bool IsDivisible { get; }

    /// <summary>Whether some row may have missed a step.</summary>
    public abstract bool IsBehind { get; }

    /// <summary>
    /// What a checkpoint must hold so that rows that are behind, and may not be brought up to date for its sake, are made up for later as
    /// if there had been none: the rows as they stand, the steps that each has seen, and what those steps were. Ask anew after
    /// further steps.
    /// </summary>
    public abstract IReadOnlyList<(string Name, NativeBuffer<T> Buffer)> State { get; }

    /// <summary>Bytes held.</summary>
    public abstract long Bytes { get; }

    /// <summary>The largest learning rate of the steps that some row may have missed.</summary>
    public double LargestRate { get; protected set; }

    /// <summary>Brings all rows up to date.</summary>
    public abstract void CatchUpAll();

    /// <summary>The change of the tables' Σ w² by rows that were brought up to date since this was last asked.</summary>
    public abstract double TakeSquareChange();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>
/// Keeps for every row how many steps it has seen, and makes up for the missed ones: when a batch is about to read the row, when a table is
/// read whole, and at the latest some thousands of steps on, since every step also brings the next few rows of each table up to date, round
/// and round.
/// </summary>
internal sealed unsafe class Deferral<T, TUpdate> : Deferral<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    /// <summary>Steps in which the round goes over a table once. A row is thus never further behind.</summary>
    public const int Round = StepHistory<T, TUpdate>.Capacity - 96;

    private const int ChunkRows = PassLayout<T>.ChunkRows;
    private readonly PassLayout<T> _layout;
    private readonly GapFormula<T, TUpdate>? _formula;
    private readonly StepHistory<T, TUpdate> _history;
    private readonly NativeBuffer<T>[] _stamps; // integers in the place of numbers, so that a checkpoint can hold them
    private readonly (string Name, NativeBuffer<T> Buffer)[] _state;
    private readonly CurrentRows<T, TUpdate>? _current;
    private readonly Replay<T, TUpdate>[] _replays; // one a worker
    private readonly DeferredTable[] _tables;
    private double _squareChange;
    private bool _isBehind;

    public Deferral(PassLayout<T> layout, GapFormula<T, TUpdate>? formula)
    {
        (_layout, _formula, _history) = (layout, formula, new StepHistory<T, TUpdate>(layout.Average));
        _stamps = new NativeBuffer<T>[layout.Tables.Length];
        _tables = new DeferredTable[layout.Tables.Length];
        for (var i = 0; i < _tables.Length; i++)
        {
            _stamps[i] = new NativeBuffer<T>(layout.Tables[i].Table.Rows);
            layout.Regions[i + 1].Stamps = (int*)_stamps[i].Pointer;
            _tables[i] = new DeferredTable(this, i);
            layout.Tables[i].Defer(_tables[i]);
        }

        var widest = layout.Tables.Length == 0 ? 1 : layout.Tables.Max(t => t.Dimension);
        _replays = new Replay<T, TUpdate>[layout.Workers.Threads];
        for (var i = 0; i < _replays.Length; i++)
            _replays[i] = new Replay<T, TUpdate>(_history, widest, layout.TracksSquares);

        // Steps made one by one may be divided anywhere, and so may none at all.
        if (formula is null || (formula is RestingGap<T, TUpdate> && layout.Average is null))
        {
            _state = [];
            return;
        }

        _current = new CurrentRows<T, TUpdate>(_history, formula, widest);
        _state =
        [
            .. layout.Tables.Select(t => ($"deferred.row/{t.Table.Name}", t.Standing)),
            .. layout.Tables.Select((t, i) => ($"deferred.step/{t.Table.Name}", _stamps[i])), ("deferred.steps", _history.Numbers),
        ];
    }

    /// <summary>What rows are stamped with that the present step changes.</summary>
    public int NextTick
    {
        get
        {
            TakeOver();
            return unchecked(_history.Tick + 1);
        }
    }

    public override long Bytes => (_stamps.Sum(s => s.Length) * sizeof(T)) + (_history.Numbers.Length * sizeof(T))
        + _replays.Sum(r => r.Bytes) + (_formula?.Bytes ?? 0) + (_current?.Bytes ?? 0);

    public override bool IsDivisible => _current is null;

    public override bool IsBehind => _isBehind || _history.Told != 0;

    public override IReadOnlyList<(string Name, NativeBuffer<T> Buffer)> State
    {
        get
        {
            TakeOver();
            _history.Told = _isBehind && !IsDivisible ? _history.Tick : 0;
            return _state;
        }
    }

    /// <summary>Ends a step: its touched rows are up to date, all others miss it.</summary>
    public void Stepped(TUpdate update, T scale, double learningRate, long step)
    {
        TakeOver();
        _history.Told = 0;
        _history.Add(update, scale);
        _formula?.Stepped(_history);
        LargestRate = Math.Max(LargestRate, learningRate);
        _isBehind = true;
        for (var i = 0; i < _tables.Length; i++)
        {
            var chunks = Chunks(_layout.Tables[i].Table.Rows);
            // By the number of the step: the round of a run that goes on is where it was.
            var place = (step - 1) % Round;
            var (start, end) = (place * chunks / Round, (place + 1) * chunks / Round);
            if (end > start)
                _tables[i].CatchUp((int)start, (int)(end - start));
        }
    }

    public override void CatchUpAll()
    {
        TakeOver();
        if (!_isBehind)
            return;
        for (var i = 0; i < _tables.Length; i++)
            _tables[i].CatchUp(0, Chunks(_layout.Tables[i].Table.Rows));
        (_isBehind, LargestRate) = (false, 0);
        if (IsDivisible)
            return;
        // A checkpoint has nothing to tell where a run goes on from here, and so nothing may be left to tell.
        _history.Restart();
        foreach (var stamps in _stamps)
            stamps.All.Clear();
    }

    public override double TakeSquareChange()
    {
        var change = _squareChange;
        _squareChange = 0;
        return change;
    }

    public override void Dispose()
    {
        foreach (var table in _layout.Tables)
            if (table.Deferred is DeferredTable deferred && ReferenceEquals(deferred.Owner, this))
            {
                CatchUpAll();
                table.Defer(null);
            }

        foreach (var stamps in _stamps)
            stamps.Dispose();
        foreach (var replay in _replays)
            replay.Dispose();
        _formula?.Dispose();
        _current?.Dispose();
        _history.Dispose();
    }

    // What a checkpoint that was read has brought: all else follows from the steps.
    private void TakeOver()
    {
        if (_history.Told == 0 || _history.Told == _history.Tick)
            return;
        _history.Repeat(_history.Told, _formula!);
        _isBehind = true;
    }

    private static int Chunks(int rows) => (rows + ChunkRows - 1) / ChunkRows;

    private double CatchUp(int table, int* rows, int count, int worker)
    {
        ref readonly var region = ref _layout.Regions[table + 1];
        var dimension = _layout.Tables[table].Dimension;
        if (_formula is null)
            return _replays[worker].CatchUp(region, dimension, rows, count);
        _formula.CatchUp(_history, region, dimension, rows, count);
        return 0;
    }

    /// <summary>The rows of one table. Pieces are of a fixed size and sums are added in order, whatever the threads.</summary>
    private sealed class DeferredTable(Deferral<T, TUpdate> owner, int index) : IDeferredRows<T>, IParallelJob
    {
        private double[] _sums = [];
        private int _firstChunk = -1; // or −1 for the touched rows

        public Deferral<T, TUpdate> Owner => owner;

        public bool IsDivisible => owner.IsDivisible;

        private EmbeddingTable<T> Table => owner._layout.Tables[index];

        public void CatchUpAll() => owner.CatchUpAll();

        public void Read(long start, Span<T> target)
        {
            owner.TakeOver();
            owner._current!.Read(owner._layout.Regions[index + 1], Table.Dimension, start, target);
        }

        public void CatchUpTouched()
        {
            owner.TakeOver();
            if (!owner._isBehind)
                return;
            var (pieces, most) = (0, 0);
            for (var group = 0; group < Table.Groups; group++)
            {
                pieces += Chunks(Table.TouchedCount(group));
                most += Chunks(Table.TouchedCapacity(group));
            }

            Run(-1, pieces, most);
        }

        /// <summary>Brings chunks of consecutive rows up to date.</summary>
        public void CatchUp(int firstChunk, int chunks) => Run(firstChunk, chunks, Chunks(Table.Table.Rows));

        void IParallelJob.Run(int piece, int worker)
        {
            if (_firstChunk >= 0)
            {
                var start = (_firstChunk + piece) * ChunkRows;
                var count = Math.Min(ChunkRows, Table.Table.Rows - start);
                var rows = owner._replays[worker].Rows;
                for (var i = 0; i < count; i++)
                    rows[i] = start + i;
                _sums[piece] = owner.CatchUp(index, rows, count, worker);
                return;
            }

            var (group, chunk) = (0, piece);
            for (; chunk >= Chunks(Table.TouchedCount(group)); group++)
                chunk -= Chunks(Table.TouchedCount(group));
            var first = chunk * ChunkRows;
            _sums[piece] = owner.CatchUp(
                index, Table.TouchedRowsAt(group) + first, Math.Min(ChunkRows, Table.TouchedCount(group) - first), worker);
        }

        private void Run(int firstChunk, int pieces, int most)
        {
            if (_sums.Length < most)
                _sums = new double[most];
            _firstChunk = firstChunk;
            owner._layout.Workers.Run(this, pieces);
            for (var i = 0; i < pieces; i++)
                owner._squareChange += _sums[i];
        }
    }
}
