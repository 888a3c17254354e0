using BenchmarkDotNet.Attributes;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Benchmarks.Kernels;

/// <summary>From logits to the loss and its gradient, and to metrics; batches of 4096 on one thread.</summary>
public class MetricKernels : IDisposable
{
    private const int Million = 1 << 20;
    private readonly BatchLogits _batch = new(KernelRig.Batch, members: 1, teachers: 0);
    private readonly Strategy _strategy = StrategyCatalogue.Create(OptionMap.Parse("name: supervised", "kernels"));
    private readonly double[] _terms = new double[16];
    private readonly float[] _logits = new float[Million];
    private readonly float[] _labels = new float[Million];
    private readonly AucCounter _auc = new();
    private readonly ConsortEvaluator _evaluator = new(1, Fusion.Mean);

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        for (var i = 0; i < Million; i++)
        {
            _labels[i] = random.NextSingle() < 0.25f ? 1 : 0;
            _logits[i] = (random.NextSingle() * 8) - 5 + _labels[i];
        }
        for (var i = 0; i < KernelRig.Batch; i++) (_batch.Labels()[i], _batch.Logits(0)[i]) = (_labels[i], _logits[i]);
        _batch.Prepare();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _auc.Dispose();
        _evaluator.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Probabilities, loss and gradient of a batch in training.</summary>
    [Benchmark]
    public void LogLoss()
    {
        _batch.Prepare();
        _strategy.Apply(_batch, _terms);
    }

    /// <summary>All metrics of a batch in evaluation.</summary>
    [Benchmark]
    public void EvaluatorAdd()
    {
        _evaluator.Clear();
        _evaluator.Add(_batch);
    }

    /// <summary>2²⁰ rows.</summary>
    [Benchmark]
    public void AucAdd()
    {
        _auc.Clear();
        _auc.Add(_logits, _labels);
    }

    /// <summary>2²⁰ rows added, sorted and counted.</summary>
    [Benchmark]
    public double AucAddAndFinish()
    {
        AucAdd();
        return _auc.Result();
    }
}
