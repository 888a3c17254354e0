using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Schemas;
using Consort.Models.Embeddings;

namespace Consort.Models.Layers;

/// <summary>
/// What one member is built from: the graph, the features, and the values that members may share. Each value is made when first asked for,
/// and once.
/// </summary>
public sealed class MemberInputs
{
    private readonly EmbeddingOptions _options;
    private readonly EmbeddingSet _embeddings;
    private Value? _firstOrder;

    internal MemberInputs(Graph graph, FeatureSpace space, EmbeddingOptions options, int member, EmbeddingSet embeddings,
        JoinedOutput? joined)
    {
        (Graph, Space, Member) = (graph, space, member);
        (_options, _embeddings, Joined) = (options, embeddings, joined);
    }

    /// <summary>The graph under construction.</summary>
    public Graph Graph { get; }

    /// <summary>The columns.</summary>
    public FeatureSpace Space { get; }

    /// <summary>The member's number, from 0.</summary>
    public int Member { get; }

    /// <summary>Embeddings of a row: F categorical columns, and N numeric ones where these are embedded.</summary>
    public int Fields => Space.Categorical.Count + (_options.Numeric == NumericInput.Dense ? 0 : Space.Numeric.Count);

    /// <summary>D.</summary>
    public int Dimension => _options.Dimension;

    /// <summary>The output layer that all members are slices of, or null where each has its own.</summary>
    internal JoinedOutput? Joined { get; }

    /// <summary>What equal members have together, or null where the member has no equal.</summary>
    internal CommonParts? Common { get; init; }

    /// <summary>The inputs of the member before this one, or null for the first.</summary>
    internal MemberInputs? Before { get; init; }

    /// <summary>What the member's output layers have read so far.</summary>
    internal List<Value> LogitInputs { get; } = [];

    /// <summary>What γ of batch-norm layers starts from.</summary>
    internal Initializer BatchNormScale { get; init; } = Initializer.One;

    /// <summary>
    /// The embeddings of all columns, [B, F + N, D]: a row of a table for a categorical column, brought to D numbers where it has others;
    /// the value times a learned vector for a numeric one, unless numeric columns are not embedded.
    /// </summary>
    /// <exception cref="ConsortException">Numeric columns are not embedded, and there are no others.</exception>
    public Value Embeddings() => _embeddings.All() ?? throw NoEmbeddings();

    /// <summary>The categorical columns of these, [B, F, D], or null where there are none.</summary>
    public Value? CategoricalEmbeddings() => _embeddings.Categorical();

    /// <summary>The categorical columns in their own sizes, [B, F₁, d₁], [B, F₂, d₂], …, for what reads them side by side.</summary>
    public Value[] OwnSizes() => _embeddings.Groups();

    /// <summary>
    /// What towers and cross networks read where nothing else needs embeddings of one size: those of all columns in their own sizes, and
    /// numeric columns as they are where that is wanted.
    /// </summary>
    public Value[] TowerInputs() => WithNumeric(_embeddings.OwnSizes());

    /// <summary>The same in one row, [B, n].</summary>
    public Value Flat() => this.FlatOf(TowerInputs());

    /// <summary>Values that a tower reads, and after them the numeric columns [B, N] where they are wanted as they are.</summary>
    public Value[] WithNumeric(params ReadOnlySpan<Value> values) =>
        Graph.Numeric is { } numeric && _options.Numeric != NumericInput.Embed ? [.. values, numeric] : values.ToArray();

    /// <summary>The embeddings of some categorical columns, [B, columns, D], as few values as hold them.</summary>
    internal Value[] EmbeddingsOf(IReadOnlyList<int> columns) => _embeddings.Some(columns);

    /// <summary>The embeddings of a list's ids one by one, [N, D] at the positions of a column.</summary>
    internal Value EmbeddingsAt(int column, Positions at) => _embeddings.AtPositions(column, at);

    /// <summary>The embeddings of numeric columns, [B, N, D], or null where there are none or none is embedded.</summary>
    internal Value? NumericEmbeddings() => _embeddings.Numeric();

    /// <summary>Further embeddings of all columns, [B, F + N, D], on a table of the member's own; all of one size.</summary>
    /// <param name="name">Below the member.</param>
    /// <param name="dimension">Numbers a feature, or null for D.</param>
    /// <exception cref="ConsortException">Numeric columns are not embedded, and there are no others.</exception>
    public Value OwnEmbeddings(string name, int? dimension = null) =>
        new EmbeddingSet(Graph, Scope(name), Member, _options, EmbeddingLayout.Uniform(Space, dimension ?? Dimension), null).All()
        ?? throw NoEmbeddings();

    /// <summary>
    /// Further embeddings of some categorical columns, [B, columns, D], on a table of the member's own with rows for these alone.
    /// </summary>
    /// <param name="name">Below the member.</param>
    /// <param name="columns">Their names, at least one.</param>
    /// <exception cref="ConsortException">There is no such categorical column.</exception>
    public Value OwnEmbeddings(string name, IReadOnlyList<string> columns)
    {
        int[] own = [.. columns.Select(IndexOf).Distinct()];
        var table = new Table(Scope($"{name}/embedding"), Graph.RowsOf(own), Dimension, _options.Initial, Member) { Columns = own };
        return Graph.Apply(new EmbedColumns(Graph.Add(table)));

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

    /// <summary>
    /// A weight that equal members of a family have together, once; a member without an equal has it for itself. A model that asks for one
    /// says so: <see cref="CtrModel.SharesWeights"/>.
    /// </summary>
    public Parameter CommonWeight(string name, Shape shape, Initializer initializer) =>
        Common is null ? Weight(name, shape, initializer) : Common.Weight(name, shape, initializer);

    /// <summary>
    /// What equal members compute from one value in one way, by <see cref="CommonWeight"/>s alone: once for all that read that value.
    /// </summary>
    /// <param name="name">Of what is computed.</param>
    /// <param name="of">What it is computed from.</param>
    /// <param name="make">Computes it.</param>
    public Value CommonValue(string name, Value of, Func<Value> make) => Common is null ? make() : Common.Value(name, of, make);

    private string Scope(string name)
    {
        var member = string.Create(CultureInfo.InvariantCulture, $"member{Member}");
        return name.Length == 0 ? member : $"{member}/{name}";
    }

    private Value MakeFirstOrder()
    {
        var initializer = _options.Initial;
        var parts = new List<Value>();
        if (Space.Categorical.Count > 0)
            parts.Add(Graph.Apply(new FirstOrder(Graph.Add(
                new Table(Scope("first_order"), Space.Features, 1, initializer, Member))))); // [B, 1]
        if (Graph.Numeric is { } numeric)
            parts.Add(Graph.Apply(
                new Linear(Weight("numeric_first_order", new Shape(1, Space.Numeric.Count), initializer), null), numeric)); // [B, 1]
        return parts.Count == 1 ? parts[0] : Graph.Apply(new Add(), [.. parts]);
    }

    private static ConsortException NoEmbeddings() =>
        new("embedding, numeric: found dense with numeric columns alone, expected embed for a model of embeddings");
}
