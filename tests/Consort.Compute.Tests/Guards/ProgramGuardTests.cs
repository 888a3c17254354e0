using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Guards;

/// <summary>Kernels with a mistake each: the guarded build names the operation.</summary>
[Collection(DamageCollection.Name)]
public sealed unsafe class ProgramGuardTests : IDisposable
{
    private const int Rows = 5;
    private const int Capacity = 40;
    private const int Width = 3;
    private readonly Workers _workers = new(1);
    private readonly Graph _graph = new([new IdRange(0, 4), new IdRange(4, 3)], Width);
    private readonly ParameterStore<float> _store;
    private readonly int[] _ids = [.. Enumerable.Repeat((int[])[1, 5], Rows).SelectMany(i => i)];
    private readonly float[] _numeric = new float[Rows * Width];

    public ProgramGuardTests()
    {
        var hidden = _graph.Apply(new Linear(_graph.Add(new Parameter("w0", new Shape(Width, Width), Initializer.Normal(0.3))), null),
            _graph.Numeric!);
        var active = _graph.Apply(new Activate(Activation.Silu), hidden);
        _graph.AddOutput(_graph.Apply(new Linear(_graph.Add(new Parameter("w1", new Shape(1, Width), Initializer.Normal(0.3))), null),
            active));
        _store = new ParameterStore<float>(_graph);
        _store.Initialize(1);
    }

    public void Dispose()
    {
        _store.Dispose();
        _workers.Dispose();
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Forward_AsItShouldBe_Passes()
    {
        using var program = ProgramOf((b, rows) => new Span<float>(b.Output, rows * Width).Fill(1));
        Step(program);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Forward_OutputLeftUnwritten_NamesTheOperation()
    {
        using var program = ProgramOf((b, rows) => new Span<float>(b.Output, (rows * Width) - 1).Fill(1));
        var error = Assert.Throws<MemoryGuardException>(() => Step(program));
        Assert.Contains("operation activate", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("holds what was never written, in row 4, number 2", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Forward_ComputedFromUnwritten_NamesTheOperation()
    {
        using var program = ProgramOf((b, rows) =>
        {
            var scratch = b.Workspace(rows * Width);
            for (var i = 0; i < rows * Width; i++)
                b.Output[i] = (2 * b.Input(0)[i]) - scratch[i];
        });
        var error = Assert.Throws<MemoryGuardException>(() => Step(program));
        Assert.EndsWith("holds what was never written, in row 0, number 0", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Forward_RowsBehindTheBatchWritten_NamesTheOperation()
    {
        using var program = ProgramOf((b, rows) => new Span<float>(b.Output, (rows + 1) * Width).Fill(1));
        var error = Assert.Throws<MemoryGuardException>(() => Step(program));
        Assert.EndsWith("was written to behind the batch of 5 rows, at number 15", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Forward_WrittenBeyondTheBuffer_NamesTheOperation()
    {
        using var program = ProgramOf((b, rows) =>
        {
            new Span<float>(b.Output, rows * Width).Fill(1);
            b.Output[b.Capacity * Width] = 1;
        });
        var error = Assert.Throws<MemoryGuardException>(() => Step(program));
        Assert.Contains("operation activate", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("was written to beyond its last element", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Backward_GradientLeftUnwritten_NamesTheOperation()
    {
        using var program = ProgramOf((b, rows) => new Span<float>(b.Output, rows * Width).Fill(1), (b, rows) => { });
        var error = Assert.Throws<MemoryGuardException>(() => Step(program));
        Assert.Contains("operation activate", error.Message, StringComparison.Ordinal);
        Assert.Contains("gradient of input", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Backward_LogitGradientNotGiven_Throws()
    {
        using var program = new Program<float>(_graph, _store, OperationKernels.Of<float>(), Capacity, _workers);
        program.Forward(_ids, _numeric, new Step(Rows, isTraining: true));
        var error = Assert.Throws<MemoryGuardException>(program.Backward);
        Assert.Equal("the gradient of member 0's logits was not written in row 0", error.Message);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Forward_IdOfAnotherColumn_Throws()
    {
        using var program = new Program<float>(_graph, _store, OperationKernels.Of<float>(), Capacity, _workers);
        _ids[3] = 3;
        var error = Assert.Throws<MemoryGuardException>(() => program.Forward(_ids, _numeric, new Step(Rows, isTraining: true)));
        Assert.Equal("row 1, column 1: found id 3, expected 4 to 6", error.Message);
    }

    [Fact]
    public void Forward_TooFewNumbers_Throws()
    {
        using var program = new Program<float>(_graph, _store, OperationKernels.Of<float>(), Capacity, _workers);
        Assert.Throws<ArgumentException>(() => program.Forward(_ids.AsSpan(1), _numeric, new Step(Rows, isTraining: false)));
        Assert.Throws<ArgumentException>(() => program.Forward(_ids, _numeric.AsSpan(1), new Step(Rows, isTraining: false)));
    }

    private static void Step(Program<float> program)
    {
        program.Forward(Enumerable.Repeat((int[])[1, 5], Rows).SelectMany(i => i).ToArray(), new float[Rows * Width],
            new Step(Rows, isTraining: true));
        program.LogitGradients(0).Fill(1);
        program.Backward();
    }

    private Program<float> ProgramOf(Action<Binding<float>, int> forward, Action<Binding<float>, int>? backward = null) => new(
        _graph, _store, OperationKernels.Of<float>()
        .With((value, binding) => value.Operation is Activate ? new Mistaken(binding, forward, backward ?? Zeros) : null),
        Capacity, _workers);

    private static void Zeros(Binding<float> binding, int rows) => new Span<float>(binding.InputGradient(0).Data, rows * Width).Clear();

    private sealed class Mistaken(Binding<float> binding, Action<Binding<float>, int> forward,
        Action<Binding<float>, int> backward) : Kernel
    {
        public override void Forward(in Step step) => forward(binding, step.Rows);

        public override void Backward(in Step step) => backward(binding, step.Rows);
    }
}
