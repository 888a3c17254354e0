using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// A graph compiled for a largest batch: all memory is laid out once, and running it allocates nothing. The members' logits come out of
/// <see cref="Forward"/>; their gradients go into <see cref="Backward"/>.
/// </summary>
/// <typeparam name="T"><see cref="float"/> to train and score, <see cref="double"/> to check gradients.</typeparam>
public sealed unsafe class Program<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ValueMemory<T> _memory;
    private readonly Kernel?[] _kernels;
    private readonly PositionRows _positions;
    private readonly BatchIds? _batch; // of the last batch, where it has a backward pass
    private readonly TrainingOverrides _overrides;
    private readonly ProgramGuard<T>? _guard; // of the guarded build alone
    private Gemm[]? _workerGemms;
    private Step _step;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">With at least one output.</param>
    /// <param name="store">The parameters of the same graph.</param>
    /// <param name="kernels">What computes its operations.</param>
    /// <param name="capacity">The most rows of a batch, at least 1.</param>
    /// <param name="workers">The threads; the caller keeps owning them.</param>
    /// <param name="withGradients">False for a program that only computes logits.</param>
    /// <param name="gemm">Who multiplies matrices, the program's from now on; null for single precision.</param>
    /// <param name="ranks">Those that run it over other rows of the same batch while training, or null.</param>
    /// <exception cref="ArgumentException">The graph has no outputs, or an operation without a kernel.</exception>
    public Program(
        Graph graph, ParameterStore<T> store, KernelCatalogue<T> kernels, int capacity, Workers workers, bool withGradients = true,
        Gemm? gemm = null, IRanks? ranks = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (graph.Outputs.Count == 0)
            throw new ArgumentException("the graph has no outputs", nameof(graph));
        (Graph, Store, Capacity, Workers, Ranks) = (graph, store, capacity, workers, ranks);
        Reader = new TableReader(capacity, workers, withGradients);
        Gemm = gemm ?? new Gemm(workers);
        _kernels = new Kernel?[graph.Values.Count];
        _positions = new PositionRows(graph, capacity);
        _overrides = new TrainingOverrides(graph);
        _memory = new ValueMemory<T>(graph, capacity, withGradients);
        _batch = withGradients ? new BatchIds(graph, capacity) : null;
        _guard = MemoryGuard.IsOn ? new ProgramGuard<T>(this, _memory) : null;
        var masked = withGradients ? BufferPlan.Masked(graph, kernels.MasksGradients) : [];
        foreach (var value in graph.Values)
        {
            if (value.Operation is null || BufferPlan.IsView(value))
                continue;
            var targets = _memory.TargetsOf(value, masked);
            _guard?.AddOperation(value, targets);
            var binding = new Binding<T>(this, value, Gradient(value), masked.Contains(value), targets);
            _kernels[value.Index] = kernels.Bind(value, binding);
        }

        store.Prune();
        _positions.Meet(ranks);
    }

    /// <summary>What is computed.</summary>
    public Graph Graph { get; }

    /// <summary>The parameters it reads, and whose gradients it writes.</summary>
    public ParameterStore<T> Store { get; }

    /// <summary>The most rows of a batch.</summary>
    public int Capacity { get; }

    /// <summary>The threads it runs on.</summary>
    public Workers Workers { get; }

    /// <summary>Those that run it over other rows of the same batch while training, or null.</summary>
    public IRanks? Ranks { get; }

    /// <summary>The number of members: outputs of the graph.</summary>
    public int Members => Graph.Outputs.Count;

    /// <summary>Measures where the time goes, operation by operation; made for the same graph. Null, as a rule, for none.</summary>
    public KernelClock? Clock
    {
        get;
        set
        {
            field = value;
            Gemm.Clock = value?.Multiplies;
        }
    }

    /// <summary>
    /// Told of each value, in the order of the backward pass, that it has been left: the gradients of dense parameters that no operation
    /// before it has are complete. Null, as a rule, for no one.
    /// </summary>
    public Action<int>? Passed { get; set; }

    /// <summary>
    /// Members whose operations run as in scoring even while training: nothing drops, and batch norm reads its running statistics and
    /// leaves them as they are. Null for none. Operations that several members need are not affected.
    /// </summary>
    public IReadOnlySet<int>? FrozenMembers { get => _overrides.FrozenMembers; set => _overrides.FrozenMembers = value; }

    /// <summary>
    /// p in [0, 1) in the place of that of every operation that drops numbers while training; null, as a rule, leaves each its own.
    /// </summary>
    public double? Dropout { get => _overrides.Dropout; set => _overrides.Dropout = value; }

    /// <summary>
    /// Whether batch norm normalises by its running statistics while training too, and leaves them as they are; its γ and β are trained.
    /// </summary>
    public bool KeepsStatistics { get => _overrides.KeepsStatistics; set => _overrides.KeepsStatistics = value; }

    /// <summary>How far a batch moves batch norm's running statistics, in [0, 1]; null for its own, a tenth.</summary>
    public double? Momentum { get => _overrides.Momentum; set => _overrides.Momentum = value; }

    /// <summary>Whether training computes the logits that scoring does: nothing drops, and no statistics are those of the batch.</summary>
    public bool TrainsAsItScores => _overrides.TrainsAsItScores;

    /// <summary>
    /// What matrix multiplies of floats really round their operands to: fp32 where this machine lacks what was asked for.
    /// </summary>
    public Precision Precision => Gemm.Precision;

    /// <summary>Bytes held for activations, their gradients and the kernels' workspaces.</summary>
    public long Bytes => _memory.Bytes + (_batch?.Bytes ?? 0);

    internal Gemm Gemm { get; }

    /// <summary>One for each worker by itself, within a job that all share.</summary>
    internal IReadOnlyList<Gemm> WorkerGemms =>
        Workers.Threads == 1 ? [Gemm] : _workerGemms ??= [.. Enumerable.Range(0, Workers.Threads).Select(_ => Gemm.OfOne())];

    /// <summary>The kernel of the first operation whose name begins so, to measure it alone.</summary>
    internal Kernel KernelOf(string operation) =>
        _kernels[Graph.Values.First(v => v.Operation?.Name.StartsWith(operation, StringComparison.Ordinal) == true).Index]!;

    /// <summary>What its store knows of it.</summary>
    internal TableReader Reader { get; }

    /// <summary>The step of the last <see cref="Forward"/>, to measure a kernel alone.</summary>
    internal Step LastStep => _step;

    /// <summary>Computes the logits of a batch.</summary>
    /// <param name="ids">Global ids [B, F], row-major; more than B rows are passed over.</param>
    /// <param name="numeric">Numeric columns [B, N], likewise; empty where the graph has none.</param>
    /// <param name="step">How many rows, whether training, and the seed of the step.</param>
    /// <param name="lists">The lists that ids of list columns name, as <see cref="IdList"/> says; empty where the graph has none.</param>
    /// <exception cref="ArgumentException">There are fewer numbers than the rows need, or a list does not lie in <paramref
    /// name="lists"/>.</exception>
    public void Forward(ReadOnlySpan<int> ids, ReadOnlySpan<float> numeric, Step step, ReadOnlySpan<int> lists = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step.Rows, Capacity, nameof(step));
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Rows, Ranks is null ? 1 : 0, nameof(step));
        var (idCount, numericCount) = ((long)step.Rows * Graph.Columns.Count, (long)step.Rows * (Graph.Numeric?.Shape.Size ?? 0));
        if (ids.Length < idCount)
            throw new ArgumentException($"found {ids.Length} ids, expected {idCount} for {step.Rows} rows", nameof(ids));
        if (numeric.Length < numericCount)
            throw new ArgumentException($"found {numeric.Length} numbers, expected {numericCount} for {step.Rows} rows", nameof(numeric));
        BatchIds.RequireLists(Graph, ids, lists, step.Rows);
        if (_batch is not null)
        {
            _batch.Keep(ids, (int)idCount, lists, Workers);
            RunForward(_batch.Ids, _batch.Lists, numeric, step);
            return;
        }

        fixed (int* given = ids, givenLists = lists)
            RunForward(given, givenLists, numeric, step);
    }

    private void RunForward(int* ids, int* lists, ReadOnlySpan<float> numeric, Step step)
    {
        _step = step with { Ids = ids, Lists = lists, IsAhead = false, KeepsStatistics = KeepsStatistics, Momentum = Momentum };
        _positions.Find(_step);
        _guard?.BeginForward(_step);
        var clock = Clock;
        var pass = KernelClock.Start(clock);
        Store.BeginBatch(Reader, ids, lists, step.Rows, step.IsTraining || step.IsAhead);
        clock?.AddRowGradients(pass);
        if (Graph.Numeric is { } input)
        {
            var target = Data(input);
            var count = step.Rows * input.Shape.Size;
            for (var i = 0; i < count; i++)
                target[i] = T.CreateTruncating(numeric[i]);
        }

        for (var i = 0; i < _kernels.Length; i++)
        {
            if (_kernels[i] is not { } kernel || (IsIdle(i) && !MeetsRanks(kernel)))
                continue;
            var start = KernelClock.Start(clock);
            _guard?.BeforeForward(i);
            kernel.Forward(StepOf(i));
            _guard?.AfterForward(i);
            clock?.AddForward(i, start);
        }

        _guard?.EndForward();

        clock?.AddForwardPass(pass);
    }

    /// <summary>The logits of a member after <see cref="Forward"/>, [B].</summary>
    public Span<T> Logits(int member) => new(Data(Graph.Outputs[member]), _step.Rows);

    /// <summary>Where the gradient of the loss by a member's logits goes before <see cref="Backward"/>, [B].</summary>
    public Span<T> LogitGradients(int member) => new(Gradient(Graph.Outputs[member]), _step.Rows);

    /// <summary>
    /// Computes the gradients of all parameters from <see cref="LogitGradients"/> of every member, over the batch of the last
    /// <see cref="Forward"/>. They replace those of the step before.
    /// </summary>
    public void Backward()
    {
        var clock = Clock;
        var pass = KernelClock.Start(clock);
        _guard?.BeginBackward();
        Store.BeginGradients(Workers);
        for (var i = _kernels.Length - 1; i >= 0; i--)
        {
            if (_memory.Gradient(i) != null && _kernels[i] is { } kernel && (!IsIdle(i) || MeetsRanks(kernel)))
            {
                var start = KernelClock.Start(clock);
                _guard?.BeforeBackward(i);
                kernel.Backward(StepOf(i));
                _guard?.AfterBackward(i);
                clock?.AddBackward(i, start);
            }

            Passed?.Invoke(i);
        }

        var collection = KernelClock.Start(clock);
        Store.EndGradients(Reader, _step.Ids, _step.Lists, _step.Rows);
        _guard?.EndBackward();
        clock?.AddRowGradients(collection);
        clock?.AddBackwardPass(pass);
    }

    /// <summary>The numbers of any value after <see cref="Forward"/>, for diagnosis: [B, …], or [N, …] at positions.</summary>
    public ReadOnlySpan<T> Activations(Value value) => new(Data(value), checked(RowsOf(value) * value.Shape.Size));

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Forget(Reader);
        foreach (var gemm in _workerGemms ?? [])
            gemm.Dispose();
        Gemm.Dispose();
        _batch?.Dispose();
        _positions.Dispose();
        _memory.Dispose();
    }

    private Step StepOf(int value)
    {
        var (isFrozen, at) = (_overrides.IsFrozen(value), _positions.Of(value));
        return isFrozen || at is not null
            ? new Step(at?.Rows ?? _step.Rows, _step.IsTraining && !isFrozen, _step.Seed)
            {
                First = at?.First ?? _step.First,
                Ids = _step.Ids,
                Lists = _step.Lists,
                KeepsStatistics = KeepsStatistics,
                Momentum = Momentum,
            }
            : _step;
    }

    // Others may have rows where this rank has none.
    private bool MeetsRanks(Kernel kernel) => Ranks is not null && _step.IsTraining && kernel.MeetsRanks;

    private bool IsIdle(int value) => _step.Rows == 0 || _positions.IsIdle(value);

    /// <summary>Rows of a value in the batch under way.</summary>
    internal int RowsOf(Value value) => _positions.Of(value.Index)?.Rows ?? _step.Rows;

    /// <summary>Where rows lie, of all positions that values have rows for.</summary>
    internal IReadOnlyList<Segments> AllSegments => _positions.All;

    /// <summary>Where the rows of impressions lie among those of positions.</summary>
    internal Segments SegmentsOf(Positions at) => _positions.At(at);

    internal T* Data(Value value) => _memory.Data(value.Index);

    /// <summary>Where a value's gradient lies, or null.</summary>
    internal T* Gradient(Value value) => _memory.Gradient(value.Index);

    /// <summary>A share of numbers to drop, which <see cref="Dropout"/> may replace.</summary>
    internal DropRate DropRateOf(double own) => _overrides.RateOf(own);

    /// <summary>Memory that lives as long as the program.</summary>
    internal T* Allocate(long length, MemoryContent content = MemoryContent.Unwritten) => _memory.Allocate(length, content);
}
