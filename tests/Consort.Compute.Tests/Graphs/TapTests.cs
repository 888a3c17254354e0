using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Graphs;

public sealed class TapTests
{
    private readonly Graph _graph = new([], 3);

    [Fact]
    public void AddTap_NameTakenOrAnotherGraph_Throws()
    {
        var input = _graph.Numeric!;
        _graph.AddTap(new Tap("a", 0, input));
        _graph.AddTap(new Tap("a", 1, input));
        Assert.Throws<ArgumentException>(() => _graph.AddTap(new Tap("a", 0, input)));
        Assert.Throws<ArgumentException>(() => _graph.AddTap(new Tap("b", 0, new Graph([], 3).Numeric!)));
        Assert.Equal(2, _graph.Taps.Count);
    }

    [Fact]
    public void DependsOn_Chain_IsSeenThroughWhatLiesBetween()
    {
        var first = _graph.Apply(new Activate(Activation.Relu), _graph.Numeric!);
        var between = _graph.Apply(new Add(), first, _graph.Numeric!);
        var last = new Tap("last", 0, _graph.Apply(new Activate(Activation.Tanh), between));
        var aside = new Tap("aside", 0, _graph.Apply(new Activate(Activation.Tanh), _graph.Numeric!));
        Assert.True(last.DependsOn(new Tap("first", 0, first)));
        Assert.False(new Tap("first", 0, first).DependsOn(last));
        Assert.False(aside.DependsOn(last));
        Assert.False(last.DependsOn(aside));
        Assert.False(last.DependsOn(last));
    }
}
