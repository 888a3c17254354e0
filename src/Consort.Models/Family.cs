using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Rewrites;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Models.Embeddings;
using Consort.Models.Layers;

namespace Consort.Models;

/// <summary>
/// Members that are trained and measured together: alike or mixed, on shared embeddings or each on its own. A single model is a family of
/// one.
/// </summary>
/// <param name="Embeddings">What all members' embeddings look like.</param>
/// <param name="Members">The members, at least one.</param>
public sealed record Family(EmbeddingOptions Embeddings, IReadOnlyList<CtrModel> Members)
{
    private const string HeadKey = "auxiliary_head"; // of a member
    private IReadOnlyList<string> _places = []; // where the members stand, for messages

    /// <summary>The most members a family can have.</summary>
    public const int MaxMembers = 64;

    /// <summary>
    /// How the members' logits become one. By <see cref="Fusion.Concat"/> their output layers are slices of one; what a model adds to its
    /// logit besides, such as a first-order term, is added as it is.
    /// </summary>
    public Fusion Fusion { get; init; }

    /// <summary>
    /// Whether the one member has a second head, which teachers teach and nobody serves: the second of <see cref="Members"/>.
    /// </summary>
    public bool HasAuxiliaryHead => Members is [_, AuxiliaryHead];

    /// <summary>Whether some members have weights together besides embeddings, so that none of them is a model of its own.</summary>
    public bool SharesWeights => Members.Where(m => m.SharesWeights).GroupBy(m => m).Any(g => g.Count() > 1);

    /// <summary>Reads the sections <c>embedding</c> and <c>members</c> of an experiment or a package.</summary>
    /// <param name="options">Where they stand.</param>
    /// <param name="folder">What names of pretrained vectors start from; null where none is opened.</param>
    /// <exception cref="ConsortException">There are no members or too many, or something in a section is wrong.</exception>
    public static Family From(OptionMap options, string? folder = null)
    {
        var embedding = EmbeddingOptions.From(options.Section("embedding"), folder);
        var members = new List<CtrModel>();
        var places = new List<string>();
        foreach (var member in options.Maps("members"))
        {
            var model = ModelCatalogue.Create(member);
            members.AddRange(Enumerable.Repeat(model, member.Integer("count", 1, 1, MaxMembers)));
            if (member.Has(HeadKey) && member.Flag(HeadKey, false))
                members.Add(new AuxiliaryHead(model.Name));
            places.AddRange(Enumerable.Repeat(member.Where(), members.Count - places.Count));
        }

        if (members.Count != 2 && members.Exists(m => m is AuxiliaryHead))
            throw options.Error("members", $"found {HeadKey} in a family of {members.Count(m => m is not AuxiliaryHead)}, expected one member");

        if (members.Count == 0)
            throw options.Error("members", "found none, expected at least one, such as `members: [{ model: DeepFM }]`");
        if (members.Count > MaxMembers)
            throw options.Error("members", $"found {members.Count} members, expected at most {MaxMembers}");
        return new Family(embedding, members) { _places = places };
    }

    /// <summary>Builds the graph as a processor runs it: what models describe, rewritten.</summary>
    /// <inheritdoc cref="Describe(FeatureSpace, VectorSource?)"/>
    public Graph Build(FeatureSpace space, VectorSource? vectors = null) => ProcessorFusion.Of(Describe(space, vectors));

    /// <summary>Builds the graph that the models describe: one output, the logit [B, 1], a member.</summary>
    /// <param name="space">The columns of the data.</param>
    /// <param name="vectors">Gives pretrained vectors when the weights are initialized; null where they come from a checkpoint.</param>
    /// <exception cref="ArgumentException">There are no members, too many, or no columns.</exception>
    /// <exception cref="ConsortException">The options of the embeddings do not fit the columns or the members.</exception>
    public Graph Describe(FeatureSpace space, VectorSource? vectors = null)
    {
        if (Members.Count is 0 or > MaxMembers)
            throw new ArgumentException($"found {Members.Count} members, expected 1 to {MaxMembers}");
        if (space.Categorical.Count + space.Numeric.Count == 0)
            throw new ArgumentException("found data without columns", nameof(space));
        try
        {
            if (Fusion != Fusion.Concat)
                return Describe(space, vectors, null);
            var counting = new JoinedOutput(null); // a graph is only a description, so building it twice costs nothing
            Describe(space, vectors, counting);
            return Describe(space, vectors, new JoinedOutput(counting.Taken));
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            throw new ConsortException(string.Create(
                CultureInfo.InvariantCulture,
                $"members: found a layer or table of more than {int.MaxValue:N0} numbers a row over {space.Categorical.Count + space.Numeric.Count} columns, expected fewer; lower the embedding's dimension or the layers' units, or ignore columns in the schema"), e);
        }
    }

    private Graph Describe(FeatureSpace space, VectorSource? vectors, JoinedOutput? output)
    {
        var graph = new Graph([.. space.Categorical.Select(RangeOf)], space.Numeric.Count);
        var layout = EmbeddingLayout.Of(space, Embeddings);
        var shared = new EmbeddingSet(graph, "shared", -1, Embeddings, layout, vectors);
        var areRead = false;
        var common = CommonParts(graph);
        MemberInputs? before = null;
        for (var member = 0; member < Members.Count; member++)
        {
            var own = Embeddings.Shared
                ? shared
                : new EmbeddingSet(graph, string.Create(CultureInfo.InvariantCulture, $"member{member}"), member, Embeddings,
                    layout, vectors);
            var model = Members[member];
            before = new MemberInputs(graph, space, Embeddings, member, own, output)
            { BatchNormScale = model.BatchNormScale, Common = common.GetValueOrDefault(model), Before = before };
            var logit = LogitOf(member, before);
            graph.AddOutput(logit);
            areRead |= own.IsRead;
            if (graph.Numeric is { } numeric && Embeddings.Numeric == NumericInput.Dense && !Reads(logit, numeric))
                throw new ConsortException(
                    $"embedding, numeric: found dense, but {model.Name} has no tower or linear term that reads numeric columns; expected embed or both");
        }

        if (Embeddings.Fields.Count > 0 && !areRead)
            throw new ConsortException(
                $"embedding, fields: found {Embeddings.Fields.Count}, but no member reads the family's embeddings (LR has none, FFM a table of its own)");
        return graph;
    }

    // What does not fit the columns is told where the member stands.
    private Value LogitOf(int member, MemberInputs inputs)
    {
        try
        {
            return Members[member].Build(inputs);
        }
        catch (ConsortException e) when (member < _places.Count)
        {
            throw new ConsortException($"{_places[member]}, {e.Message}", e);
        }
    }

    private static IdRange RangeOf(Column column) => new(column.Offset, column.Size)
    {
        List = column.List is { } list ? new IdList(list.MaxLength, (Pooling)list.Pooling, list.IsWeighted) : null,
    };

    // Of members that have equals, named after the first of these.
    private Dictionary<CtrModel, CommonParts> CommonParts(Graph graph) => Enumerable.Range(0, Members.Count).GroupBy(m => Members[m])
        .Where(g => g.Count() > 1).ToDictionary(
            g => g.Key, g => new CommonParts(graph, string.Create(CultureInfo.InvariantCulture, $"common{g.First()}")));

    private static bool Reads(Value value, Value input)
    {
        var (open, seen) = (new Stack<Value>([value]), new HashSet<Value>());
        while (open.TryPop(out var next))
        {
            if (ReferenceEquals(next, input))
                return true;
            foreach (var further in next.Inputs.Where(seen.Add))
                open.Push(further);
        }

        return false;
    }
}
