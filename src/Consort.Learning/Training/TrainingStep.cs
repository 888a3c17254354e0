using System.Diagnostics;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Shards;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Ranks;
using Consort.Learning.Checkpoints;
using Consort.Learning.Ranks;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Learning.Training;

/// <summary>When the parts of a step ended, in ticks of <see cref="Stopwatch"/>.</summary>
/// <param name="Start">When it began, its batch at hand.</param>
/// <param name="Forward">Logits and probabilities, peers' too; teachers' logits are read.</param>
/// <param name="Loss">The strategy's terms and their gradient by the logits.</param>
/// <param name="Backward">The gradients of all parameters.</param>
/// <param name="Exchange">Those of all ranks.</param>
/// <param name="Update">The weights.</param>
public readonly record struct StepTicks(long Start, long Forward, long Loss, long Backward, long Exchange, long Update);

/// <summary>
/// The one training step: forward, strategy, backward, exchange, update. What trains, probes or measures a step uses it; it knows neither
/// architectures nor how members teach each other. A step allocates nothing.
/// </summary>
public sealed class TrainingStep : IDisposable
{
    private readonly Family _family;
    private readonly TrainingOptions _options;
    private readonly Workers _workers;
    private readonly CountedRanks? _ranks;
    private readonly IGradientExchange _exchange;
    private readonly double _shift;
    private TeacherLogits? _teachers;
    private Strategy? _strategy;
    private IReadOnlySet<int>? _frozen;
    private OptimizerOptions _optimizerOptions;
    private Optimizer<float>? _optimizer;
    private double[] _terms = [];

    /// <summary>Lays out a family's parameters and compiles it; the weights are not set yet.</summary>
    /// <param name="family">What is trained.</param>
    /// <param name="space">The columns of the data.</param>
    /// <param name="options">Batch size, optimizer, precision.</param>
    /// <param name="workers">The threads; the caller keeps owning them.</param>
    /// <param name="vectors">Gives pretrained vectors when the weights are initialized, or null.</param>
    /// <param name="exchange">Between ranks; null for one machine.</param>
    /// <param name="shift">As <see cref="LogitPass.Shift"/>.</param>
    /// <exception cref="ConsortException">The family does not fit the columns.</exception>
    public TrainingStep(
        Family family, FeatureSpace space, TrainingOptions options, Workers workers, VectorSource? vectors = null,
        IGradientExchange? exchange = null, double shift = 0)
        : this(family, space, options, workers, vectors, shift, ranks: null) => _exchange = exchange ?? _exchange;

    /// <summary>One of several ranks that make the step together, each with its share of the batch.</summary>
    internal TrainingStep(
        Family family, FeatureSpace space, TrainingOptions options, Workers workers, VectorSource? vectors, double shift, IRanks? ranks,
        RankOptions? sharing = null)
    {
        sharing ??= new RankOptions();
        (_family, _options, _workers, _shift) = (family, options, workers, shift);
        _ranks = ranks is null ? null : new CountedRanks(ranks, sharing.Wire);
        _optimizerOptions = options.Optimizer;
        var whole = family.Build(space, vectors);
        var share = (options.BatchSize + (ranks?.Count ?? 1) - 1) / (ranks?.Count ?? 1);
        var graph = sharing.ShardsTables ? family.Build(ShardSpaces.OfBatch(space, share)) : whole;
        ParameterCount = whole.ParameterCount;
        Store = new ParameterStore<float>(graph, _ranks);
        Program = new Program<float>(
            graph, Store, OperationKernels.Of<float>(), share, workers,
            gemm: Multiplies.Of(workers, options.Precision, options.MatrixLibrary), ranks: _ranks);
        if (sharing.ShardsTables)
            Shards = new TableShards<float>(_ranks!, whole, family.Build(ShardSpaces.OfRank(space, _ranks!.Count)), Program);
        Pass = NewPass(teachers: null, readsPeers: false);
        if (_ranks is null)
        {
            _exchange = new NoExchange();
            return;
        }

        var exchange = new RankExchange(_ranks, Store, Shards);
        _exchange = exchange;
        if (sharing.Overlaps)
            Program.Passed = exchange.Passed;
    }

    /// <summary>The weights and their gradients; where tables are dealt out, of these a batch's rows alone.</summary>
    public ParameterStore<float> Store { get; }

    /// <summary>The family, compiled.</summary>
    public Program<float> Program { get; }

    /// <summary>The logits of the last batch, and the pass that measures.</summary>
    public LogitPass Pass { get; private set; }

    /// <summary>What <see cref="Open"/> made or kept.</summary>
    public Optimizer<float> Optimizer => _optimizer ?? throw new InvalidOperationException("no phase is open");

    /// <summary>The loss terms of the last step, as <see cref="Strategy.TermNames"/> names them.</summary>
    public ReadOnlySpan<double> Terms => _terms;

    /// <summary>Where the time of the last step went.</summary>
    public StepTicks Ticks { get; private set; }

    /// <summary>Those that make the step together, or null.</summary>
    internal IRanks? Ranks => _ranks;

    /// <summary>The tables where each rank has a part of them; else null.</summary>
    internal TableShards<float>? Shards { get; }

    /// <summary>Numbers that are trained, those of all ranks.</summary>
    internal long ParameterCount { get; }

    /// <summary>What steps have cost on the wire.</summary>
    internal RankTraffic Traffic { get; private set; }

