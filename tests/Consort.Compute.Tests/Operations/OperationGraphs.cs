using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Small graphs, each around one operation, with parameters before it so that gradients flow through it.</summary>
internal sealed partial class OperationGraphs
{
    private readonly int _fields;
    private readonly int _dimension;
    private int _parameters;

    private OperationGraphs(int fields, int dimension)
    {
        (_fields, _dimension) = (fields, dimension);
        var offset = 0;
        var columns = new List<IdRange>();
        for (var field = 0; field < fields; field++)
        {
            var size = 2 + (field * 4);
            columns.Add(new IdRange(offset, size));
            offset += size;
        }

        Graph = new Graph(columns, numerics: 3);
    }

    public static Dictionary<string, Func<int, int, Graph>> All { get; } = new()
    {
        ["embed"] = (f, d) => Make(f, d, g => g.Logit(g.Fields())),
        ["embed of some columns"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Embed(g.Table(d), f / 2, f - (f / 2))))),
        ["embed of a table's own columns"] = (f, d) => Make(f, d, g => g.Logit(g.Sizes(d, d + 3))),
        ["project fields"] = (f, d) => Make(f, d, g => g.Projected()),
        ["first order"] = (f, d) => Make(f, d, g => g.Graph.Apply(new FirstOrder(g.Table(1)))),
        ["numeric embed"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new NumericEmbed(g.Parameter(3, d)), g.Hidden(3)))),
        ["numeric embed of the input"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new NumericEmbed(g.Parameter(3, d)), g.Graph.Numeric!))),
        ["concat"] = (f, d) => Make(f, d, g =>
            g.Logit(g.Graph.Apply(new Concat(), g.Hidden(d), g.Graph.Numeric!, g.Hidden(3), g.Flat(g.Fields())))),
        ["concat of fields"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Concat(), g.Fields(), g.Fields()))),
        ["add"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Add(), g.Hidden(d), g.Hidden(d), g.Hidden(d)))),
        ["reshape"] = (f, d) => Make(f, d, g =>
            g.Logit(g.Graph.Apply(new Reshape(new Shape(d, f)), g.Graph.Apply(new Reshape(new Shape(f * d)), g.Fields())))),
        ["factorization machine"] = (f, d) => Make(f, d, g => f == 1 ? g.Logit(g.Fields(), g.Pairs()) : g.Pairs()),
        ["cross network of one layer"] = (f, d) => Make(f, d, g => g.Logit(g.Cross(1, g.Hidden(d)))),
        ["cross network of four layers"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Cross(4, g.Graph.Apply(new Activate(Activation.Tanh), g.Hidden(d))))),
        ["linear"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(5, d), null), g.Hidden(d)))),
        ["linear with bias"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(d, 6), g.Parameter(d)), g.Hidden(6)))),
        ["linear with relu"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(20, d), null, relu: true), g.Hidden(d)))),
        ["linear with bias and relu"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(20, d), g.Parameter(20), relu: true), g.Hidden(d)))),
        ["linear of the input"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(d, 3), g.Parameter(d)), g.Graph.Numeric!))),
        ["linear of three values"] = (f, d) => Make(f, d, g => g.Logit(g.LinearOfThree())),
        ["linear with relu into linear"] = (f, d) => Make(f, d, g => g.Tower(d, new Activate(Activation.Tanh))),
        ["linear with relu into dropout"] = (f, d) => Make(f, d, g => g.Tower(d, new Dropout(0.3))),
        ["linear with relu and two readers"] = (f, d) => Make(f, d, g => g.ReluTwice(d)),
        ["inner product"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new InnerProduct(), g.AllFields()))),
        ["field mean"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new FieldPool(), g.AllFields()))),
        ["field scale"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new FieldScale(), g.AllFields(), g.Hidden(f + 3)))),
        ["squeeze and excitation of one value"] = (f, d) => Make(f, d, g => g.Squeeze()),
        ["bilinear of all fields"] = (f, d) => Make(f, d, g => g.Bilinear(BilinearKind.FieldAll)),
        ["bilinear of each field"] = (f, d) => Make(f, d, g => g.Bilinear(BilinearKind.FieldEach)),
        ["bilinear of each pair"] = (f, d) => Make(f, d, g => g.Bilinear(BilinearKind.FieldInteraction)),
        ["bi-interaction"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new BiInteraction(), g.AllFields()))),
        ["dot"] = (f, d) => Make(f, d, g => g.Graph.Apply(new Dot(), g.AllFields(), g.AllFields())),
        ["dot of one value"] = (f, d) => Make(f, d, g => g.DotTwice(g.Hidden(d))),
        ["multiply"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Multiply(2), g.Hidden(d), g.Hidden(d)))),
        ["matrix cross"] = (f, d) => Make(f, d, g => g.Logit(g.MatrixCrossTwice(g.Hidden(d)))),
        ["bilinear fusion"] = (f, d) =>
            Make(f, d, g => g.Graph.Apply(new BilinearFusion(g.Parameter(3, d, 4)), g.Hidden(3 * d), g.Hidden(12))),
        ["bilinear fusion of one value"] = (f, d) => Make(f, d, g => g.FusionTwice(g.Hidden(2 * d))),
        ["repeat"] = (f, d) => Make(f, d, g =>
            g.Logit(g.Graph.Apply(new Multiply(), g.Hidden(d), g.Graph.Apply(new Repeat(g.Parameter(d)))))),
        ["add bias"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new AddBias(g.Parameter(d)), g.Hidden(d)))),
        ["element scale"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new ElementScale(g.Parameter(d), g.Parameter(d)), g.Hidden(d)))),
        ["element scale of fields, without bias"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new ElementScale(g.Parameter(f + 3, d), null), g.AllFields()))),
        ["weighted fields, twice"] = (f, d) => Make(f, d, g => g.WeightedTwice()),
        ["add bias of every field"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new AddBias(g.Parameter(d)), g.AllFields()))),
        ["edge attention"] = (f, d) => Make(f, d, g => g.Edges()),
        ["neighbour sum"] = (f, d) => Make(f, d, g => g.Neighbours()),
        ["gated recurrence"] = (f, d) => Make(f, d, g => g.Recurrent()),
        ["relu"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Activate(Activation.Relu), g.Hidden(20)))),
        ["sigmoid"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Activate(Activation.Sigmoid), g.Hidden(d)))),
        ["tanh"] = (f, d) => Make(f, d, g => g.Logit(g.Bounded(d))),
        ["silu"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Activate(Activation.Silu), g.Hidden(d)))),
        ["gelu"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Activate(Activation.Gelu), g.Hidden(d)))),
        ["leaky relu"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Activate(Activation.LeakyRelu), g.Hidden(20)))),
        ["exponential"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Activate(Activation.Exponential), g.Bounded(d)))),
        ["log magnitude"] = (f, d) => Make(f, d, g =>
            g.Logit(g.Graph.Apply(new Activate(Activation.LogMagnitude),
                g.Graph.Apply(new Activate(Activation.Exponential), g.Bounded(d))))),
        ["prelu"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new ParametricRelu(g.Parameter(12)), g.Hidden(12)))),
        ["dice"] = (f, d) => Make(f, d, g => g.DiceOf(g.Hidden(d))),
        ["linear of every field"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(3, d), g.Parameter(3)), g.AllFields()))),
        ["linear with relu of every field"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new Linear(g.Parameter(4, 5), null, relu: true),
                g.Graph.Apply(new Linear(g.Parameter(5, d), g.Parameter(5), relu: true), g.AllFields())))),
        ["transpose"] = (f, d) => Make(f, d, g => g.TransposeTwice()),
        ["hadamard cross"] = (f, d) => Make(f, d, g => g.HadamardCrossTwice(g.Hidden(d))),
        ["layer norm"] = (f, d) => Make(f, d, g =>
            g.Logit(g.Graph.Apply(new LayerNorm(g.Parameter(d + 2), g.Parameter(d + 2)), g.Hidden(d + 2)))),
        ["layer norm of every field"] = (f, d) => Make(f, d, g => g.LayerNorms()),
        ["batch norm of the last axis"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(g.Norm(d), g.AllFields()), g.Hidden(2))),
        ["field sum"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new FieldPool(IsSum: true), g.AllFields()))),
        ["self-attention"] = (f, d) => Make(f, d, g => g.Attention(heads: 1, isScaled: true, 0)),
        ["self-attention with heads and dropout"] = (f, d) => Make(f, d, g => g.Attention(heads: 3, isScaled: false, 0.3)),
        ["compressed interaction"] = (f, d) => Make(f, d, g => g.Compressed()),
        ["mean"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Add(IsMean: true), g.Hidden(d), g.Hidden(d), g.Hidden(d)))),
        ["factorized interaction"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new FactorizedInteraction(), g.Hidden(2 * d)))),
        ["factorized interaction, summed"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(new FactorizedInteraction(IsSum: true), g.Hidden(2 * d)))),
        ["self-mask"] = (f, d) => Make(f, d, g => g.Masked(2 * d)),
        ["self-mask of an odd number"] = (f, d) => Make(f, d, g => g.Masked((2 * d) - 1)),
        ["field-aware product"] = (f, d) => Make(f, d, g => g.FieldAware()),
        ["outer product"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new OuterProduct(), g.AllFields()))),
        ["softmax"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Softmax(), g.Hidden(d + 1)))),
        ["expert linear"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new ExpertLinear(g.Parameter(f + 3, 4, d)), g.AllFields()))),
        ["attentional pooling"] = (f, d) => Make(f, d, g => g.Pooled(0)),
        ["attentional pooling with dropout"] = (f, d) => Make(f, d, g => g.Pooled(0.3)),
        ["dropout"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(new Dropout(0.3), g.Hidden(40)), g.Hidden(d))),
        ["batch norm"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(g.Norm(d), g.Hidden(d)), g.Hidden(2))),
        ["batch norm with relu into linear"] = (f, d) => Make(f, d, g => g.Logit(g.Graph.Apply(g.Norm(20).Rectified(), g.Hidden(20)))),
        ["batch norm with relu and dropout into linear"] = (f, d) =>
            Make(f, d, g => g.Logit(g.Graph.Apply(g.Norm(20).Rectified(0.3), g.Hidden(20)))),
        ["batch norm with relu and dropout and two readers"] = (f, d) =>
            Make(f, d, g => g.NormTwice(g.Graph.Apply(new Activate(Activation.Tanh), g.Hidden(13)))),
        ["a value with three readers"] = (f, d) => Make(f, d, g => g.ThreeReaders()),
        ["views with several readers"] = (f, d) => Make(f, d, g => g.Views()),
        ["one value twice"] = (f, d) => Make(f, d, g => g.Logit(g.OneValueTwice())),
        ["a table read twice"] = (f, d) => Make(f, d, g => g.TableTwice()),
    };

    private Graph Graph { get; }

    private static Graph Make(int fields, int dimension, Func<OperationGraphs, Value> build)
    {
        var graphs = new OperationGraphs(fields, dimension);
        graphs.Graph.AddOutput(build(graphs));
        return graphs.Graph;
    }

    private Parameter Parameter(params int[] shape) =>
        Graph.Add(new Parameter($"p{_parameters++}", new Shape(shape), Initializer.Normal(0.5)));

    private Table Table(int dimension) => Graph.Add(new Table($"t{_parameters++}", Graph.Features, dimension, Initializer.Normal(0.7)));
}
