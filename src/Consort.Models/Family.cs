using Consort.Compute.Graphs;
using Consort.Data.Schemas;
using Output = Consort.Models.JoinedOutput;

namespace Consort.Models;

/// <summary>
/// Members that are trained and measured together: alike or mixed, on shared embeddings or each on its own. A single
/// model is a family of one.
/// </summary>
/// <param name="Embeddings">What all members' embeddings look like.</param>
/// <param name="Members">The members, at least one.</param>
public sealed record Family(EmbeddingOptions Embeddings, IReadOnlyList<CtrModel> Members)
{
    /// <summary>The most members a family can have.</summary>
    public const int MaxMembers = 64;

    /// <summary>
    /// Whether the members' output layers are slices of one layer over all their last hidden layers, as fusion by concatenation
    /// has it, whose ensemble logit is the sum of the members'. What a model adds to its logit besides, such as a first-order
    /// term, is added as it is.
    /// </summary>
    public bool JoinedOutput { get; init; }

    /// <summary>Builds the graph: one output, the logit [B, 1], a member.</summary>
    /// <param name="space">The columns of the data.</param>
    /// <exception cref="ArgumentException">There are no members, too many, or no columns.</exception>
    public Graph Build(FeatureSpace space)
    {
        if (Members.Count is 0 or > MaxMembers)
            throw new ArgumentException($"found {Members.Count} members, expected 1 to {MaxMembers}");
        if (space.Categorical.Count + space.Numeric.Count == 0)
            throw new ArgumentException("found data without columns", nameof(space));
        if (!JoinedOutput)
            return Build(space, null);
        var counting = new Output(null); // a graph is only a description, so building it twice costs nothing
        Build(space, counting);
        return Build(space, new Output(counting.Taken));
    }

    private Graph Build(FeatureSpace space, Output? output)
    {
        var graph = new Graph([.. space.Categorical.Select(c => new IdRange(c.Offset, c.Size))], space.Numeric.Count);
        var shared = new MemberInputs.SharedValues { Output = output };
        for (var member = 0; member < Members.Count; member++)
            graph.AddOutput(Members[member].Build(new MemberInputs(graph, space, Embeddings, member, shared)));
        return graph;
    }
}
