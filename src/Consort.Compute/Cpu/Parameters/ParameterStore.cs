using System.Numerics;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Foundation.Numbers;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Parameters;

/// <summary>Where a dense parameter lies in the flat buffers of a <see cref="ParameterStore{T}"/>.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Offset">Its first element, a multiple of 16.</param>
public readonly record struct DenseSlot(Parameter Parameter, long Offset)
{
    /// <summary>How many elements it has.</summary>
    public int Length => Parameter.Shape.Size;
}

/// <summary>
/// The numbers of a graph's parameters: dense ones of all members in one flat buffer (values and gradients of the same layout), and one
/// <see cref="EmbeddingTable{T}"/> a table.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class ParameterStore<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Dictionary<Parameter, long> _offsets = [];
    private readonly Dictionary<Table, EmbeddingTable<T>> _embeddings = [];
    private readonly List<TouchedRows> _touched = [];
    private readonly IRanks? _ranks;
    private readonly List<RowExchange<T>> _exchanges = []; // of each of the touched, once asked for
    private TableReader? _found; // whose batch's rows were found on the way forward
    private readonly NativeBuffer<T> _values;
    private readonly NativeBuffer<T> _gradients;
    private readonly ClearJob _clear;

    /// <summary>Lays out zeroed memory for the parameters of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="ranks">Those that train the same parameters by other rows of each batch, or null.</param>
    public ParameterStore(Graph graph, IRanks? ranks = null)
        : this(graph, table => null, withGradients: true) => _ranks = ranks;

    /// <summary>Lays out the part of the tables that is one rank's, beside dense parameters that lie in another store.</summary>
    /// <param name="graph">The same family as that of the dense parameters, over this rank's ids.</param>
    /// <param name="dense">Their store, which keeps owning them.</param>
    /// <param name="sharers">Those that hold the other parts.</param>
    internal ParameterStore(Graph graph, ParameterStore<T> dense, IRanks sharers)
        : this(graph, table => null, withGradients: true, dense) => (_ranks, Sharers) = (sharers, sharers);

    /// <summary>
    /// Lays out zeroed memory for dense parameters without gradients, and reads tables where they lie: for scoring alone.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="rows">The rows [V, D] of a table, which stay there as long as the store and are not freed with it; null for a table
    /// that only kernels of the caller's own read.</param>
    public ParameterStore(Graph graph, Func<Table, NativeBuffer<T>?> rows)
        : this(graph, table => rows(table)?.Borrow() ?? new NativeBuffer<T>(null, (long)table.Rows * table.Dimension), withGradients: false)
    {
    }

    private ParameterStore(Graph graph, Func<Table, NativeBuffer<T>?> rows, bool withGradients, ParameterStore<T>? dense = null)
    {
        Graph = graph;
        long end = 0;
        var slots = new List<DenseSlot>();
        foreach (var parameter in graph.Parameters)
        {
            slots.Add(new DenseSlot(parameter, end));
            _offsets.Add(parameter, end);
            end += (parameter.Shape.Size + 15) & ~15;
        }

        Slots = slots;
        _values = dense?._values.Borrow() ?? new NativeBuffer<T>(end);
        _gradients = dense?._gradients.Borrow() ?? new NativeBuffer<T>(withGradients ? end : 0);
        _clear = new ClearJob(_gradients);
        var embeddings = new List<EmbeddingTable<T>>();
        foreach (var table in graph.Tables)
        {
            var embedding = new EmbeddingTable<T>(table, this, rows(table));
            _embeddings.Add(table, embedding);
            embeddings.Add(embedding);
        }

        Embeddings = embeddings;
    }

    /// <summary>The graph whose parameters these are.</summary>
    public Graph Graph { get; }

    /// <summary>The layout of <see cref="DenseValues"/> and <see cref="DenseGradients"/>.</summary>
    public IReadOnlyList<DenseSlot> Slots { get; }

    /// <summary>The tables, in the graph's order.</summary>
    public IReadOnlyList<EmbeddingTable<T>> Embeddings { get; }

    /// <summary>The numbers of all dense parameters; gaps between slots are zero.</summary>
    public NativeBuffer<T> DenseValues => _values;

    /// <summary>Their gradients.</summary>
    public NativeBuffer<T> DenseGradients => _gradients;

    /// <summary>The numbers of one dense parameter.</summary>
    public Span<T> Values(Parameter parameter) => _values.Slice(_offsets[parameter], parameter.Shape.Size);

    /// <summary>The gradient of one dense parameter; empty in a store without gradients.</summary>
    public Span<T> Gradients(Parameter parameter) =>
        _gradients.Length == 0 ? [] : _gradients.Slice(_offsets[parameter], parameter.Shape.Size);

    /// <summary>Where the numbers of one dense parameter lie, for kernels.</summary>
    internal T* ValuesAt(Parameter parameter) => _values.Pointer + _offsets[parameter];

    /// <summary>Where its gradient lies, or null in a store without gradients.</summary>
    internal T* GradientsAt(Parameter parameter) => _gradients.Length == 0 ? null : _gradients.Pointer + _offsets[parameter];

    /// <summary>The numbers of one table.</summary>
    public EmbeddingTable<T> Embedding(Table table) => _embeddings[table];

    /// <summary>Draws every parameter by its initializer. What a parameter gets depends on the seed and its name alone.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="workers">Threads to share the tables out to, or null; the numbers are the same.</param>
    public void Initialize(ulong seed, Workers? workers = null)
    {
        foreach (var slot in Slots)
        {
            var random = new CounterRandom(seed, slot.Parameter.Name);
            for (var i = 0; i < slot.Length; i++)
                _values[slot.Offset + i] = T.CreateTruncating(slot.Parameter.Initializer.Draw(random, i));
        }

        foreach (var embedding in Embeddings)
            embedding.Initialize(seed, workers);
    }

    /// <summary>Draws the rows of tables anew, and leaves dense parameters as they are.</summary>
    /// <param name="seed">Any number; what a table gets depends on it and the table's name alone.</param>
    /// <param name="isWanted">Which tables.</param>
    /// <param name="workers">Threads to share the tables out to, or null; the numbers are the same.</param>
    public void InitializeTables(ulong seed, Func<Table, bool> isWanted, Workers? workers = null)
    {
        foreach (var embedding in Embeddings)
            if (isWanted(embedding.Table))
                embedding.Initialize(seed, workers);
    }

    /// <summary>Bytes held for values and gradients, tables included.</summary>
    public long Bytes => ((_values.Length + _gradients.Length) * sizeof(T)) + Embeddings.Sum(e => e.Bytes) + TouchedBytes;

    /// <summary>Bytes held to find and number the rows that a batch touches.</summary>
    public long TouchedBytes => _touched.Sum(t => t.Bytes);

    /// <summary>
    /// Makes the gradients of touched rows those of all ranks: of the rows that any of them touched, in the same order on all.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was made for one process.</exception>
    public void ExchangeRows()
    {
        var ranks = _ranks ?? throw new InvalidOperationException("there are no other ranks");
        if (_exchanges.Count == 0)
            foreach (var touched in _touched)
                _exchanges.Add(new RowExchange<T>(ranks, touched, [.. Embeddings.Where(e => e.Reads(touched))]));
        for (var i = 0; i < _exchanges.Count; i++)
            _exchanges[i].Run();
        for (var i = 0; i < Embeddings.Count; i++)
            Embeddings[i].Deferred?.CatchUpTouched();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetExchanges();
        _values.Dispose();
        _gradients.Dispose();
        foreach (var embedding in Embeddings)
            embedding.Dispose();
        foreach (var touched in _touched)
            touched.Dispose();
    }

    /// <summary>Those that hold the other parts of the tables, or null where all of them are here.</summary>
    internal IRanks? Sharers { get; }

    /// <summary>Whether touched rows are those of a batch that has not gone backward.</summary>
    internal bool AwaitsBackward => _found is not null;

    /// <summary>
    /// Before a batch reads the tables: brings deferred rows up to date, all of them unless the batch is one to train on, now or next.
    /// </summary>
    internal void BeginBatch(TableReader reader, int* ids, int* lists, int rows, bool isAhead)
    {
        _found = null;
        var isDeferred = false;
        for (var i = 0; i < Embeddings.Count; i++)
            isDeferred |= Embeddings[i].Deferred is not null;
        if (!isDeferred)
            return;
        if (!isAhead || !reader.HasGradients)
        {
            for (var i = 0; i < Embeddings.Count; i++)
                Embeddings[i].Deferred?.CatchUpAll();
            return;
        }

        FindTouched(reader, ids, lists, rows);
        _found = reader;
    }

    internal void BeginGradients(Workers workers) => workers.Run(_clear, _clear.Pieces);

    internal void EndGradients(TableReader reader, int* ids, int* lists, int rows)
    {
        if (!ReferenceEquals(_found, reader))
            FindTouched(reader, ids, lists, rows);
        _found = null;
        for (var i = 0; i < Embeddings.Count; i++)
            Embeddings[i].Collect(reader, ids, lists, rows);
    }

    private void FindTouched(TableReader reader, int* ids, int* lists, int rows)
    {
        for (var i = 0; i < _touched.Count; i++)
            _touched[i].Find(ids, lists, rows, reader.Workers);
        for (var i = 0; i < Embeddings.Count; i++)
            Embeddings[i].Deferred?.CatchUpTouched();
    }

    /// <summary>The rows that columns touch in batches of at most so many rows, shared by the tables they read.</summary>
    internal TouchedRows TouchedBy(IReadOnlyList<int> columns, RowNumbers numbers, int capacity)
    {
        var found = _touched.Find(t => t.Fits(columns, numbers, capacity));
        if (found is null)
            _touched.Add(found = new TouchedRows(Graph.Columns, columns, numbers, capacity, _ranks?.Count ?? 1));
        return found;
    }

    internal void Forget(TableReader reader)
    {
        if (ReferenceEquals(_found, reader))
            _found = null;
        foreach (var embedding in Embeddings)
            embedding.Sources.Remove(reader);
        Prune();
    }

    private void ForgetExchanges()
    {
        _exchanges.ForEach(e => e.Dispose());
        _exchanges.Clear();
    }

    /// <summary>Frees what no table uses any more.</summary>
    internal void Prune()
    {
        ForgetExchanges();
        for (var i = _touched.Count - 1; i >= 0; i--)
        {
            if (Embeddings.Any(e => e.Reads(_touched[i])))
                continue;
            _touched[i].Dispose();
            _touched.RemoveAt(i);
        }
    }

    private sealed class ClearJob(NativeBuffer<T> buffer) : IParallelJob
    {
        private const int Piece = 1 << 16;

        public int Pieces => checked((int)((buffer.Length + Piece - 1) / Piece));

        public void Run(int index, int worker)
        {
            var from = (long)index * Piece;
            buffer.Slice(from, (int)Math.Min(Piece, buffer.Length - from)).Clear();
        }
    }
}
