using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data;
using Consort.Data.Schemas;

namespace Consort.Models;

/// <summary>
/// What one member is built from: the graph, the features, and the values that members may share. Each value is made
/// when first asked for, and once.
/// </summary>
public sealed class MemberInputs
{
    private readonly EmbeddingOptions _options;
    private readonly SharedValues _shared;
    private Value? _embeddings;
    private Value? _categoricalEmbeddings;
    private Value? _firstOrder;

    internal MemberInputs(Graph graph, FeatureSpace space, EmbeddingOptions options, int member, SharedValues shared)
    {
        (Graph, Space, Member) = (graph, space, member);
        (_options, _shared) = (options, shared);
    }

    /// <summary>The graph under construction.</summary>
    public Graph Graph { get; }

    /// <summary>The columns.</summary>
    public FeatureSpace Space { get; }

    /// <summary>The member's number, from 0.</summary>
    public int Member { get; }

    /// <summary>F + N: categorical and numeric columns.</summary>
    public int Fields => Space.Categorical.Count + Space.Numeric.Count;

    /// <summary>D.</summary>
    public int Dimension => _options.Dimension;

    /// <summary>The output layer that all members are slices of, or null where each has its own.</summary>
    internal JoinedOutput? Joined => _shared.Output;

    /// <summary>
    /// The embeddings of all columns, [B, F + N, D]: a row of the table for a categorical column, the value times a
    /// learned vector for a numeric one.
    /// </summary>
    public Value Embeddings() => _options.Shared
        ? _shared.Embeddings ??= MakeEmbeddings("shared", -1, Dimension, CategoricalEmbeddings())
        : _embeddings ??= MakeEmbeddings(Scope(""), Member, Dimension, CategoricalEmbeddings());

    /// <summary>The categorical columns of these, [B, F, D], or null where there are none.</summary>
    public Value? CategoricalEmbeddings() => Space.Categorical.Count == 0 ? null
        : _options.Shared
            ? _shared.CategoricalEmbeddings ??= LookUp("shared", -1, Dimension)
            : _categoricalEmbeddings ??= LookUp(Scope(""), Member, Dimension);

    /// <summary>Further embeddings of all columns, [B, F + N, D], on a table of the member's own.</summary>
    /// <param name="name">Below the member.</param>
    /// <param name="dimension">Numbers a feature, or null for D.</param>
    public Value OwnEmbeddings(string name, int? dimension = null)
    {
        var size = dimension ?? Dimension;
        return MakeEmbeddings(Scope(name), Member, size, Space.Categorical.Count == 0 ? null : LookUp(Scope(name), Member, size));
    }

    /// <summary>Further embeddings of some categorical columns, [B, columns, D], on a table of the member's own.</summary>
    /// <param name="name">Below the member.</param>
    /// <param name="columns">Their names, at least one.</param>
    /// <exception cref="ConsortException">There is no such categorical column.</exception>
    public Value OwnEmbeddings(string name, IReadOnlyList<string> columns)
    {
        var scope = Scope($"{name}/embedding");
        var table = Graph.Add(new Table(scope, Space.Features, Dimension, Initializer.Normal(_options.InitialDeviation), Member));
        var parts = columns.Select(column => Graph.Apply(new Embed(table, IndexOf(column), 1))).ToArray(); // [B, 1, D] each
        return parts.Length == 1 ? parts[0] : Graph.Apply(new Concat(), parts);

        int IndexOf(string column)
        {
            for (var i = 0; i < Space.Categorical.Count; i++)
                if (Space.Categorical[i].Name == column)
                    return i;
            throw new ConsortException(
                $"context column {column}: found no such categorical column, expected one of {string.Join(", ", Space.Categorical.Select(c => c.Name))}");
        }
    }

    /// <summary>
    /// The first-order term without bias, [B, 1]: one weight a feature, and one a numeric column. Always the member's own.
    /// </summary>
    public Value FirstOrder() => _firstOrder ??= MakeFirstOrder();

    /// <summary>A new weight, named below the member.</summary>
    public Parameter Weight(string name, Shape shape, Initializer initializer, bool isTrained = true) =>
        Graph.Add(new Parameter(Scope(name), shape, initializer, Member, isTrained));

    private string Scope(string name)
    {
        var member = string.Create(CultureInfo.InvariantCulture, $"member{Member}");
        return name.Length == 0 ? member : $"{member}/{name}";
    }

    // [B, F, D]
    private Value LookUp(string scope, int member, int dimension)
    {
        var table = Graph.Add(new Table($"{scope}/embedding", Space.Features, dimension, Initializer.Normal(_options.InitialDeviation), member));
        return Graph.Apply(new Embed(table, 0, Space.Categorical.Count));
    }

    private Value MakeEmbeddings(string scope, int member, int dimension, Value? categorical)
    {
        var parts = new List<Value>();
        if (categorical is not null)
            parts.Add(categorical);
        if (Graph.Numeric is { } numeric)
        {
            var shape = new Shape(Space.Numeric.Count, dimension);
            var weight = Graph.Add(new Parameter($"{scope}/numeric_embedding", shape, Initializer.Normal(_options.InitialDeviation), member));
            parts.Add(Graph.Apply(new NumericEmbed(weight), numeric)); // [B, N, D]
        }

        return parts.Count == 1 ? parts[0] : Graph.Apply(new Concat(), [.. parts]); // [B, F + N, D]
    }

    private Value MakeFirstOrder()
    {
        var initializer = Initializer.Normal(_options.InitialDeviation);
        var parts = new List<Value>();
        if (Space.Categorical.Count > 0)
            parts.Add(Graph.Apply(new FirstOrder(Graph.Add(
                new Table(Scope("first_order"), Space.Features, 1, initializer, Member))))); // [B, 1]
        if (Graph.Numeric is { } numeric)
            parts.Add(Graph.Apply(
                new Linear(Weight("numeric_first_order", new Shape(1, Space.Numeric.Count), initializer), null), numeric)); // [B, 1]
        return parts.Count == 1 ? parts[0] : Graph.Apply(new Add(), [.. parts]);
    }

    /// <summary>What members of one family share.</summary>
    internal sealed class SharedValues
    {
        /// <summary>The shared embeddings, once made.</summary>
        public Value? Embeddings { get; set; }

        /// <summary>The categorical columns of these, once looked up.</summary>
        public Value? CategoricalEmbeddings { get; set; }

        /// <summary>The output layer that all members are slices of, or null where each has its own.</summary>
        public JoinedOutput? Output { get; init; }
    }
}
