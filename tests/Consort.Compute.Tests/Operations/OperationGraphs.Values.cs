using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>What the graphs are put together from.</summary>
internal sealed partial class OperationGraphs
{
    // Two readers: neither can do the gradient of the ReLU in its place.
    private Value NormTwice(Value hidden)
    {
        var normal = Graph.Apply(Norm(13).Rectified(0.3), hidden);
        return Logit(normal, Graph.Apply(new Activate(Activation.Tanh), normal));
    }

    private BatchNorm Norm(int width) => new(
        Graph.Add(new Parameter($"p{_parameters++}", new Shape(width), Initializer.Uniform(1.5))),
        Parameter(width),
        Graph.Add(new Parameter($"p{_parameters++}", new Shape(width), Initializer.Normal(0.3), IsTrained: false)),
        Graph.Add(new Parameter($"p{_parameters++}", new Shape(width), new ConstantInitializer(1.7), IsTrained: false)));

    private Value Fields() => Graph.Apply(new Embed(Table(_dimension), 0, _fields)); // [B, F, D]

    // Columns of even and of odd number in tables of two sizes: [B, F/2, D₁], [B, F/2, D₂].
    private Value[] Sizes(int even, int odd) =>
        [
            .. new[] { (Size: even, First: 0), (Size: odd, First: 1) }.Where(t => t.First < _fields).Select(t =>
            {
                int[] columns = [.. Enumerable.Range(0, _fields).Where(c => c % 2 == t.First)];
            var table = new Table($"t{_parameters++}", Graph.RowsOf(columns), t.Size, Initializer.Normal(0.7)) { Columns = columns };
            return Graph.Apply(new EmbedColumns(Graph.Add(table)));
        }),
    ];

    // The first field has a matrix of its own, the other even ones one together; everything is read twice.
    private Value Projected()
    {
        var values = Sizes(_dimension + 1, _dimension);
        var (own, shared) = (Parameter(_dimension + 1, _dimension), _fields > 2 ? Parameter(_dimension + 1, _dimension) : null);
        var projection = new ProjectFields(
            [.. Enumerable.Range(0, _fields).Select(c => new FieldSource(c % 2, c / 2, c == 0 ? own : c % 2 == 0 ? shared : null))],
            _dimension);
        return Logit([Graph.Apply(projection, values), .. values]);
    }

    // Everything is read twice.
    private Value Edges()
    {
        var scores = Graph.Apply(new Linear(Parameter(2, _dimension), null), AllFields());
        var edges = Graph.Apply(new EdgeAttention(), scores);
        return Logit(edges, Graph.Apply(new Activate(Activation.Tanh), edges), scores);
    }

    private Value Neighbours()
    {
        var (fields, edges) = (AllFields(), Graph.Apply(new Reshape(new Shape(4, 4)), Bounded(16)));
        var states = Graph.Apply(new Reshape(new Shape(4, _dimension)), Bounded(4 * _dimension));
        var once = Graph.Apply(new NeighbourSum(), edges, states);
        return Logit(Graph.Apply(new NeighbourSum(), edges, once), states, fields);
    }

    // The second step reads the first one's state three times.
    private Value Recurrent()
    {
        var state = AllFields();
        var received = new Linear(Parameter(3 * _dimension, _dimension), null);
        var kept = new Linear(Parameter(3 * _dimension, _dimension), null);
        for (var step = 0; step < 2; step++)
            state = Graph.Apply(new GatedRecurrence(), Graph.Apply(received, state), Graph.Apply(kept, state), state);
        return Logit(state);
    }

    // Two members that read the same fields.
    private Value WeightedTwice()
    {
        var fields = AllFields();
        return Logit(Graph.Apply(new WeightedFields(Parameter(_fields + 3)), fields),
            Graph.Apply(new WeightedFields(Parameter(_fields + 3)), fields));
    }

    private Value Flat(Value value) => Graph.Apply(new Reshape(new Shape(value.Shape.Size)), value);

    /// <summary>[B, width] that depends on the ids and the numeric columns.</summary>
    private Value Hidden(int width)
    {
        var ids = Graph.Apply(new Linear(Parameter(width, _fields * _dimension), null), Flat(Fields()));
        return Graph.Apply(new Add(), ids, Graph.Apply(new Linear(Parameter(width, 3), Parameter(width)), Graph.Numeric!));
    }

