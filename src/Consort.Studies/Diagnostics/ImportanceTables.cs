using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Studies.Diagnostics;

/// <summary>Importances as tables, on a page and on a terminal.</summary>
internal static class ImportanceTables
{
    /// <summary>Fields, the most important first.</summary>
    public static ResultTable OfFields(FieldImportances found) => ResultTable.Of(
        found.Fields,
        new("field", f => f.Field),
        new("log-loss rises by", f => f.LogLoss.Value, "F5"),
        new("95 %", f => Ends(f.LogLoss), ResultColumn.Right),
        new("AUC falls by", f => f.Auc?.Value, "F5"),
        new("95 %", f => f.Auc is { } auc ? Ends(auc) : null, ResultColumn.Right));

    /// <summary>Pairs, the strongest first.</summary>
    public static ResultTable OfPairs(FieldImportances found) => ResultTable.Of(
        found.Pairs,
        new("fields", p => $"{p.First} and {p.Second}"),
        new("both cost", p => p.Joint, "F5"),
        new("each alone, added", p => p.Sum, "F5"),
        new("interaction", p => p.Interaction.Value, "+0.00000;-0.00000;0.00000"),
        new("95 %", p => Ends(p.Interaction), ResultColumn.Right));

    /// <summary>Slices, the worst first.</summary>
    public static ResultTable OfSlices(FieldImportances found) => ResultTable.Of(
        found.Slices,
        new("slice", s => $"{s.Field} = {PrintableText.Short(s.Value, 40)}"),
        new("rows", s => s.Rows, "N0"),
        new("clicks", s => s.Clicks, "N0"),
        new("log-loss", s => s.LogLoss, "F5"),
        new("over its own rate's", s => s.Entropy, "F4"),
        new("predicted / observed", s => s.Ratio, "F3"),
        new("p by Holm", s => s.P, "F4"));

    /// <summary>Curves, a row a point.</summary>
    public static ResultTable OfCurves(FieldImportances found) => ResultTable.Of(
        found.Curves.SelectMany(c => c.Values.Zip(c.Probabilities, (v, p) => (c.Column, Value: v, Probability: p))),
        new("column", r => r.Column),
        new("value", r => r.Value, "G5"),
        new("mean probability", r => r.Probability, "F5"));

    private static string Ends(Interval interval) =>
        string.Create(ShownNumbers.Culture, $"{interval.Low:F5} to {interval.High:F5}");
}
