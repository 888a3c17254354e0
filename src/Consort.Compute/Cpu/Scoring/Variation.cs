using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>
/// Which numbers of each value of a graph differ between the candidates of one context. Of values in which nothing is known, all do.
/// </summary>
internal sealed class Variation
{
    private readonly bool[][] _varies; // a flag a number, by the value's index

    /// <summary>Follows the columns through the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="categorical">Whether each categorical column differs between candidates.</param>
    /// <param name="numeric">Whether each numeric column does.</param>
    public Variation(Graph graph, bool[] categorical, bool[] numeric)
    {
        _varies = new bool[graph.Values.Count][];
        foreach (var value in graph.Values)
        {
            var inputs = value.Inputs.Select(i => _varies[i.Index]).ToArray();
            _varies[value.Index] = value.Operation switch
            {
                null => numeric,
                Reshape => inputs[0],
                Concat => [.. inputs.SelectMany(i => i)],
                Embed embed => Repeat(categorical.AsSpan(embed.FirstColumn, embed.Columns), embed.Table.Dimension),
                EmbedColumns embed => Repeat([.. embed.Columns.Select(c => categorical[c])], embed.Table.Dimension),
                EmbedPositions embed => Whole(value.Shape.Size,
                    embed.Columns.Append(embed.Positions.Column).Any(c => categorical[c])),
                ProjectFields project => Repeat(
                    [.. project.Fields.Select(f => Varies(inputs[f.Input], f.Index, value.Inputs[f.Input].Shape[1]))], value.Shape[1]),
                NumericEmbed => Repeat(inputs[0], value.Shape.Size / inputs[0].Length),
                var operation => Whole(value.Shape.Size, IsTouched(operation, graph.Columns.Count, categorical)
                    || (value.At is { } at && categorical[at.Column]) || inputs.Any(i => i.Contains(true))),
            };
        }
    }

    /// <summary>Whether each number of a row of a value varies.</summary>
    public ReadOnlySpan<bool> Of(Value value) => _varies[value.Index];

    private static bool Varies(bool[] fields, int index, int dimension) => fields.AsSpan(index * dimension, dimension).Contains(true);

    private static bool IsTouched(Operation operation, int columns, bool[] categorical)
    {
        var (first, end) = operation.ColumnRange(columns);
        return categorical.AsSpan(first, end - first).Contains(true);
    }

    private static bool[] Repeat(ReadOnlySpan<bool> columns, int each)
    {
        var flags = new bool[columns.Length * each];
        for (var i = 0; i < flags.Length; i++)
            flags[i] = columns[i / each];
        return flags;
    }

    private static bool[] Whole(int size, bool varies)
    {
        var flags = new bool[size];
        Array.Fill(flags, varies);
        return flags;
    }
}