    /// <summary>Begins a phase. Its optimizer is the one that is there, or a fresh one.</summary>
    /// <param name="strategy">How members learn.</param>
    /// <param name="frozen">Members whose own weights stand still; −1 stands for what members share; null for none.</param>
    /// <param name="teachers">What teachers say of the rows, disposed of here; null for none.</param>
    /// <param name="overrides">What holds in the phase in the place of what members and options say; null for nothing.</param>
    public void Open(
        Strategy strategy, IReadOnlySet<int>? frozen = null, TeacherLogits? teachers = null, PhaseOverrides? overrides = null)
    {
        overrides ??= PhaseOverrides.None;
        _teachers?.Dispose();
        _teachers = teachers;
        (Program.FrozenMembers, Program.Dropout) = (frozen, overrides.Dropout);
        (Program.KeepsStatistics, Program.Momentum) = (overrides.BatchNorm == NormStatistics.Stay, overrides.BatchNormMomentum);
        (_strategy, _terms, _frozen) = (strategy, new double[strategy.TermNames.Count], frozen);
        strategy.Open(teachers?.Teachers ?? 0);
        Pass = NewPass(_teachers, strategy.ReadsPeersAsScored);
        _optimizerOptions = OptionsOf(frozen, overrides);
        _optimizer = _optimizer?.With(_optimizerOptions.EmbeddingL2, _optimizerOptions.DenseL2) ?? NewOptimizer(_optimizerOptions);
    }

    /// <summary>Draws the rows of all tables that are trained anew, and begins with a fresh optimizer; dense weights stay.</summary>
    /// <param name="seed">What they are drawn by.</param>
    public void RenewEmbeddings(ulong seed)
    {
        ForgetOptimizer();
        if (Shards is null)
            Store.InitializeTables(seed, IsRenewed, _workers);
        else
            Shards.Whole.Initialize(seed, IsRenewed);
        _optimizer = NewOptimizer(_optimizerOptions);

        bool IsRenewed(Table table) => table.IsTrained && _frozen?.Contains(table.Member) != true;
    }

    /// <summary>Draws all weights.</summary>
    internal void Initialize(ulong seed)
    {
        Store.Initialize(seed, _workers);
        Shards?.Whole.Initialize(seed, _ => true);
    }

    /// <summary>Learns from a batch.</summary>
    /// <param name="batch">At most as many rows as the options say.</param>
    /// <param name="seed">What dropout draws from.</param>
    /// <param name="rate">The learning rate.</param>
    /// <exception cref="NotFiniteNumberException">Gradients are clipped and their norm is not finite; no weight was changed.</exception>
    public void Run(Batch batch, ulong seed, double rate)
    {
        var start = Stopwatch.GetTimestamp();
        var (bytes, calls, seconds) = (_ranks?.Bytes ?? 0, _ranks?.Calls ?? 0, _ranks?.Seconds ?? 0);
        if (_strategy!.ReadsPeersAsScored)
            Pass.ReadPeers(batch);
        Pass.Run(batch, isTraining: true, seed);
        var forward = Stopwatch.GetTimestamp();
        _strategy.Apply(Pass.Logits, _terms);
        Pass.Logits.WeighGradients();
        var loss = Stopwatch.GetTimestamp();
        Pass.Backward();
        var backward = Stopwatch.GetTimestamp();
        _exchange.Exchange(Store, batch.Rows, _terms);
        var exchange = Stopwatch.GetTimestamp();
        Optimizer.Step(rate);
        if (_ranks is not null)
            Traffic = Traffic.With(_ranks.Bytes - bytes, _ranks.Calls - calls, _ranks.Seconds - seconds);
        Ticks = new StepTicks(start, forward, loss, backward, exchange, Stopwatch.GetTimestamp());
    }

    /// <summary>Reads weights and the state of an optimizer that a phase with these frozen members and overrides had.</summary>
    /// <returns>The state of the run.</returns>
    /// <exception cref="ConsortException">The file is damaged or of another family.</exception>
    public string Load(string checkpoint, IReadOnlySet<int>? frozen, PhaseOverrides? overrides = null)
    {
        ForgetOptimizer();
        return LoadWeights(checkpoint, _optimizer = NewOptimizer(OptionsOf(frozen, overrides ?? PhaseOverrides.None)));
    }

    /// <summary>Reads weights, and the state of an optimizer unless null. Of several ranks, rank 0 reads and tells the others.</summary>
    internal string LoadWeights(string checkpoint, Optimizer<float>? optimizer) => _ranks is null
        ? Checkpoint.Load(checkpoint, Tensors(optimizer)) : RankWeights.Load(_ranks, checkpoint, Tensors(optimizer));

    /// <summary>What a checkpoint has of the weights, and of an optimizer unless null.</summary>
    internal List<WeightTensor> Tensors(Optimizer<float>? optimizer) =>
        Shards is null ? WeightTensor.Of(Store, optimizer) : RankWeights.Of(Shards, Store, optimizer);

    /// <summary>Leaves the next phase to begin with a fresh optimizer.</summary>
    public void ForgetOptimizer()
    {
        _optimizer?.Dispose();
        _optimizer = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetOptimizer();
        _teachers?.Dispose();
        (_exchange as RankExchange)?.Dispose();
        Shards?.Dispose();
        Program.Dispose();
        Store.Dispose();
    }

    private OptimizerOptions OptionsOf(IReadOnlySet<int>? frozen, PhaseOverrides overrides) => _options.OptimizerWithout(frozen) with
    {
        EmbeddingL2 = overrides.EmbeddingL2 ?? _options.Optimizer.EmbeddingL2,
        DenseL2 = overrides.DenseL2 ?? _options.Optimizer.DenseL2,
    };

    private LogitPass NewPass(TeacherLogits? teachers, bool readsPeers) =>
        new(Program, _family.Fusion, teachers, readsPeers, _options.BatchSize, Shards) { Shift = _shift };

    private Optimizer<float> NewOptimizer(OptimizerOptions options) => new(Shards?.Own ?? Store, options, _workers);
}
