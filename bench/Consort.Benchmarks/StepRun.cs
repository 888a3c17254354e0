using System.Diagnostics;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Data.Batches;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;

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
    private readonly ZipfSplit _rows;
    private readonly StepTrial _trial;
    private readonly Program<float> _program;
    private readonly BatchLoader _evaluationLoader; // rows in their order
    private readonly ConsortEvaluator _evaluator;
    private readonly AsideEvaluation _aside;
    private readonly KernelClock _clock;
    private readonly WorkClock _work = new();
    private readonly FmaPeak _fmaPeak;
    private readonly FmaPeak _peak; // of the precision
    private readonly StepKind[] _kinds; // of each value
    private int _epoch;
    private long _metricTicks;

    public StepRun(StepOptions options)
    {
        _options = options;
        _rows = new ZipfSplit(options.Vocabulary, options.Batch, LoadedBatches, options.Tokens, options.IsList);
        _evaluationLoader = new BatchLoader(_rows.Split, new LoaderOptions(options.Batch));
        var strategy = StrategyCatalogue.Create(OptionMap.Parse($"name: {options.Strategy}", "step"));
        _trial = new StepTrial(FamilyOf(options), _rows.Space, _rows.Split, TrainingOf(options), strategy, options.Threads);
        _program = _trial.Step.Program;
        _evaluator = new ConsortEvaluator(options.Members, Fusion.Mean);
        _aside = new AsideEvaluation(_trial.Step.Pass, _evaluator, options.Threads);
        _clock = new KernelClock(_program.Graph, _work);
        _fmaPeak = FmaPeak.Of(_trial.Workers, Precision.Fp32);
        _peak = FmaPeak.Of(_trial.Workers, _program.Precision);
        _kinds = [.. _program.Graph.Values.Select(v => v.Operation is { } operation ? StepKinds.Of(operation) : StepKind.Elementwise)];
    }

    /// <summary>
    /// Measures the peak, then steps with and without the clock in turn, so that neighbours disturb both alike, then evaluation, then the
    /// peak again. An understated peak would flatter the step, so the peak is looked for often.
    /// </summary>
    public StepResult Measure()
    {
        var peak = Peak(out var processorPeak);
        var plain = new double[_options.Steps];
        var evaluation = new double[_options.Steps];
        double[][] kinds = [.. Enumerable.Range(0, StepKinds.Count).Select(_ => new double[_options.Steps])];
        double[][] evaluationKinds = [.. kinds.Select(k => new double[k.Length])];
        double[][] serialKinds = [.. kinds.Select(k => new double[k.Length])];
        double[] serial = new double[_options.Steps], evaluationSerial = new double[_options.Steps], metrics = new double[_options.Steps];
        double[] shared = new double[_options.Steps], least = new double[_options.Steps], most = new double[_options.Steps], busy = new double[_options.Steps];
        double[][] counted = [.. StepResult.CountedThreads.Select(_ => new double[_options.Steps])];
        double[][] evaluationCounted = [.. counted.Select(c => new double[c.Length])];

        _evaluationLoader.Start(_epoch);
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < _options.WarmUpSteps || Stopwatch.GetElapsedTime(begin) < WarmUp; i++)
        {
            if (_options.Evaluates) EvaluateBatch(evaluationKinds, 0);
            TrainStep();
            ProfiledStep(kinds, 0);
        }
        _aside.Finish();
        _evaluator.Clear();
        var calls = _clock.Multiplies.Calls.ToArray(); // of a step: an evaluation uses the clock too
        double[][] multiplies = [.. calls.Select(_ => new double[_options.Steps])];

        var processor = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < _options.Steps; i++)
        {
            plain[i] = TrainStep();
            ProfiledStep(kinds, i);
            Count(Milliseconds(_trial.Ticks - _trial.LoadTicks), serial, counted, i);
            CountKinds(serial[i], serialKinds, i);
            (shared[i], least[i], most[i], busy[i]) = Busy();
            for (var c = 0; c < multiplies.Length; c++) multiplies[c][i] = Milliseconds(_clock.Multiplies.Calls[c].Ticks);
        }
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        processor = Environment.CpuUsage.TotalTime - processor;
        for (var i = 0; i < _options.Steps; i++)
        {
            if (_options.Evaluates)
            {
                evaluation[i] = EvaluateBatch(evaluationKinds, i);
                // With more threads the metrics are taken beside.
                metrics[i] = Milliseconds(_metricTicks);
                Count(evaluation[i] - evaluationKinds[(int)StepKind.Loader][i] - metrics[i], evaluationSerial, evaluationCounted, i);
            }
            peak = Math.Max(peak, _peak.Measure());
        }

        return new StepResult
        {
            Options = _options with { Precision = _program.Precision },
            FmaPeak = FmaPeakBest(),
            Peak = Math.Max(peak, Peak(out var laterProcessorPeak)),
            ProcessorPeak = Math.Max(processorPeak, laterProcessorPeak),
            ProcessorMs = processor.TotalMilliseconds / (2.0 * _options.Steps),
            Operations = Operations(_program.Graph, _options.Batch),
            StepMs = Machine.Median(plain),
            StepMsMin = plain.Min(),
            EvaluationMs = Machine.Median(evaluation),
            EvaluationMsMin = evaluation.Min(),
            SerialMs = Machine.Median(serial),
            EvaluationSerialMs = Machine.Median(evaluationSerial),
            SerialKindMs = [.. serialKinds.Select(k => Machine.Median(k))],
            Shared = new SharedWork(Machine.Median(shared), Machine.Median(least), Machine.Median(most), Machine.Median(busy)),
            CountedMs = [.. counted.Select(c => Machine.Median(c))],
            EvaluationCountedMs = [.. evaluationCounted.Select(c => Machine.Median(c))],
            MetricsMs = Machine.Median(metrics),
            LoaderMs = LoaderAlone(),
            KindMs = [.. kinds.Select(k => Machine.Median(k))],
            EvaluationKindMs = [.. evaluationKinds.Select(k => Machine.Median(k))],
            Multiplies = [.. multiplies.Select((times, c) => new StepMultiply(calls[c], Machine.Median(times)))],
            AllocatedBytes = allocated / (2.0 * _options.Steps),
            DistinctIds = _rows.Touched.Count,
            Bytes = StepBytes.Of(_program.Graph, _options.Batch, _rows.Touched, _options.Update),
            Memory = MemoryUse.Of(_program, _trial.Step.Optimizer, _trial.Loader, _rows.Split.Bytes, _memoryBefore),
        };
    }

    /// <summary>The family: members of one kind.</summary>
    public static Family FamilyOf(StepOptions options)
    {
        var member = OptionMap.Parse($"{{ model: {options.Model}{(options.With.Length == 0 ? "" : ", ")}{options.With} }}", "step");
        var model = ModelCatalogue.Create(member);
        member.Close();
        return new Family(new EmbeddingOptions(), [.. Enumerable.Repeat(model, options.Members)]);
    }

    /// <summary>How the family is trained.</summary>
    public static TrainingOptions TrainingOf(StepOptions options) => new()
    {
        BatchSize = options.Batch,
        Precision = options.Precision,
        Optimizer = new OptimizerOptions
        {
            EmbeddingUpdate = options.Update,
            AverageDecay = options.Ema,
            EmbeddingL2 = options.EmbeddingL2,
            MaxGradientNorm = options.MaxGradientNorm > 0 ? options.MaxGradientNorm : null,
        },
    };

    public void Dispose()
    {
        _aside.Dispose();
        _evaluator.Dispose();
        _trial.Dispose();
        _evaluationLoader.Dispose();
        _rows.Dispose();
    }

    /// <summary>
    /// The floating-point operations of a step: forward and twice that backward, the gradient of the weights and that of the input, which
    /// every layer here needs.
    /// </summary>
    public static double Operations(Graph graph, int batch) => 3.0 * batch * graph.Values
        .Where(v => v.Operation is not null)
        .Sum(v => v.Operation!.FlopsPerRow([.. v.Inputs.Select(i => i.Shape)]));

    private double FmaPeakBest()
    {
        double best = 0;
        for (var i = 0; i < PeakRounds; i++) best = Math.Max(best, _fmaPeak.Measure());
        return best;
    }

    // The best round, and what a second of processor time gives over all rounds.
    private double Peak(out double perProcessor)
    {
        double best = 0, inverse = 0;
        for (var i = 0; i < PeakRounds; i++)
        {
            best = Math.Max(best, _peak.Measure(out var round));
            inverse += 1 / round;
        }
        perProcessor = PeakRounds / inverse;
        return best;
    }

    // What one thread does while others wait, and what the whole would take with more threads.
    private void Count(double milliseconds, double[] serial, double[][] counted, int index)
    {
        serial[index] = milliseconds - Milliseconds(_work.Shared);
        for (var i = 0; i < counted.Length; i++)
            counted[i][index] = serial[index] + Milliseconds((long)_work.SharedAt(StepResult.CountedThreads[i]));
    }

    // The same by kind; what lies around the operations is the loss's: ids, labels and logits are copied, probabilities computed.
    private void CountKinds(double serial, double[][] kinds, int index)
    {
        foreach (var kind in kinds) kind[index] = 0;
        for (var v = 0; v < _kinds.Length; v++) kinds[(int)_kinds[v]][index] += Milliseconds(_clock.Serial[v]);
        kinds[(int)StepKind.Embedding][index] += Milliseconds(_clock.SerialRowGradients);
        var (from, until) = (_trial.Step.Ticks.Exchange, _trial.Step.Ticks.Update);
        kinds[(int)StepKind.Optimizer][index] = Milliseconds(until - from - _work.SharedBetween(from, until));
        foreach (var kind in kinds) serial -= kind[index];
        kinds[(int)StepKind.Loss][index] = serial;
    }

    // Milliseconds in shared jobs; of these the least and the most busy thread, and all threads together.
    private (double Shared, double Least, double Most, double All) Busy()
    {
        var (least, most, all) = (long.MaxValue, 0L, 0L);
        for (var worker = 0; worker < _options.Threads; worker++)
        {
            var busy = _work.BusyOf(worker);
            (least, most, all) = (Math.Min(least, busy), Math.Max(most, busy), all + busy);
        }

        return (Milliseconds(_work.Shared), Milliseconds(least), Milliseconds(most), Milliseconds(all));
    }

    // Of a batch, by the loader's one thread with nobody beside it.
    private double LoaderAlone()
    {
        using var loader = new BatchLoader(_rows.Split, new LoaderOptions(_options.Batch, Shuffle: true));
        var best = double.MaxValue;
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var start = Stopwatch.GetTimestamp();
            loader.Start(epoch);
            while (loader.Next() is not null) { }
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds / loader.Batches);
        }

        return best;
    }

    // As the trainer does it; gives its milliseconds.
    private double TrainStep()
    {
        StopSignals.Check();
        _trial.Next(LearningRate);
        return Milliseconds(_trial.Ticks);
    }

    private void ProfiledStep(double[][] kinds, int index)
    {
        _clock.Clear();
        SetClocks(_clock, _work);
        TrainStep();
        SetClocks(null, null);
        var ticks = _trial.Step.Ticks;
        foreach (var kind in kinds) kind[index] = 0;
        for (var v = 0; v < _kinds.Length; v++) kinds[(int)_kinds[v]][index] += Milliseconds(_clock.Forward[v] + _clock.Backward[v]);
        kinds[(int)StepKind.Embedding][index] += Milliseconds(_clock.RowGradients);
        kinds[(int)StepKind.Optimizer][index] = Milliseconds(ticks.Update - ticks.Exchange);
        // Between loader and optimizer, what is not the program's own: logits to doubles, probabilities, strategy, gradients back.
        kinds[(int)StepKind.Loss][index] = Milliseconds(ticks.Backward - ticks.Start - _clock.ForwardPass - _clock.BackwardPass);
        kinds[(int)StepKind.Loader][index] = Milliseconds(_trial.LoadTicks);
    }

    private void SetClocks(KernelClock? kernels, WorkClock? work)
    {
        work?.Clear();
        (_program.Clock, _trial.Workers.Clock) = (kernels, work);
    }

    private double EvaluateBatch(double[][] kinds, int index)
    {
        _clock.Clear();
        SetClocks(_clock, _work);
        var start = Stopwatch.GetTimestamp();
        if (_evaluationLoader.Next() is not { } batch)
        {
            _evaluationLoader.Start(++_epoch);
            batch = _evaluationLoader.Next()!;
        }
        var loaded = Stopwatch.GetTimestamp();
        _trial.Step.Pass.Fuse(batch);
        var fused = Stopwatch.GetTimestamp();
        _aside.Add([]);
        var end = Stopwatch.GetTimestamp();
        _metricTicks = end - fused; // with several threads the time it waits for the batch before
        SetClocks(null, null);
        foreach (var kind in kinds) kind[index] = 0;
        for (var v = 0; v < _kinds.Length; v++) kinds[(int)_kinds[v]][index] += Milliseconds(_clock.Forward[v]);
        kinds[(int)StepKind.Embedding][index] += Milliseconds(_clock.RowGradients); // deferred rows brought up to date
        kinds[(int)StepKind.Loss][index] = Milliseconds(end - loaded - _clock.ForwardPass); // logits to doubles, metrics
        kinds[(int)StepKind.Loader][index] = Milliseconds(loaded - start);
        return Milliseconds(end - start);
    }

    private static double Milliseconds(long ticks) => ticks * 1e3 / Stopwatch.Frequency;
}
