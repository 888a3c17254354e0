using System.Diagnostics;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Benchmarks;

/// <summary>A family set up as the trainer does it, whose steps are timed one by one.</summary>
internal sealed class StepRun : IDisposable
{
    private const double LearningRate = 1e-3;
    public const int LoadedBatches = 64;
    private const int PeakRounds = 150; // longer than neighbours hold a processor
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1); // the runtime compiles hot code again in the background

    private readonly long _memoryBefore = MemoryUse.Now();
    private readonly StepOptions _options;
    private readonly Strategy _strategy;
    private readonly Workers _workers;
    private readonly ZipfSplit _rows;
    private readonly BatchLoader _loader;
    private readonly BatchLoader _evaluationLoader; // rows in their order
    private readonly ParameterStore<float> _store;
    private readonly Program<float> _program;
    private readonly LogitPass _pass;
    private readonly Optimizer<float> _optimizer;
    private readonly ConsortEvaluator _evaluator;
    private readonly KernelClock _clock;
    private readonly FmaPeak _fmaPeak;
    private readonly FmaPeak _peak; // of the precision
    private readonly StepKind[] _kinds; // of each value
    private readonly long[] _marks = new long[6];
    private readonly double[] _terms = new double[16];
    private int _epoch;
    private ulong _step;

    public StepRun(StepOptions options)
    {
        _options = options;
        _strategy = StrategyCatalogue.Create(OptionMap.Parse($"name: {options.Strategy}", "step"));
        _workers = new Workers(options.Threads);
        _rows = new ZipfSplit(options.Vocabulary, options.Batch, LoadedBatches);
        _loader = new BatchLoader(_rows.Split, new LoaderOptions(options.Batch, Shuffle: true, Seed: 1));
        _evaluationLoader = new BatchLoader(_rows.Split, new LoaderOptions(options.Batch));
        Graph graph = GraphOf(options, _rows.Space);
        _store = new ParameterStore<float>(graph);
        _store.Initialize(1, _workers);
        _program = new Program<float>(graph, _store, OperationKernels.Of<float>(), options.Batch, _workers, gemm: Multiplies.Of(_workers, options.Precision));
        _pass = new LogitPass(_program);
        _optimizer = new Optimizer<float>(_store, new OptimizerOptions { EmbeddingUpdate = options.Update }, _workers);
        _evaluator = new ConsortEvaluator(options.Members, _strategy.Fusion);
        _clock = new KernelClock(graph);
        _fmaPeak = FmaPeak.Of(_workers, Precision.Fp32);
        _peak = FmaPeak.Of(_workers, _program.Precision);
        _kinds = [.. graph.Values.Select(v => v.Operation is { } operation ? StepKinds.Of(operation) : StepKind.Elementwise)];
    }

    /// <summary>
    /// Measures the peak, then steps with and without the clock in turn, so that neighbours disturb both alike, then
    /// evaluation, then the peak again. An understated peak would flatter the step, so the peak is looked for often.
    /// </summary>
    public StepResult Measure()
    {
        double peak = Peak(out double processorPeak);
        var plain = new double[_options.Steps];
        var evaluation = new double[_options.Steps];
        double[][] kinds = [.. Enumerable.Range(0, StepKinds.Count).Select(_ => new double[_options.Steps])];
        double[][] evaluationKinds = [.. kinds.Select(k => new double[k.Length])];

        _loader.Start(_epoch);
        _evaluationLoader.Start(_epoch);
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < _options.WarmUpSteps || Stopwatch.GetElapsedTime(begin) < WarmUp; i++)
        {
            if (_options.Evaluates) EvaluateBatch(evaluationKinds, 0);
            TrainStep();
            ProfiledStep(kinds, 0);
        }
        _evaluator.Clear();
        TimedMultiply[] calls = _clock.Multiplies.Calls.ToArray(); // of a step: an evaluation uses the clock too
        double[][] multiplies = [.. calls.Select(_ => new double[_options.Steps])];

        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < _options.Steps; i++)
        {
            plain[i] = TrainStep();
            ProfiledStep(kinds, i);
            for (int c = 0; c < multiplies.Length; c++) multiplies[c][i] = Milliseconds(_clock.Multiplies.Calls[c].Ticks);
        }
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        processor = Environment.CpuUsage.TotalTime - processor;
        for (int i = 0; i < _options.Steps; i++)
        {
            if (_options.Evaluates) evaluation[i] = EvaluateBatch(evaluationKinds, i);
            peak = Math.Max(peak, _peak.Measure());
        }

        return new StepResult
        {
            Options = _options with { Precision = _program.Precision },
            FmaPeak = FmaPeakBest(),
            Peak = Math.Max(peak, Peak(out double laterProcessorPeak)),
            ProcessorPeak = Math.Max(processorPeak, laterProcessorPeak),
            ProcessorMs = processor.TotalMilliseconds / (2.0 * _options.Steps),
            Operations = Operations(_program.Graph, _options.Batch),
            StepMs = Machine.Median(plain),
            StepMsMin = plain.Min(),
            EvaluationMs = Machine.Median(evaluation),
            EvaluationMsMin = evaluation.Min(),
            KindMs = [.. kinds.Select(k => Machine.Median(k))],
            EvaluationKindMs = [.. evaluationKinds.Select(k => Machine.Median(k))],
            Multiplies = [.. multiplies.Select((times, c) => new StepMultiply(calls[c], Machine.Median(times)))],
            AllocatedBytes = allocated / (2.0 * _options.Steps),
            DistinctIds = _rows.Touched.Count,
            Bytes = StepBytes.Of(_program.Graph, _options.Batch, _rows.Touched, _options.Update),
            Memory = MemoryUse.Of(_program, _optimizer, _loader, _rows.Split.Bytes, _memoryBefore),
        };
    }

    /// <summary>The family: members of one kind.</summary>
    public static Graph GraphOf(StepOptions options, FeatureSpace space)
    {
        CtrModel[] members = new CtrModel[options.Members];
        for (int m = 0; m < members.Length; m++) members[m] = ModelCatalogue.Create(OptionMap.Parse($"model: {options.Model}", "step"));
        return new Family(new EmbeddingOptions(), members).Build(space);
    }

    public void Dispose()
    {
        _evaluator.Dispose();
        _optimizer.Dispose();
        _program.Dispose();
        _store.Dispose();
        _loader.Dispose();
        _evaluationLoader.Dispose();
        _rows.Dispose();
        _workers.Dispose();
    }

    /// <summary>
    /// The floating-point operations of a step: forward and twice that backward, the gradient of the weights and that of
    /// the input, which every layer here needs.
    /// </summary>
    public static double Operations(Graph graph, int batch) => 3.0 * batch * graph.Values
        .Where(v => v.Operation is not null)
        .Sum(v => v.Operation!.FlopsPerRow([.. v.Inputs.Select(i => i.Shape)]));

    private double FmaPeakBest()
    {
        double best = 0;
        for (int i = 0; i < PeakRounds; i++) best = Math.Max(best, _fmaPeak.Measure());
        return best;
    }

    // The best round, and what a second of processor time gives over all rounds.
    private double Peak(out double perProcessor)
    {
        double best = 0, inverse = 0;
        for (int i = 0; i < PeakRounds; i++)
        {
            best = Math.Max(best, _peak.Measure(out double round));
            inverse += 1 / round;
        }
        perProcessor = PeakRounds / inverse;
        return best;
    }

    // As the trainer does it; gives its milliseconds.
    private double TrainStep()
    {
        StopSignals.Check();
        _marks[0] = Stopwatch.GetTimestamp();
        Batch batch = NextBatch(_loader);
        _marks[1] = Stopwatch.GetTimestamp();
        _pass.Run(batch, _strategy.Fusion, isTraining: true, ++_step);
        _marks[2] = Stopwatch.GetTimestamp();
        _strategy.Apply(_pass.Logits, _terms);
        _marks[3] = Stopwatch.GetTimestamp();
        _pass.Backward();
        _marks[4] = Stopwatch.GetTimestamp();
        _optimizer.Step(LearningRate);
        _marks[5] = Stopwatch.GetTimestamp();
        return Milliseconds(_marks[5] - _marks[0]);
    }

    private void ProfiledStep(double[][] kinds, int index)
    {
        _clock.Clear();
        _program.Clock = _clock;
        TrainStep();
        _program.Clock = null;
        foreach (double[] kind in kinds) kind[index] = 0;
        for (int v = 0; v < _kinds.Length; v++) kinds[(int)_kinds[v]][index] += Milliseconds(_clock.Forward[v] + _clock.Backward[v]);
        kinds[(int)StepKind.Embedding][index] += Milliseconds(_clock.RowGradients);
        kinds[(int)StepKind.Optimizer][index] = Milliseconds(_marks[5] - _marks[4]);
        // Between loader and optimizer, what is not the program's own: logits to doubles, probabilities, strategy, gradients back.
        kinds[(int)StepKind.Loss][index] = Milliseconds(_marks[4] - _marks[1] - _clock.ForwardPass - _clock.BackwardPass);
        kinds[(int)StepKind.Loader][index] = Milliseconds(_marks[1] - _marks[0]);
    }

    private double EvaluateBatch(double[][] kinds, int index)
    {
        _clock.Clear();
        _program.Clock = _clock;
        long start = Stopwatch.GetTimestamp();
        Batch batch = NextBatch(_evaluationLoader);
        long loaded = Stopwatch.GetTimestamp();
        _pass.Fuse(batch, _strategy.Fusion);
        _evaluator.Add(_pass.Logits);
        long end = Stopwatch.GetTimestamp();
        _program.Clock = null;
        foreach (double[] kind in kinds) kind[index] = 0;
        for (int v = 0; v < _kinds.Length; v++) kinds[(int)_kinds[v]][index] += Milliseconds(_clock.Forward[v]);
        kinds[(int)StepKind.Embedding][index] += Milliseconds(_clock.RowGradients); // deferred rows brought up to date
        kinds[(int)StepKind.Loss][index] = Milliseconds(end - loaded - _clock.ForwardPass); // logits to doubles, metrics
        kinds[(int)StepKind.Loader][index] = Milliseconds(loaded - start);
        return Milliseconds(end - start);
    }

    private Batch NextBatch(BatchLoader loader)
    {
        if (loader.Next() is { } batch) return batch;
        loader.Start(++_epoch);
        return loader.Next()!;
    }

    private static double Milliseconds(long ticks) => ticks * 1e3 / Stopwatch.Frequency;
}
