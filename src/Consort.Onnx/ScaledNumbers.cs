using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;

namespace Consort.Onnx;

/// <summary>Numbers: which are missing, and (x − shift) · scale, held where it is to be held, 0 where missing.</summary>
internal sealed class ScaledNumbers(GraphWriter writer) : ColumnNodes(writer)
{
    /// <summary>What columns must have in common to be computed at once.</summary>
    public static string KeyOf(FittedColumn column) =>
        string.Join(' ', MissingNumbers(column).Select(n => n.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Whether a number is missing: NaN, and those numbers that the schema takes for missing.</summary>
    public FormValue IsMissing(FormValue x, FittedColumn column)
    {
        var isMissing = Writer.Add("IsNaN", [x], []);
        foreach (var number in MissingNumbers(column))
            isMissing = Writer.Add("Or", [isMissing, Writer.Add("Equal", [x, Number(number)], [])], []);
        return isMissing;
    }

    /// <summary>The numbers as a model reads them, float [B, k].</summary>
    /// <param name="x">Double [B, k].</param>
    /// <param name="isMissing">Which are missing.</param>
    /// <param name="columns">How each is scaled.</param>
    public FormValue Scaled(FormValue x, FormValue isMissing, FittedNumber[] columns)
    {
        if (columns.Any(c => double.IsFinite(c.Low)))
        {
            x = Writer.Add("Max", [x, Numbers(columns.Select(c => Math.Max(c.Low, double.MinValue)))], []);
            x = Writer.Add("Min", [x, Numbers(columns.Select(c => Math.Min(c.High, double.MaxValue)))], []);
        }

        if (columns.Any(c => c.Shift != 0))
            x = Writer.Add("Sub", [x, Numbers(columns.Select(c => c.Shift))], []);
        if (columns.Any(c => c.Scale != 1))
            x = Writer.Add("Mul", [x, Numbers(columns.Select(c => c.Scale))], []);
        if (columns.Any(c => c.IsHeld))
        {
            x = Writer.Add("Max", [x, Numbers(columns.Select(c => c.IsHeld ? 0 : double.MinValue))], []);
            x = Writer.Add("Min", [x, Numbers(columns.Select(c => c.IsHeld ? 1 : double.MaxValue))], []);
        }

        return Cast(Writer.Add("Where", [isMissing, Number(0), x], []), ElementType.Float);
    }

    private static IEnumerable<double> MissingNumbers(FittedColumn column) => column.Missing
        .Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
        .Where(double.IsFinite).Distinct().Order();
}
