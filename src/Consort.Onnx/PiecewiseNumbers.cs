using Consort.Compute.Graphs;
using Consort.Data.Encoders;

namespace Consort.Onnx;

/// <summary>Numbers as two knots with weights that make 1, which operations read as a list.</summary>
internal sealed class PiecewiseNumbers(GraphWriter writer) : ColumnNodes(writer)
{
    /// <summary>Puts the ids [B, 2] and their weights where operations look for them; gives an id that nobody reads, [B, 1].</summary>
    /// <param name="place">The column's place among those of ids.</param>
    /// <param name="column">The column.</param>
    /// <param name="x">The number, double [B, 1].</param>
    /// <param name="isMissing">Whether it is missing.</param>
    public FormValue Id(int place, FittedPiecewise column, FormValue x, FormValue isMissing)
    {
        var (low, high, share) = column.Knots.Count < 2 ? Only(column) : Between(column, x);
        var lowId = Writer.Add("Where", [isMissing, Whole(column.Offset), low], []); // [B, 1]
        var highId = Writer.Add("Where", [isMissing, Whole(-1), high], []);
        var highWeight = Writer.Add("Where", [isMissing, Number(0), share], []);
        var weights = Joined(Writer.Add("Sub", [Number(1), highWeight], []), highWeight);
        Writer.SetList(place, Joined(lowId, highId), Cast(weights, ElementType.Float));
        return lowId;
    }

    // Every number is at the only knot, or unknown where training rows had none.
    private (FormValue Low, FormValue High, FormValue Share) Only(FittedPiecewise column)
    {
        var id = Whole(column.Offset + 1 + column.Knots.Count);
        return (id, id, Number(0));
    }

    private (FormValue Low, FormValue High, FormValue Share) Between(FittedPiecewise column, FormValue x)
    {
        var bins = column.Knots.Count - 1;
        // Of one bin there is no knot within, but something must be counted.
        double[] inner = bins > 1 ? [.. column.Knots.Skip(1).Take(bins - 1)] : [double.MaxValue];
        var below = Writer.Add("GreaterOrEqual", [x, Writer.Constant(inner, [1, inner.Length])], []); // [B, T − 1]
        var counted = Cast(below, ElementType.Int64);
        var bin = Writer.Add("ReduceSum", [counted, Whole(1)], [new FormAttribute("keepdims", 1)]); // [B, 1]
        var from = At(bin, column.Knots.Take(bins));
        var width = At(bin, Enumerable.Range(0, bins).Select(t => column.Knots[t + 1] - column.Knots[t]));
        var way = Writer.Add("Div", [Writer.Add("Sub", [x, from], []), width], []);
        var share = Writer.Add("Min", [Writer.Add("Max", [way, Number(0)], []), Number(1)], []);
        return (Writer.Add("Add", [bin, Whole(column.Offset + 2)], []), Writer.Add("Add", [bin, Whole(column.Offset + 3)], []), share);
    }

    private FormValue At(FormValue bin, IEnumerable<double> numbers) => Writer.Add("Gather", [Numbers(numbers), bin], []);
}
