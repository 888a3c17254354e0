using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Models.Embeddings;

/// <summary>
/// The embeddings of all columns under one name, on tables of their own: one a size, and one for what is frozen. Each value is made when
/// first asked for, and once.
/// </summary>
/// <param name="graph">The graph under construction.</param>
/// <param name="scope">What names begin with.</param>
/// <param name="member">Whose they are, or −1.</param>
/// <param name="options">What rows start with, and how numeric columns are read.</param>
/// <param name="layout">Which columns lie in which table.</param>
/// <param name="vectors">Gives pretrained vectors, or null to draw all rows.</param>
internal sealed class EmbeddingSet(
    Graph graph, string scope, int member, EmbeddingOptions options, EmbeddingLayout layout, VectorSource? vectors)
{
    private Table? _table; // of all columns, where they have one size
    private Value[]? _groups;
    private Value? _categorical;
    private Value? _numeric;
    private Value? _all;

    /// <summary>Whether any table was made.</summary>
    public bool IsRead => _groups is { Length: > 0 } || _table is not null;

    /// <summary>The categorical columns in their own sizes, a value [B, F_g, d_g] a table.</summary>
    public Value[] Groups() => _groups ??= [.. layout.Groups.Select(LookUp)];

    /// <summary>The categorical columns in one size, [B, F, D], or null where there are none.</summary>
    public Value? Categorical() => _categorical ??= Groups() switch
    {
        [] => null,
        [var only] when layout.IsUniform => only,
        var groups => graph.Apply(new ProjectFields(Sources(), layout.Dimension), groups),
    };

    /// <summary>The numeric columns, [B, N, D], or null where there are none or none is embedded.</summary>
    public Value? Numeric()
    {
        if (graph.Numeric is not { } numeric || options.Numeric == NumericInput.Dense)
            return null;
        return _numeric ??= graph.Apply(
            new NumericEmbed(graph.Add(new Parameter(
                $"{scope}/numeric_embedding", new Shape(numeric.Shape[0], layout.Dimension), options.Initial, member))),
            numeric);
    }

    /// <summary>All columns in one size, [B, F + N, D], or null where there are none.</summary>
    public Value? All()
    {
        if (_all is not null)
            return _all;
        var (categorical, numeric) = (Categorical(), Numeric());
        return _all = categorical is null ? numeric : numeric is null ? categorical : graph.Apply(new Concat(), categorical, numeric);
    }

    /// <summary>All columns in their own sizes, as few values as hold them.</summary>
    public Value[] OwnSizes()
    {
        if (layout.IsUniform)
            return All() is { } all ? [all] : [];
        return Numeric() is { } numeric ? [.. Groups(), numeric] : Groups();
    }

    /// <summary>Some categorical columns, [B, columns, D], as few values as hold them; a list is pooled.</summary>
    /// <param name="columns">Ascending.</param>
    public Value[] Some(IReadOnlyList<int> columns)
    {
        var values = new List<Value>();
        for (int start = 0, end; start < columns.Count; start = end)
        {
            for (end = start + 1; end < columns.Count && columns[end] == columns[end - 1] + 1; end++) { }
            values.Add(graph.Apply(new Embed(Whole(), columns[start], end - start)));
        }

        return [.. values];
    }

    /// <summary>The ids of a list column one by one, [N, D] at the positions of a column.</summary>
    public Value AtPositions(int column, Positions at) => graph.Apply(new EmbedPositions(Whole(), column, at));

    private Table Whole()
    {
        if (_table is not null)
            return _table;
        if (!layout.IsUniform)
            throw new ConsortException(
                "embedding, fields: found sizes of their own or frozen columns, expected none: a model that reads a history one by one has one size for all");
        var group = layout.Groups[0];
        return _table = graph.Add(new Table($"{scope}/embedding", graph.Features, group.Dimension, options.Initial, member)
        { Known = layout.Known(group, vectors) });
    }

    // [B, F_g, d_g]
    private Value LookUp(FieldGroup group)
    {
        if (layout.IsUniform)
            return graph.Apply(new Embed(Whole(), 0, group.Columns.Count));
        var initializer = options.Initial;
        var known = layout.Known(group, vectors);

        var isBase = group.Dimension == layout.Dimension && group.IsTrained;
        var name = isBase ? "embedding" : string.Create(CultureInfo.InvariantCulture,
            $"embedding_{group.Dimension}{(group.IsTrained ? "" : "_frozen")}");
        return graph.Apply(new EmbedColumns(graph.Add(
            new Table($"{scope}/{name}", graph.RowsOf(group.Columns), group.Dimension, initializer, member)
            {
                Columns = group.Columns,
                IsTrained = group.IsTrained,
                Known = known,
            })));
    }

    // The fields in the order of the columns; those of one vocabulary have one matrix.
    private FieldSource[] Sources()
    {
        var matrices = new Dictionary<string, Parameter>(StringComparer.Ordinal);
        var sources = new FieldSource[layout.Groups.Sum(g => g.Columns.Count)];
        for (var group = 0; group < layout.Groups.Count; group++)
        {
            var (dimension, columns) = (layout.Groups[group].Dimension, layout.Groups[group].Columns);
            for (var i = 0; i < columns.Count; i++)
                sources[columns[i]] = new FieldSource(group, i, dimension == layout.Dimension
                    ? null : Matrix(layout.OwnerOf(columns[i]), dimension));
        }

        return sources;

        Parameter Matrix(string owner, int dimension)
        {
            if (!matrices.TryGetValue(owner, out var matrix))
                matrices[owner] = matrix = graph.Add(new Parameter(
                    $"{scope}/projection/{owner}", new Shape(dimension, layout.Dimension),
                    Initializer.XavierNormal(dimension, layout.Dimension), member));
            return matrix;
        }
    }
}