    // What grows with a power rounds away the differences of small gradients.
    private Value Bounded(int width) => Graph.Apply(new Activate(Activation.Tanh), Hidden(width));

    private Value Logit(params Value[] values) => Graph.Apply(new Add(), [.. values.Select(One)]);

    private Value One(Value value) => Graph.Apply(new Linear(Parameter(1, value.Shape.Size), Parameter(1)), Flat(value));

    private Value Pairs() => Graph.Apply(new FactorizationMachine(),
        Graph.Apply(new Concat(), Fields(), Graph.Apply(new NumericEmbed(Parameter(3, _dimension)), Graph.Numeric!)));

    /// <summary>[B, F + 3, D], categorical and numeric.</summary>
    private Value AllFields() =>
        Graph.Apply(new Concat(), Fields(), Graph.Apply(new NumericEmbed(Parameter(3, _dimension)), Graph.Numeric!));

    private Value DiceOf(Value value) =>
        Logit(Graph.Apply(new DiceGate(Parameter(_dimension)), value, Graph.Apply(new Activate(Activation.Tanh), value)), value);

    private Value TransposeTwice()
    {
        var fields = AllFields();
        var turned = Graph.Apply(new Transpose(), fields);
        return Logit(turned, Graph.Apply(new Transpose(), Graph.Apply(new Activate(Activation.Tanh), turned)), fields);
    }

    // x₀, x and h of one value, then of three.
    private Value HadamardCrossTwice(Value first)
    {
        var second = Graph.Apply(new HadamardCross(), first, first, first);
        return Logit(Graph.Apply(new HadamardCross(), first, second, Graph.Apply(new Activate(Activation.Tanh), second)));
    }

    // One γ for all fields, then one for each. Fields of one or two numbers would leave next to nothing.
    private Value LayerNorms()
    {
        var fields = Graph.Apply(new Reshape(new Shape(_fields, 5)), Hidden(_fields * 5));
        var common = Graph.Apply(new LayerNorm(Parameter(5), Parameter(5)), fields);
        return Logit(common, fields, Graph.Apply(new LayerNorm(Parameter(_fields, 5), Parameter(_fields, 5)), fields));
    }

    private Value Attention(int heads, bool isScaled, double dropout)
    {
        var fields = AllFields();
        var projected = Graph.Apply(new Linear(Parameter(3 * heads * 5, _dimension), null), fields);
        return Logit(Graph.Apply(new SelfAttention(heads, isScaled, dropout), projected), fields, projected);
    }

    // The first layer reads one value twice.
    private Value Compressed()
    {
        var fields = Graph.Apply(new Transpose(), AllFields());
        var count = _fields + 3;
        var first = Graph.Apply(new CompressedInteraction(Parameter(4, count * count), Parameter(4)), fields, fields);
        return Logit(first, Graph.Apply(new CompressedInteraction(Parameter(3, 4 * count), Parameter(3)), fields, first));
    }

    private Value Masked(int width)
    {
        var (hidden, mask) = (Hidden((width + 1) / 2), Hidden((width + 1) / 2));
        var masked = Graph.Apply(new SelfMask(Parameter(width)), hidden, mask);
        return Logit(masked, hidden, mask, Graph.Apply(new SelfMask(Parameter(width)), hidden, hidden));
    }

    private Value FieldAware()
    {
        var vectors = Graph.Apply(new Reshape(new Shape(4, 3 * _dimension)), Hidden(12 * _dimension));
        return Graph.Apply(new Add(), Graph.Apply(new FieldAwareProduct(), vectors), One(vectors));
    }

    private Value Pooled(double dropout)
    {
        var fields = AllFields();
        var pooled = Graph.Apply(new AttentionalPooling(Parameter(5, _dimension), Parameter(5), Parameter(5), dropout), fields);
        return Logit(pooled, fields);
    }

    private Value Squeeze()
    {
        var fields = AllFields();
        var mean = Graph.Apply(new FieldPool(), fields);
        var scaled = Graph.Apply(new FieldScale(), fields, Graph.Apply(new Activate(Activation.Sigmoid), mean));
        return Logit(fields, scaled, mean);
    }

