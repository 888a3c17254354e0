using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Compute.Rewrites;

namespace Consort.Compute.Tests.Rewrites;

public sealed class ProcessorFusionTests : IDisposable
{
    private const int Width = 9;
    private readonly Workers _workers = new(1);
    private readonly Graph _graph = new([], Width);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Of_ReluBehindALinearLayer_IsPartOfIt()
    {
        var hidden = Tap(Relu(Linear(_graph.Numeric!)));
        _graph.AddOutput(Linear(hidden, 1));
        var fused = ProcessorFusion.Of(_graph);
        Assert.Equal(["numeric", "linear.1", "linear.2"], fused.Values.Select(v => v.Name));
        Assert.Equal(fused.Values[1], fused.Taps.Single().Value);
        SameNumbers(fused);
    }

    [Fact]
    public void Of_ATowersLayerWithBatchNorm_IsTwoOperations()
    {
        var hidden = _graph.Apply(new Dropout(0.5), Tap(Relu(Norm(Linear(_graph.Numeric!)))));
        _graph.AddOutput(Linear(hidden, 1));
        var fused = ProcessorFusion.Of(_graph);
        Assert.Equal(["numeric", "linear.1", "batch_norm.2", "linear.3"], fused.Values.Select(v => v.Name));
        Assert.Equal(0.5, Assert.IsType<BatchNorm>(fused.Values[2].Operation).Dropout);
        Assert.Equal(fused.Values[2], fused.Taps.Single().Value);
        SameNumbers(fused); // as in scoring: what drops differs
    }

    [Fact]
    public void Of_SomethingElseReadsTheSum_LeavesTheReluAlone()
    {
        var sum = Linear(_graph.Numeric!);
        _graph.AddOutput(Linear(_graph.Apply(new Add(), Relu(sum), sum), 1));
        Assert.Equal(_graph.Values.Select(v => v.Name), ProcessorFusion.Of(_graph).Values.Select(v => v.Name));
    }

    [Fact]
    public void Of_SomeoneLooksAtTheSum_LeavesTheReluAlone()
    {
        _graph.AddOutput(Linear(Relu(Tap(Linear(_graph.Numeric!))), 1));
        Assert.Equal(_graph.Values.Select(v => v.Name), ProcessorFusion.Of(_graph).Values.Select(v => v.Name));
    }

    [Fact]
    public void Of_ALogit_StaysALogit()
    {
        var logit = Linear(_graph.Numeric!, 1);
        _graph.AddOutput(logit);
        _graph.AddOutput(Relu(logit));
        Assert.Equal(["linear.1", "activate.2"], ProcessorFusion.Of(_graph).Outputs.Select(v => v.Name));
    }

    [Fact]
    public void Of_AnyGraph_KeepsParametersAndTablesInTheirOrder()
    {
        var graph = SmallFamily.Build(4);
        var fused = ProcessorFusion.Of(graph);
        Assert.Equal(graph.Parameters, fused.Parameters);
        Assert.Equal(graph.Tables, fused.Tables);
        Assert.True(fused.Values.Count < graph.Values.Count);
    }

    private void SameNumbers(Graph fused)
    {
        using var plain = new Trial<float>(_graph, 40, _workers);
        using var other = new Trial<float>(fused, 40, _workers);
        foreach (var trial in (Trial<float>[])[plain, other])
        {
            trial.Draw(40, 1);
            trial.Forward(40, isTraining: false);
            trial.Backward(40, 2);
        }

        Assert.Equal(plain.Program.Logits(0), other.Program.Logits(0));
        Assert.Equal(plain.Store.DenseGradients.Span, other.Store.DenseGradients.Span);
    }

    private Value Linear(Value value, int width = Width) => _graph.Apply(
        new Linear(Parameter(new Shape(width, value.Shape.Size)), Parameter(new Shape(width))), value);

    private Value Norm(Value value) => _graph.Apply(
        new BatchNorm(Parameter(value.Shape), Parameter(value.Shape), Parameter(value.Shape, false), Parameter(value.Shape, false)), value);

    private Value Relu(Value value) => _graph.Apply(new Activate(Activation.Relu), value);

    private Value Tap(Value value)
    {
        _graph.AddTap(new Tap("looked", 0, value));
        return value;
    }

    private Parameter Parameter(Shape shape, bool isTrained = true) =>
        _graph.Add(new Parameter($"p{_graph.Parameters.Count}", shape, Initializer.Uniform(0.1, 0.9), IsTrained: isTrained));
}
