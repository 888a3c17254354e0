using System.Globalization;

namespace Consort.Data.Encoders;

/// <summary>Says why a model's logit of a row is not a finite number: no probability is given out for such a row.</summary>
public static class NotFiniteLogit
{
    /// <summary>
    /// The message: the numeric column whose value lies furthest beyond what the training rows hold, or that it is no column's fault.
    /// </summary>
    /// <param name="where">What the message begins with, such as <c>new.csv:3</c>; may be empty.</param>
    /// <param name="encoder">The encoder that made the row.</param>
    /// <param name="numerics">The row's numeric columns, [N].</param>
    public static string Explain(string where, Encoder encoder, ReadOnlySpan<float> numerics)
    {
        (NumberColumn? Column, float Value, double Distance) furthest = default;
        var c = 0;
        foreach (var column in encoder.Columns.OfType<NumberColumn>())
        {
            var distance = column.Distance(numerics[c]);
            if (distance > furthest.Distance) furthest = (column, numerics[c], distance);
            c++;
        }
        return furthest.Column is not { } far
            ? (where.Length == 0 ? "" : where + ": ")
            + "found no finite logit, expected one: the row's numbers are like those of the training rows, so the weights are at fault; "
                + "train again with a lower learning_rate"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{where}{(where.Length == 0 ? "" : ", ")}column {far.Name}: found about {far.Raw(furthest.Value):G6}, by which the model's logit is not finite, expected a number nearer to the training rows' {far.Facts.Range}; mend the value, or train with outside: clip for this field");
    }
}
