using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Small graphs that read columns of which some are lists, one for each way to pool these.</summary>
internal static class ListGraphs
{
    public static IReadOnlyDictionary<string, IdList> Kinds { get; } = new Dictionary<string, IdList>
    {
        ["mean"] = new(5),
        ["sum"] = new(5, Pooling.Sum),
        ["max"] = new(5, Pooling.Max),
        ["mean with weights"] = new(5, Pooling.Mean, IsWeighted: true),
        ["sum with weights"] = new(5, Pooling.Sum, IsWeighted: true),
        ["of one"] = new(1),
    };

    /// <summary>A token, a list, a token, a list that shares the token's ids, and one of another kind: read whole, in part, by tables of
    /// their own and as first-order terms.</summary>
    public static Graph Make(IdList kind, int dimension)
    {
        IdRange[] columns =
            [new(0, 4), new(4, 11) { List = kind }, new(15, 7), new(15, 7) { List = kind }, new(22, 5) { List = new IdList(3) }];
        var graph = new Graph(columns, numerics: 3);
        var table = graph.Add(new Table("all", 27, dimension, Initializer.Normal(0.5)));
        Value[] values =
        [
            graph.Apply(new Embed(table, 0, 5)),
            graph.Apply(new Embed(table, 1, 2)),
            Own("some", [1, 4]),
            Own("others", [0, 2, 3]),
        ];
        var flat = values.Select(v => graph.Apply(new Reshape(new Shape(v.Shape.Size)), v)).ToArray();
        var width = flat.Sum(v => v.Shape.Size);
        var hidden = graph.Apply(new Linear(Weight("w", 6, width), Weight("b", 6)), flat);
        var logit = graph.Apply(new Linear(Weight("o", 1, 6), null), graph.Apply(new Activate(Activation.Tanh), hidden));
        graph.AddOutput(graph.Apply(new Add(), logit,
            graph.Apply(new FirstOrder(graph.Add(new Table("first", 27, 1, Initializer.Normal(0.5)))))));
        return graph;

        Value Own(string name, int[] own) => graph.Apply(new EmbedColumns(graph.Add(
            new Table(name, graph.RowsOf(own), dimension + 1, Initializer.Normal(0.5)) { Columns = own })));

        Parameter Weight(string name, params int[] shape) =>
            graph.Add(new Parameter(name, new Shape(shape), Initializer.Normal(0.5)));
    }
}
