using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Programs;

public sealed class KernelCatalogueTests : IDisposable
{
    private readonly Workers _workers = new(1);
    private readonly Graph _graph = new([], 3);
    private readonly ParameterStore<float> _store;

    public KernelCatalogueTests()
    {
        _graph.AddOutput(_graph.Apply(new Largest(), _graph.Numeric!));
        _store = new ParameterStore<float>(_graph);
    }

    public void Dispose()
    {
        _store.Dispose();
        _workers.Dispose();
    }

    [Fact]
    public void With_AnOperationOfTheCallersOwn_RunsIt()
    {
        using var program = new Program<float>(
            _graph, _store, OperationKernels.Of<float>().With<Largest>((_, binding) => new LargestKernel(binding)), 2, _workers,
            withGradients: false);
        program.Forward([], [1, 7, 3, 5, 4, 2], new Step(2, isTraining: false));
        Assert.Equal([7, 5], program.Logits(0).ToArray());
    }

    [Fact]
    public void Bind_AnOperationWithoutAKernel_NamesIt()
    {
        var e = Assert.Throws<ArgumentException>(() => new Program<float>(_graph, _store, OperationKernels.Of<float>(), 2, _workers));
        Assert.Equal("operation largest: found no kernel in the catalogue, expected one for Largest", e.Message);
    }

    private sealed class Largest : Operation
    {
        public override string Name => "largest";

        public override Shape Infer(ReadOnlySpan<Shape> inputs) => new(1);

        public override FormValue ToStandard(StandardForm form) => throw new NotSupportedException();
    }

    private sealed unsafe class LargestKernel(Binding<float> binding) : Kernel
    {
        public override void Forward(in Step step)
        {
            for (var row = 0; row < step.Rows; row++)
                binding.Output[row] = Math.Max(binding.Input(0)[3 * row],
                    Math.Max(binding.Input(0)[(3 * row) + 1], binding.Input(0)[(3 * row) + 2]));
        }

        public override void Backward(in Step step) => throw new NotSupportedException();
    }
}
