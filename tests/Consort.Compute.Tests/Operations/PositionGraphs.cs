using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Small graphs around one operation on the positions of a history, with parameters before and behind it.</summary>
internal sealed class PositionGraphs
{
    private static readonly Positions History = new(1);
    private readonly int _dimension;
    private int _parameters;

    private PositionGraphs(int dimension, int most)
    {
        _dimension = dimension;
        IdRange[] columns =
            [new(0, 9), new(0, 9) { List = new IdList(most) }, new(9, 5), new(9, 5) { List = new IdList(4) }];
        Graph = new Graph(columns, numerics: 2);
        Table = Graph.Add(new Table("t", 14, dimension, Initializer.Normal(0.5)));
    }

    public static IReadOnlyDictionary<string, Func<int, Graph>> All { get; } = new Dictionary<string, Func<int, Graph>>
    {
        ["mean of positions"] = d => Make(d, g => [g.Pool(PositionPooling.Mean, g.Hidden())]),
        ["sum and last of positions"] = d => Make(d, g => [g.Pool(PositionPooling.Sum, g.Items()), g.Pool(PositionPooling.Last, g.Hidden())]),
        ["two columns side by side"] = d => Make(d, g => [g.Pool(PositionPooling.Mean, g.Pair())]),
        ["spread"] = d => Make(d, g =>
        {
            var spread = g.Graph.Apply(new Spread(History), g.Target());
            return [g.Pool(PositionPooling.Mean, g.Graph.Apply(new Add(), spread, g.Items())), g.Target(), g.Pool(PositionPooling.Sum, spread)];
        }),
        ["weighted"] = d => Make(d, g => [g.Graph.Apply(new WeightedPositions(false), g.Linear(1, g.Items()), g.Items())]),
        ["weighted with softmax"] = d => Make(d, g =>
        {
            var (scores, values) = (g.Linear(1, g.Items()), g.Hidden());
            return [g.Graph.Apply(new WeightedPositions(true), scores, values), g.Pool(PositionPooling.Mean, scores), g.Pool(PositionPooling.Sum, values)];
        }),
        ["softmax of positions"] = d => Make(d, g =>
        {
            var shares = g.Graph.Apply(new PositionSoftmax(), g.Linear(1, g.Items()));
            return [g.Pool(PositionPooling.Last, shares), g.Graph.Apply(new WeightedPositions(false), shares, g.Hidden())];
        }),
        ["target linear"] = d => Make(d, g =>
        {
            var (target, items) = (g.Target(), g.Items());
            var layer = g.Graph.Apply(new TargetLinear(g.Parameter(5, 4 * d), g.Parameter(5)), target, items);
            return [g.Pool(PositionPooling.Mean, g.Graph.Apply(new Activate(Activation.Tanh), layer)), target, g.Pool(PositionPooling.Sum, items)];
        }),
        ["attention of DIN over long histories"] = d => Make(d, g =>
        {
            var layer = g.Graph.Apply(new TargetLinear(g.Parameter(5, 4 * d), g.Parameter(5)), g.Target(), g.Items());
            var hidden = g.Linear(3, g.Graph.Apply(new Activate(Activation.Relu), layer));
            var scores = g.Linear(1, g.Graph.Apply(new Activate(Activation.Relu), hidden));
            return [g.Graph.Apply(new WeightedPositions(true), scores, g.Items())];
        }, most: 90),
        ["attention of DIN with dice"] = d => Make(d, g =>
        {
            var layer = g.Graph.Apply(new TargetLinear(g.Parameter(7, 4 * d), g.Parameter(7)), g.Target(), g.Items());
            var norm = new BatchNorm(g.Parameter(7), g.Parameter(7), g.Untrained(7), g.Untrained(7, Initializer.One));
            var dice = g.Graph.Apply(new DiceGate(g.Parameter(7)), layer, g.Graph.Apply(norm, layer));
            return [g.Graph.Apply(new WeightedPositions(true), g.Linear(1, dice), g.Items())];
        }),
        ["gru"] = d => Make(d, g => [g.Pool(PositionPooling.Last, g.Recurrent(RecurrenceKind.Gru)), g.Pool(PositionPooling.Sum, g.Items())]),
        ["agru"] = d => Make(d, g => [g.Pool(PositionPooling.Last, g.Recurrent(RecurrenceKind.Agru))]),
        ["augru"] = d => Make(d, g => [g.Pool(PositionPooling.Mean, g.Recurrent(RecurrenceKind.Augru))]),
        ["self-attention"] = d => Make(d, g => [g.Pool(PositionPooling.Mean, g.Attended(g.Linear(6, g.Items()), g.Items(), 2, false))]),
        ["causal attention of one head"] = d => Make(d, g => [g.Pool(PositionPooling.Sum, g.Attended(g.Linear(5, g.Items()), g.Items(), 1, true))]),
        ["attention of the target"] = d => Make(d, g =>
        {
            var items = g.Items();
            return [g.Attended(g.Linear(6, g.Target()), items, 3, false), g.Pool(PositionPooling.Mean, items)];
        }),
        ["another column beside positions and their target"] = d => Make(d, g =>
        {
            var all = new Positions(1, WithTarget: true);
            var x = g.Graph.Apply(new AppendTarget(), g.Items(), g.Target());
            x = g.Graph.Apply(new Concat(), x, g.Graph.Apply(new EmbedPositions(g.Table, 3, all)));
            return [g.Pool(PositionPooling.Last, g.Attended(g.Linear(4, x), x, 2, false)), g.Pool(PositionPooling.Mean, x)];
        }, most: 3),
        ["block of BST"] = d => Make(d, g =>
        {
            var all = new Positions(1, WithTarget: true);
            var x = g.Graph.Apply(new AppendTarget(), g.Items(), g.Target());
            x = g.Graph.Apply(new Concat(), x, g.Graph.Apply(new PlaceEmbed(g.Parameter(7, 3), all)));
            var y = g.Attended(g.Linear(4, x), x, 2, false);
            return [g.Pool(PositionPooling.Last, y), g.Pool(PositionPooling.Mean, x)];
        }),
        ["next positions"] = d => Make(d, g =>
        {
            var items = g.Items();
            var next = g.Graph.Apply(new NextPosition(), items);
            return [g.Pool(PositionPooling.Sum, g.Graph.Apply(new Multiply(), next, items)), g.Pool(PositionPooling.Last, items)];
        }),
        ["sampled positions"] = d => Make(d, g =>
        {
            var hidden = g.Hidden();
            var sampled = g.Graph.Apply(new SampledPosition(), hidden);
            return [g.Pool(PositionPooling.Sum, g.Graph.Apply(new Multiply(), sampled, hidden)), g.Pool(PositionPooling.Mean, sampled)];
        }),
        ["target dot"] = d => Make(d, g =>
        {
            var (target, items) = (g.Target(), g.Items());
            var scores = g.Graph.Apply(new TargetDot(), target, items);
            return [g.Graph.Apply(new WeightedPositions(false), scores, items), g.Pool(PositionPooling.Sum, scores), target];
        }),
        ["top positions"] = d => Make(d, g =>
        {
            var (target, items) = (g.Target(), g.Items());
            var scores = g.Graph.Apply(new TargetDot(), target, items);
            var top = g.Graph.Apply(new TopPositions(3), scores, g.Graph.Apply(new Concat(), items, g.Hidden()));
            return [g.Pool(PositionPooling.Mean, top), g.Pool(PositionPooling.Last, top), g.Pool(PositionPooling.Sum, items),
                g.Attended(g.Linear(4, target), top, 2, false), g.Graph.Apply(new WeightedPositions(true), scores, items)];
        }),
        ["top of more than there are"] = d => Make(d, g =>
        {
            var (target, items) = (g.Target(), g.Items());
            var all = g.Graph.Apply(new TopPositions(9), g.Graph.Apply(new TargetDot(), target, items), items);
            var both = g.Graph.Apply(new AppendTarget(), all, target);
            return [g.Pool(PositionPooling.Sum, g.Graph.Apply(new Activate(Activation.Tanh), both))];
        }),
        ["places of a history"] = d => Make(d, g =>
            [g.Pool(PositionPooling.Sum, g.Graph.Apply(new Multiply(), g.Graph.Apply(new PlaceEmbed(g.Parameter(6, d), History)), g.Items()))]),
    };