    // Two inputs, one of them twice and with another reader, share the matrices.
    private Value Bilinear(BilinearKind kind)
    {
        var (first, second) = (AllFields(), AllFields());
        var weight = Parameter(BilinearInteraction.Matrices(kind, _fields + 3), _dimension, _dimension);
        var pairs = Graph.Apply(new BilinearInteraction(weight, kind), first, second, first);
        return Logit(pairs, Graph.Apply(new InnerProduct(), second));
    }

    private Value DotTwice(Value value) =>
        Graph.Apply(new Dot(), value, Graph.Apply(new Multiply(), value, Graph.Apply(new Multiply(), value, value)));

    private Value FusionTwice(Value value) => Graph.Apply(
        new Add(), Graph.Apply(new BilinearFusion(Parameter(2, _dimension, _dimension)), value, value), One(value));

    private Value MatrixCrossTwice(Value first)
    {
        var second = Graph.Apply(new MatrixCross(Parameter(_dimension, _dimension), Parameter(_dimension)), first, first);
        return Graph.Apply(new MatrixCross(Parameter(_dimension, _dimension), Parameter(_dimension)), first, second);
    }

    private Value Cross(int layers, Value value)
    {
        Parameter[] Vectors() => [.. Enumerable.Range(0, layers).Select(_ => Parameter(value.Shape.Size))];
        return Graph.Apply(new CrossNetwork(Vectors(), Vectors()), value);
    }

    // The first is read by nobody else and comes out of a ReLU, the last is no one's gradient.
    private Value LinearOfThree()
    {
        var rectified = Graph.Apply(new Linear(Parameter(9, _dimension), Parameter(9), relu: true), Hidden(_dimension));
        var hidden = Hidden(_dimension);
        var wide = Graph.Apply(new Linear(Parameter(6, 9 + _dimension + 3), Parameter(6), relu: true), rectified, hidden, Graph.Numeric!);
        return Graph.Apply(new Linear(Parameter(2, 6 + _dimension), null), wide, hidden);
    }

    private Value Tower(int width, Operation between)
    {
        var hidden = Graph.Apply(new Linear(Parameter(20, width), Parameter(20), relu: true), Hidden(width));
        hidden = Graph.Apply(new Linear(Parameter(17, 20), Parameter(17), relu: true), hidden);
        hidden = Graph.Apply(between, hidden);
        return Graph.Apply(new Linear(Parameter(1, 17), Parameter(1)), hidden);
    }

    private Value ReluTwice(int width)
    {
        var hidden = Graph.Apply(new Linear(Parameter(20, width), Parameter(20), relu: true), Hidden(width));
        var member = Graph.Apply(new Linear(Parameter(1, 20), Parameter(1)), hidden);
        return Graph.Apply(new Add(), member, Graph.Apply(new Linear(Parameter(1, 20), Parameter(1)), hidden));
    }

    private Value ThreeReaders()
    {
        var shared = Hidden(_dimension);
        var tanh = Graph.Apply(new Activate(Activation.Tanh), shared);
        var cross = Cross(2, tanh);
        var norm = Graph.Apply(Norm(_dimension), shared);
        var deep = Graph.Apply(new Linear(Parameter(_dimension, _dimension), Parameter(_dimension), relu: true), shared);
        var drop = Graph.Apply(new Dropout(0.2), shared);
        return Logit(shared, tanh, cross, norm, deep, drop, Graph.Apply(new Activate(Activation.Relu), shared));
    }

    private Value Views()
    {
        var fields = Fields();
        var flat = Flat(fields);
        var again = Graph.Apply(new Reshape(fields.Shape), flat);
        Operation third = _fields == 1 ? new Activate(Activation.Sigmoid) : new FactorizationMachine(); // one field has no pairs
        return Logit(flat, Graph.Apply(new Activate(Activation.Silu), flat), Graph.Apply(third, again),
            Graph.Apply(new Activate(Activation.Tanh), fields));
    }

    private Value OneValueTwice()
    {
        var hidden = Graph.Apply(new Activate(Activation.Tanh), Hidden(_dimension));
        return Graph.Apply(new Concat(), hidden, Graph.Apply(new Add(), hidden, hidden, hidden), hidden);
    }

    private Value TableTwice()
    {
        var table = Table(_dimension);
        var all = Graph.Apply(new Embed(table, 0, _fields));
        var some = Graph.Apply(new Embed(table, 0, (_fields + 1) / 2));
        return Logit(Graph.Apply(new Activate(Activation.Tanh), all), some, Fields());
    }
}
