using System.Numerics;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// Changes the parameters of a store by their gradients: dense parameters and embedding tables in one fused pass each. A step allocates
/// nothing, and its result is the same to the last bit whatever the number of threads.
/// </summary>
/// <typeparam name="T">The element, <see cref="float"/> or <see cref="double"/>.</typeparam>
public sealed unsafe class Optimizer<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly OptimizerOptions _options;
    private readonly Workers _workers;
    private readonly List<(string Name, NativeBuffer<T> Buffer)> _state = [];
    private readonly UpdatePass<T> _update;
    private readonly GradientNorm<T>? _norm;

    /// <summary>Lays out the rule's state for what is trained.</summary>
    /// <param name="store">The parameters; parameters and tables of frozen members, and those that are not trained, stay as they
    /// are.</param>
    /// <param name="options">Checked here.</param>
    /// <param name="workers">The threads; the caller keeps owning them.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Optimizer(ParameterStore<T> store, OptimizerOptions options, Workers workers)
        : this(store, options, workers, [])
    {
    }

    private Optimizer(
        ParameterStore<T> store, OptimizerOptions options, Workers workers, IReadOnlyList<(string Name, NativeBuffer<T> Buffer)> kept)
    {
        options.Validate();
        (Store, _options, _workers) = (store, options, workers);
        var tables = store.Embeddings.Where(e => e.Table.IsTrained && !options.IsFrozen(e.Table.Member)).ToArray();
        var blocks = DenseBlocks(store, options);
        var regions = new Region<T>[tables.Length + 1];
        if (blocks.Length > 0)
            regions[0] = AddRegion("dense", store.DenseValues, options.DenseL2, isTable: false, kept);
        for (var i = 0; i < tables.Length; i++)
            regions[i + 1] = AddRegion(tables[i].Table.Name, tables[i].Values, options.EmbeddingL2, isTable: true, kept);

        // Without a regulariser the rows that no one touched add nothing to the norm.
        var tracksSquares = options is { MaxGradientNorm: not null, EmbeddingL2: > 0 }
            && options.EmbeddingUpdate != EmbeddingUpdate.Touched;
        var layout = new PassLayout<T>(regions, blocks, tables, options.EmbeddingUpdate, options.EmbeddingL2, tracksSquares, workers)
        {
            EmbeddingRate = options.EmbeddingRate,
        };
        if (options.AverageDecay > 0)
            Average = layout.Average = new MovingAverage<T>(options.AverageDecay, store, layout);
        else if (options.KeepsMean)
            Average = new WeightAverage<T>(store, tables, workers);
        _state.AddRange(Average?.State ?? []);
        _update = options.Rule.Compile(store, layout);
        if (options.MaxGradientNorm is not null)
            _norm = new GradientNorm<T>(store, layout);
    }

    /// <summary>The parameters it changes.</summary>
    public ParameterStore<T> Store { get; }

    /// <summary>The average of the weights that is kept beside them, or null.</summary>
    public WeightAverage<T>? Average { get; }

    /// <summary>How many steps were made; a resumed run sets it along with <see cref="State"/>.</summary>
    public long Steps { get; set; }

    /// <summary>
    /// The norm of the last step's gradient before it was clipped, regularisers included; NaN where nothing clips. Of deferred rows the
    /// regulariser counts what was last known, as long as that cannot make a difference to clipping.
    /// </summary>
    public double LastGradientNorm { get; private set; } = double.NaN;

    /// <summary>
    /// What a checkpoint must hold besides <see cref="Steps"/>, each under the rule's name and that of what is trained:
    /// <c>adam.m/dense</c>, <c>adam.v/embedding</c>. Dense state has the layout of <see cref="ParameterStore{T}.DenseValues"/>.
    /// </summary>
    /// <remarks>
    /// The average's numbers stand there, too, as <c>average/dense</c>. Deferred rows are brought up to date when this is read; ask for it
    /// anew after further steps.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The average stands in the weights' place.</exception>
    public IReadOnlyList<(string Name, NativeBuffer<T> Buffer)> State
    {
        get
        {
            Average?.ThrowIfExchanged();
            _update.Deferral?.CatchUpAll();
            return _state;
        }
    }

    /// <summary>
    /// What a checkpoint must hold from which training goes on as if there had been none, besides <see cref="Steps"/> and the rows as
    /// <see cref="EmbeddingTable{T}.Standing"/> gives them: the state, and of rows that are behind and stay so what they have missed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The average stands in the weights' place.</exception>
    public IReadOnlyList<KeptState<T>> Kept
    {
        get
        {
            if (_update.Deferral is not { IsDivisible: false } deferral)
                return [.. State.Select(s => new KeptState<T>(s.Name, s.Buffer, IsSpare: false))];
            Average?.ThrowIfExchanged();
            return
            [
                .. _state.Select(s => new KeptState<T>(s.Name, s.Buffer, IsSpare: false)),
                .. deferral.State.Select(s => new KeptState<T>(s.Name, s.Buffer, !deferral.IsBehind)),
            ];
        }
    }

    /// <summary>Bytes held for state and workspaces.</summary>
    public long Bytes => _state.Sum(s => s.Buffer.Length * sizeof(T)) + _update.Bytes + (_norm?.Bytes ?? 0) + (Average?.WorkBytes ?? 0);

    /// <summary>Changes every trained number by the gradients of the last backward pass.</summary>
    /// <param name="learningRate">η, at least 0; that of tables is so many times <see cref="OptimizerOptions.EmbeddingRate"/>.</param>
    /// <exception cref="NotFiniteNumberException">Gradients are clipped and their norm is infinite or not a number; nothing was
    /// changed.</exception>
    /// <exception cref="InvalidOperationException">Rows are deferred and a training batch went forward without its backward pass: there are
    /// no gradients for its rows.</exception>
    public void Step(double learningRate)
    {
        if (!(learningRate >= 0) || !double.IsFinite(learningRate))
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "expected a finite number of at least 0");
        if (_update.Deferral is not null && Store.AwaitsBackward)
            throw new InvalidOperationException("a training batch went forward but not backward: its rows have no gradients to step by");
        Average?.ThrowIfExchanged();
        var scale = 1.0;
        if (_norm is not null)
        {
            LastGradientNorm = _norm.Compute(_options.MaxGradientNorm!.Value, _update.Deferral, _options.Rule.Reach);
            if (!double.IsFinite(LastGradientNorm))
                throw new NotFiniteNumberException(
                    $"step {Steps + 1}: the norm of the gradient is {LastGradientNorm}, expected a finite number", LastGradientNorm);
            scale = Math.Min(1, _options.MaxGradientNorm.Value / (LastGradientNorm + 1e-6));
        }

        Steps++;
        var squares = _update.Run(learningRate, Steps, scale);
        _norm?.Updated(squares);
    }

    /// <summary>
    /// One that goes on with this one's state and steps under other regularisers, and takes its place; this one where they are the same.
    /// </summary>
    /// <param name="embeddingL2">λ of every table.</param>
    /// <param name="denseL2">λ of dense parameters.</param>
    public Optimizer<T> With(double embeddingL2, double denseL2)
    {
        if (embeddingL2 == _options.EmbeddingL2 && denseL2 == _options.DenseL2)
            return this;
        var state = State.ToArray(); // with no row behind
        _state.Clear();
        Dispose();
        var next = new Optimizer<T>(Store, _options with { EmbeddingL2 = embeddingL2, DenseL2 = denseL2 }, _workers, state)
        {
            Steps = Steps,
        };
        // An average begins anew with each phase, and so is not kept.
        foreach (var (_, buffer) in state.Where(s => next._state.TrueForAll(n => n.Buffer != s.Buffer)))
            buffer.Dispose();
        return next;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _update.Dispose();
        _norm?.Dispose();
        foreach (var (_, buffer) in _state)
            buffer.Dispose();
    }

    // Neighbouring parameters that are all trained make one stretch, gaps included: those are zero and stay so.
    private static DenseBlock[] DenseBlocks(ParameterStore<T> store, OptimizerOptions options)
    {
        var blocks = new List<DenseBlock>();
        for (var i = 0; i < store.Slots.Count; i++)
        {
            if (!IsTrained(store.Slots[i].Parameter))
                continue;
            var start = store.Slots[i].Offset;
            while (i + 1 < store.Slots.Count && IsTrained(store.Slots[i + 1].Parameter))
                i++;
            var end = i + 1 < store.Slots.Count ? store.Slots[i + 1].Offset : store.DenseValues.Length;
            for (; start < end; start += PassLayout<T>.BlockLength)
                blocks.Add(new DenseBlock(start, (int)Math.Min(PassLayout<T>.BlockLength, end - start)));
        }

        return [.. blocks];

        bool IsTrained(Parameter parameter) => parameter.IsTrained && !options.IsFrozen(parameter.Member);
    }

    private Region<T> AddRegion(
        string name, NativeBuffer<T> values, double l2, bool isTable, IReadOnlyList<(string Name, NativeBuffer<T> Buffer)> kept)
    {
        var states = new NativeBuffer<T>?[2];
        for (var i = 0; i < _options.Rule.StateNames.Count; i++)
        {
            var whole = $"{_options.Rule.StateNames[i]}/{name}";
            states[i] = kept.FirstOrDefault(k => k.Name == whole).Buffer ?? NewState(values.Length);
            _state.Add((whole, states[i]!));
        }

        return new Region<T>
        {
            Values = values.Pointer,
            First = states[0] is { } first ? first.Pointer : null,
            Second = states[1] is { } second ? second.Pointer : null,
            L2 = T.CreateTruncating(l2),
            IsTable = isTable,
        };
    }

    private NativeBuffer<T> NewState(long length)
    {
        var buffer = new NativeBuffer<T>(length);
        if (_options.Rule.InitialState != 0)
            for (long i = 0; i < length; i++)
                buffer.Pointer[i] = T.CreateTruncating(_options.Rule.InitialState);
        return buffer;
    }
}
