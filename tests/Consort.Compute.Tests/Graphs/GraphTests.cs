using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Graphs;

public sealed class GraphTests
{
    private readonly Graph _graph = new([new IdRange(0, 4), new IdRange(4, 6)], 3);

    [Fact]
    public void Constructor_Columns_CountsFeatures()
    {
        Assert.Equal(10, _graph.Features);
        Assert.Equal(new Shape(3), _graph.Numeric!.Shape);
        Assert.Null(new Graph([], 0).Numeric);
    }

    [Fact]
    public void Add_NameTaken_Throws()
    {
        _graph.Add(new Parameter("a", new Shape(1), Initializer.Zero));
        Assert.Throws<ArgumentException>(() => _graph.Add(new Parameter("a", new Shape(1), Initializer.Zero)));
        Assert.Throws<ArgumentException>(() => _graph.Add(new Table("a", 10, 1, Initializer.Zero)));
    }

    [Fact]
    public void Add_TableTooSmall_Throws() => Assert.Throws<ArgumentException>(() => _graph.Add(new Table("t", 9, 1, Initializer.Zero)));

    [Fact]
    public void Apply_ValueOfAnotherGraph_Throws()
    {
        var other = new Graph([], 3);
        Assert.Throws<ArgumentException>(() => _graph.Apply(new Add(), other.Numeric!));
    }

    [Fact]
    public void Apply_ShapesThatDoNotFit_NamesThem()
    {
        var weight = new Parameter("w", new Shape(5, 4), Initializer.Zero);
        var error = Assert.Throws<ArgumentException>(() => _graph.Apply(new Linear(weight, null), _graph.Numeric!));
        Assert.Contains("linear: found inputs [3], expected [4]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _graph.Apply(new FactorizationMachine(), _graph.Numeric!));
        Assert.Throws<ArgumentException>(() => _graph.Apply(new Reshape(new Shape(4)), _graph.Numeric!));
        Assert.Throws<ArgumentException>(() => _graph.Apply(new Concat()));
        Assert.Throws<ArgumentException>(() => _graph.Apply(new FirstOrder(new Table("t", 10, 2, Initializer.Zero))));
        Assert.Throws<ArgumentException>(() => _graph.AddOutput(_graph.Numeric!));
    }

    // Both members would have written their gradients to one place.
    [Fact]
    public void AddOutput_SameValueTwice_Throws()
    {
        var logit = _graph.Apply(new FirstOrder(_graph.Add(new Table("t", 10, 1, Initializer.Zero))));
        _graph.AddOutput(logit);
        Assert.Throws<ArgumentException>(() => _graph.AddOutput(logit));
        Assert.Throws<ArgumentException>(() => _graph.AddOutput(_graph.Apply(new Reshape(new Shape()), logit)));
    }

    // Ids beyond the last column would be read.
    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1, 2)]
    [InlineData(0, 3)]
    public void Apply_EmbedOfColumnsThatAreNotThere_Throws(int first, int columns)
    {
        var table = _graph.Add(new Table("t", 10, 2, Initializer.Zero));
        Assert.Throws<ArgumentException>(() => _graph.Apply(new Embed(table, first, columns)));
    }

    [Fact]
    public void ParameterCount_CountsWhatIsTrained()
    {
        _graph.Add(new Parameter("a", new Shape(3, 5), Initializer.Zero));
        _graph.Add(new Parameter("b", new Shape(7), Initializer.Zero, IsTrained: false));
        _graph.Add(new Table("t", 12, 4, Initializer.Zero));
        Assert.Equal(15 + 48, _graph.ParameterCount);
    }

    [Fact]
    public void Equals_Shapes_ComparesDimensions()
    {
        Assert.Equal(new Shape(2, 3), new Shape(2, 3));
        Assert.NotEqual(new Shape(2, 3), new Shape(3, 2));
        Assert.Equal(default, new Shape());
        Assert.Equal("[2, 3]", new Shape(2, 3).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(2, 0));
    }
}
