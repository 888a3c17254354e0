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
public sealed unsafe partial class Program<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<NativeBuffer<T>> _buffers = [];
    private readonly List<DropRate> _dropRates = [];
    private readonly T*[] _data;
    private readonly T*[] _gradients;
    private readonly Kernel?[] _kernels;
    private readonly int[] _owners;
    private readonly NativeBuffer<int>? _ids; // [B, F] of the last batch, for its backward pass
    private readonly NativeBuffer<int>? _lists; // its lists
    private readonly List<Segments> _segments = []; // of all positions that values have rows for
    private readonly Segments?[] _at; // of each value
    private readonly ProgramGuard<T>? _guard; // of the guarded build alone
    private readonly PositionPlaces? _places; // among those of all ranks
    private Gemm[]? _workerGemms;
    private readonly CopyJob _copy = new();
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
        _data = new T*[graph.Values.Count];
        _gradients = new T*[graph.Values.Count];
        _kernels = new Kernel?[graph.Values.Count];
        _owners = MemberOwners.Of(graph);
        _at = [.. graph.Values.Select(v => v.At is null ? null : SegmentsOf(v.At))];

        if (MemoryGuard.IsOn)
            _guard = new ProgramGuard<T>(this, _buffers);
        if (withGradients)
        {
            _ids = new NativeBuffer<int>((long)capacity * graph.Columns.Count, MemoryContent.Unwritten);
            _lists = graph.ListRoom == 0 ? null : new NativeBuffer<int>((long)capacity * graph.ListRoom, MemoryContent.Unwritten);
        }

        var plan = new BufferPlan(graph, withGradients);
        var masked = withGradients ? BufferPlan.Masked(graph, kernels.MasksGradients) : [];
        foreach (var value in graph.Values)
            _data[value.Index] = BufferPlan.IsView(value)
                ? _data[value.Inputs[0].Index]
                : Allocate((long)capacity * value.Most * value.Shape.Size);
        if (withGradients)
        {
            // Whole cache lines for every value, whatever the batch.
            long stride = (capacity + 15) & ~15;
            var arena = Allocate(plan.GradientSize * stride);
            foreach (var value in graph.Values)
                if (plan.GradientOffset(value) is { } offset)
                    _gradients[value.Index] = arena + (offset * stride);
            _guard?.AddArena(arena, plan.GradientSize * stride, stride);
        }

        foreach (var value in graph.Values)
        {
            if (value.Operation is null || BufferPlan.IsView(value))
                continue;
            var targets = new GradientTarget<T>[value.Inputs.Count];
            for (var i = 0; i < targets.Length; i++)
            {
                var input = value.Inputs[i];
                targets[i] = new GradientTarget<T>(_gradients[input.Index], plan.Accumulates(value, i),
                    masked.Contains(input) ? _data[input.Index] : null);
            }

            _guard?.AddOperation(value, targets);
            var binding = new Binding<T>(this, value, _gradients[value.Index], masked.Contains(value), targets);
            _kernels[value.Index] = kernels.Bind(value, binding);
        }

        store.Prune();
        _places = ranks is null || _segments.Count == 0 ? null : new PositionPlaces(ranks, _segments);
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
    /// What matrix multiplies of floats really round their operands to: fp32 where this machine lacks what was asked for.
    /// </summary>
    public Precision Precision => Gemm.Precision;

    /// <summary>Bytes held for activations, their gradients and the kernels' workspaces.</summary>
    public long Bytes => _buffers.Sum(b => b.Length * sizeof(T)) + (sizeof(int) * ((_ids?.Length ?? 0) + (_lists?.Length ?? 0)));

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
        RequireLists(ids, lists, step.Rows);
        if (_ids is not null)
        {
            // Whoever gave them may use his memory for something else before the backward pass.
            fixed (int* given = ids)
                _copy.Run(Workers, given, _ids.Pointer, (int)idCount);
            if (_lists is not null)
                lists.CopyTo(_lists.Slice(0, lists.Length));
            RunForward(_ids.Pointer, _lists is null ? null : _lists.Pointer, numeric, step);
            return;
        }

        fixed (int* given = ids, givenLists = lists)
            RunForward(given, givenLists, numeric, step);
    }

    // A place or a length that is wrong would lead anywhere in memory.
    private void RequireLists(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int rows)
    {
        var columns = Graph.Columns;
        if (_lists is not null && lists.Length > _lists.Length)
            throw new ArgumentException($"found {lists.Length} numbers of lists, expected at most {_lists.Length}", nameof(lists));
        for (var column = 0; column < columns.Count; column++)
        {
            if (columns[column].List is not { } list)
                continue;
            for (var row = 0; row < rows; row++)
            {
                var place = ids[(row * columns.Count) + column];
                if ((uint)place >= (uint)lists.Length || (uint)lists[place] > (uint)list.MaxLength
                    || lists.Length - place < list.RoomOf(lists[place]))
                    throw new ArgumentException(
                        $"row {row}, column {column}: found a list at {place}, expected at most {list.MaxLength} ids within {lists.Length} numbers",
                        nameof(lists));
            }
        }
    }

    private void RunForward(int* ids, int* lists, ReadOnlySpan<float> numeric, Step step)
    {
        _step = step with { Ids = ids, Lists = lists, IsAhead = false, KeepsStatistics = KeepsStatistics, Momentum = Momentum };
        foreach (var segments in _segments)
            segments.Find(ids, lists, step.Rows);
        if (step.IsTraining)
            _places?.Find();
        _guard?.BeginForward(_step);
        var clock = Clock;
        var pass = KernelClock.Start(clock);
        Store.BeginBatch(Reader, ids, lists, step.Rows, step.IsTraining || step.IsAhead);
        clock?.AddRowGradients(pass);
        if (Graph.Numeric is { } input)
        {
            var target = _data[input.Index];
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
    public Span<T> Logits(int member) => new(_data[Graph.Outputs[member].Index], _step.Rows);

    /// <summary>Where the gradient of the loss by a member's logits goes before <see cref="Backward"/>, [B].</summary>
    public Span<T> LogitGradients(int member) => new(_gradients[Graph.Outputs[member].Index], _step.Rows);

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
            if (_gradients[i] != null && _kernels[i] is { } kernel && (!IsIdle(i) || MeetsRanks(kernel)))
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
    public ReadOnlySpan<T> Activations(Value value) => new(_data[value.Index], checked(RowsOf(value) * value.Shape.Size));

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Forget(Reader);
        foreach (var gemm in _workerGemms ?? [])
            gemm.Dispose();
        Gemm.Dispose();
        _ids?.Dispose();
        _lists?.Dispose();
        foreach (var segments in _segments)
            segments.Dispose();
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    private Step StepOf(int value)
    {
        var isFrozen = FrozenMembers is { Count: > 0 } frozen && frozen.Contains(_owners[value]) && _owners[value] >= 0;
        return isFrozen || _at[value] is not null
            ? new Step(_at[value]?.Rows ?? _step.Rows, _step.IsTraining && !isFrozen, _step.Seed)
            {
                First = _at[value]?.First ?? _step.First,
                Ids = _step.Ids,
                Lists = _step.Lists,
                KeepsStatistics = KeepsStatistics,
                Momentum = Momentum,
            }
            : _step;
    }

    // Others may have rows where this rank has none.
    private bool MeetsRanks(Kernel kernel) => Ranks is not null && _step.IsTraining && kernel.MeetsRanks;

    // A value without rows, computed from such: whoever leads to it from impressions has their gradients to write.
    private bool IsIdle(int value)
    {
        if (_step.Rows == 0)
            return true;
        if (_at[value] is not { Rows: 0 })
            return false;
        var inputs = Graph.Values[value].Inputs;
        for (var i = 0; i < inputs.Count; i++)
            if (inputs[i].At is null)
                return false;
        return true;
    }

    /// <summary>Rows of a value in the batch under way.</summary>
    internal int RowsOf(Value value) => _at[value.Index]?.Rows ?? _step.Rows;

    /// <summary>Where rows lie, of all positions that values have rows for.</summary>
    internal IReadOnlyList<Segments> AllSegments => _segments;

    /// <summary>Where the rows of impressions lie among those of positions.</summary>
    internal Segments SegmentsOf(Positions at)
    {
        if (_segments.Find(s => s.Of == at) is { } known)
            return known;
        var segments = new Segments(at, Graph.Columns, Capacity);
        _segments.Add(segments);
        return segments;
    }

    internal T* Data(Value value) => _data[value.Index];

    /// <summary>Where a value's gradient lies, or null.</summary>
    internal T* Gradient(Value value) => _gradients[value.Index];

    /// <summary>A share of numbers to drop, which <see cref="Dropout"/> may replace.</summary>
    internal DropRate DropRateOf(double own)
    {
        var rate = new DropRate(own);
        _dropRates.Add(rate);
        return rate;
    }

    /// <summary>Memory that lives as long as the program.</summary>
    internal T* Allocate(long length, MemoryContent content = MemoryContent.Unwritten)
    {
        var buffer = new NativeBuffer<T>(length, content);
        _buffers.Add(buffer);
        return buffer.Pointer;
    }
}
