using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Onnx;

/// <summary>Crosses and look-ups, made of the ids of other columns as the encoder makes them.</summary>
internal sealed class GeneratedColumns(GraphWriter writer, FeatureSpace space) : ColumnNodes(writer)
{
    /// <summary>The id of a pair, [B, 1]: a whole number of mixed radix, least first, is looked up; that of a row without any of the
    /// tokens is 0.</summary>
    /// <param name="column">The cross.</param>
    /// <param name="ids">The ids of the columns before it, [B, 1] each.</param>
    /// <exception cref="ConsortException">There are more possible pairs than whole numbers.</exception>
    public FormValue Cross(FittedCross column, FormValue[] ids)
    {
        if (column.Parts.Aggregate(1.0, (all, p) => all * p.Size) > long.MaxValue / 2)
            throw new ConsortException(
                $"column {column.Name}: found more possible pairs than ONNX has whole numbers, expected fewer; raise min_count of the columns that it is made of");
        FormValue? code = null;
        long radix = 1;
        foreach (var (place, offset, size) in column.Parts)
        {
            var own = Writer.Add("Mul", [Writer.Add("Sub", [ids[place], Whole(offset)], []), Whole(radix)], []);
            code = code is null ? own : Writer.Add("Add", [code.Value, own], []);
            radix *= size;
        }

        var (keys, values) = (new long[column.Count + 1], new long[column.Count + 1]);
        values[0] = column.Offset;
        for (var i = 0; i < column.Count; i++)
        {
            var pair = column.Pair(i);
            radix = 1;
            for (var p = 0; p < pair.Length; p++)
            {
                keys[i + 1] += pair[p] * radix;
                radix *= column.Parts[p].Size;
            }

            values[i + 1] = column.Offset + 2 + i;
        }

        return Lookup(code!.Value, keys, values, column.Offset + 1L);
    }

    /// <summary>Whether a token stands in a list, as an id, [B, 1].</summary>
    /// <param name="column">The look-up.</param>
    /// <param name="key">The token's id, [B, 1].</param>
    /// <param name="list">The list's ids, −1 behind them, [B, L].</param>
    public FormValue Id(FittedLookup column, FormValue key, FormValue list)
    {
        var (count, isUnknown) = Weight(column, key, list, null);
        var isIn = Writer.Add("Greater", [count, Single(0)], []);
        var either = Writer.Add("Where", [isIn, Whole(column.Offset + 3), Whole(column.Offset + 2)], []);
        return Writer.Add("Where", [isUnknown, Whole(column.Offset), either], []);
    }

    /// <summary>The sum of a token's weights in a list, float [B, 1], and whether the token is missing or unknown.</summary>
    /// <param name="column">The look-up.</param>
    /// <param name="key">The token's id, [B, 1].</param>
    /// <param name="list">The list's ids, −1 behind them, [B, L].</param>
    /// <param name="weights">Their weights; null where each counts as 1.</param>
    public (FormValue Weight, FormValue IsUnknown) Weight(FittedLookup column, FormValue key, FormValue list, FormValue? weights)
    {
        var isIt = Writer.Add("Equal", [list, key], []); // [B, L]
        var counted = weights is { } own ? Writer.Add("Where", [isIt, own, Single(0)], []) : Cast(isIt, ElementType.Float);
        var sum = Writer.Add("ReduceSum", [counted, Whole(1)], [new FormAttribute("keepdims", 1)]);
        return (sum, Writer.Add("Less", [key, Whole(space.Categorical[column.KeyPlace].Offset + 2)], []));
    }

    private FormValue Single(float number) => Writer.Constant([number], []);
}
