using Consort.Compute.Graphs;
using Consort.Data;
using Consort.Data.Options;
using Consort.Data.Schemas;

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

    /// <summary>Reads the sections <c>embedding</c> and <c>members</c> of an experiment or a package.</summary>
    /// <exception cref="ConsortException">There are no members or too many, or something in a section is wrong.</exception>
    public static Family From(OptionMap options)
    {
        var embedding = EmbeddingOptions.From(options.Section("embedding"));
        var members = new List<CtrModel>();
        foreach (var member in options.Maps("members"))
        {
            var model = ModelCatalogue.Create(member);
            members.AddRange(Enumerable.Repeat(model, member.Integer("count", 1, 1, MaxMembers)));
        }

        if (members.Count == 0)
            throw options.Error("members", "found none, expected at least one, such as `members: [{ model: DeepFM }]`");
        if (members.Count > MaxMembers)
            throw options.Error("members", $"found {members.Count} members, expected at most {MaxMembers}");
        return new Family(embedding, members);
    }

    /// <summary>Builds the graph: one output, the logit [B, 1], a member.</summary>
    /// <param name="space">The columns of the data.</param>
    /// <exception cref="ArgumentException">There are no members, too many, or no columns.</exception>
    public Graph Build(FeatureSpace space)
    {
        if (Members.Count is 0 or > MaxMembers)
            throw new ArgumentException($"found {Members.Count} members, expected 1 to {MaxMembers}");
        if (space.Categorical.Count + space.Numeric.Count == 0)
            throw new ArgumentException("found data without columns", nameof(space));
        var graph = new Graph([.. space.Categorical.Select(c => new IdRange(c.Offset, c.Size))], space.Numeric.Count);
        var shared = new MemberInputs.SharedValues();
        for (var member = 0; member < Members.Count; member++)
            graph.AddOutput(Members[member].Build(new MemberInputs(graph, space, Embeddings, member, shared)));
        return graph;
    }
}