    public Graph Graph { get; }

    private Table Table { get; }

    private static Graph Make(int dimension, Func<PositionGraphs, Value[]> values, int most = 6)
    {
        var graphs = new PositionGraphs(dimension, most);
        var parts = values(graphs);
        var width = parts.Sum(v => v.Shape.Size);
        var hidden = graphs.Graph.Apply(new Linear(graphs.Parameter(4, width), graphs.Parameter(4)), parts);
        var logit = graphs.Graph.Apply(new Linear(graphs.Parameter(1, 4), null), graphs.Graph.Apply(new Activate(Activation.Tanh), hidden));
        graphs.Graph.AddOutput(logit);
        return graphs.Graph;
    }

    private Parameter Parameter(params int[] shape) => Graph.Add(new Parameter($"p{_parameters++}", new Shape(shape), Initializer.Normal(0.5)));

    private Parameter Untrained(int size, Initializer? initializer = null) =>
        Graph.Add(new Parameter($"p{_parameters++}", new Shape(size), initializer ?? Initializer.Zero, IsTrained: false));

    private Value Target() => Flat(Graph.Apply(new Embed(Table, 0, 1))); // [B, D]

    private Value Items() => Graph.Apply(new EmbedPositions(Table, 1, History)); // [N, D]

    private Value Pair() => Graph.Apply(new Concat(), Items(), Graph.Apply(new EmbedPositions(Table, 3, History))); // [N, 2 D]

    private Value Recurrent(RecurrenceKind kind)
    {
        var recurrence = new Recurrence(kind, Parameter(3 * _dimension, _dimension), Parameter(3 * _dimension));
        var received = Linear(3 * _dimension, Items());
        return kind == RecurrenceKind.Gru ? Graph.Apply(recurrence, received)
            : Graph.Apply(recurrence, received, Graph.Apply(new Activate(Activation.Sigmoid), Linear(1, Items())));
    }

    private Value Attended(Value queries, Value of, int heads, bool isCausal) =>
        Graph.Apply(new PositionAttention(heads, isCausal), queries, Linear(2 * queries.Shape.Size, of));

    private Value Hidden() => Graph.Apply(new Activate(Activation.Tanh), Linear(_dimension, Items()));

    private Value Linear(int width, Value value) => Graph.Apply(new Linear(Parameter(width, value.Shape.Size), Parameter(width)), value);

    private Value Pool(PositionPooling kind, Value value) => Graph.Apply(new PoolPositions(kind), value);

    private Value Flat(Value value) => Graph.Apply(new Reshape(new Shape(value.Shape.Size)), value);
}
