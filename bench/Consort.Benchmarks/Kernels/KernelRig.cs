using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Data.Batches;

namespace Consort.Benchmarks.Kernels;

/// <summary>A model after one step, whose kernels can be called one by one with the step's memory.</summary>
internal sealed unsafe class KernelRig : IDisposable
{
    public const int Batch = 4096;
    private const int Vocabulary = 1_000_000;

    private readonly Workers _workers = new(Environment.ProcessorCount);
    private readonly ZipfSplit _rows = new(Vocabulary, Batch, batches: 1);
    private readonly BatchLoader _loader;
    private readonly ParameterStore<float> _store;
    private readonly Program<float> _program;
    private readonly Optimizer<float> _optimizer;
    private readonly Step _step;

    public KernelRig(string model, EmbeddingUpdate update = EmbeddingUpdate.Touched)
    {
        var graph = StepRun.FamilyOf(new StepOptions { Model = model }).Build(_rows.Space);
        _loader = new BatchLoader(_rows.Split, new LoaderOptions(Batch));
        _store = new ParameterStore<float>(graph);
        _store.Initialize(1, _workers);
        _program = new Program<float>(graph, _store, OperationKernels.Of<float>(), Batch, _workers);
        _optimizer = new Optimizer<float>(_store, new OptimizerOptions { EmbeddingUpdate = update }, _workers);
        _loader.Start(0);
        var batch = _loader.Next()!;
        _program.Forward(batch.Ids, batch.Numeric, new Step(Batch, isTraining: true), batch.Lists);
        _step = _program.LastStep;
        _program.LogitGradients(0).Fill(1e-4f);
        _program.Backward();
        _optimizer.Step(1e-3);
    }

    public void Forward(string operation) => _program.KernelOf(operation).Forward(_step);

    public void Backward(string operation) => _program.KernelOf(operation).Backward(_step);

    /// <summary>Finds the batch's distinct rows and adds up their gradients.</summary>
    public void Scatter() => _store.EndGradients(_program.Reader, _step.Ids, _step.Lists, _step.Rows);

    public void Update() => _optimizer.Step(1e-3);

    public void Dispose()
    {
        _optimizer.Dispose();
        _program.Dispose();
        _store.Dispose();
        _loader.Dispose();
        _rows.Dispose();
        _workers.Dispose();
    }
}
