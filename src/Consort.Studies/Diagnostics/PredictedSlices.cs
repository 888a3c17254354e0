using Consort.Data.Encoders;
using Consort.Experiments.Statistics;

namespace Consort.Studies.Diagnostics;

/// <summary>Finds the rows, by the value of one field, that a model predicts worst.</summary>
internal static class PredictedSlices
{
    private const int LeastRows = 50;
    private const int Most = 30;

    /// <summary>The worst ones by log-loss over that of the slice's own click rate.</summary>
    public static IReadOnlyList<PredictedSlice> Of(Encoder encoder, RowSample sample, float[] labels, float[] logits, double[] losses)
    {
        var (space, slices) = (encoder.Space, new List<PredictedSlice>());
        var probabilities = Array.ConvertAll(logits, z => 1 / (1 + Math.Exp(-(double)z)));
        for (var c = 0; c < space.Categorical.Count; c++)
        {
            if (space.Categorical[c].List is not null || encoder.IsGenerated(c))
                continue;
            var place = c;
            slices.AddRange(Enumerable.Range(0, sample.Rows).GroupBy(row => sample.Ids[(row * space.Categorical.Count) + place])
                .Where(g => g.Count() >= LeastRows && g.Count() < sample.Rows)
                .Select(g => Measure(space.Categorical[place].Name, Value(encoder, space.Categorical[place].Offset, g.Key), [.. g])));
        }

        var p = ManyTests.Holm([.. slices.Select(s => (double?)s.P)]);
        return [.. slices.Select((s, i) => s with { P = p[i]!.Value }).OrderByDescending(s => s.Entropy).Take(Most)];

        PredictedSlice Measure(string field, string value, int[] rows)
        {
            var (clicks, predicted) = (rows.Count(row => labels[row] == 1), rows.Sum(row => probabilities[row]));
            var rate = clicks / (double)rows.Length;
            var own = rate is 0 or 1 ? 0 : -((rate * Math.Log(rate)) + ((1 - rate) * Math.Log(1 - rate)));
            var loss = rows.Average(row => losses[row]);
            var error = Math.Sqrt(rows.Sum(row => probabilities[row] * (1 - probabilities[row])));
            var p = error == 0 ? 1 : Comparison.FromNormal(predicted - clicks, error).PValue;
            return new PredictedSlice(field, value, rows.Length, clicks, loss, own == 0 ? double.NaN : loss / own, predicted / clicks, p);
        }
    }

    // Of a shared vocabulary the first two ids of the column itself are no tokens either.
    private static string Value(Encoder encoder, int offset, int id) => (id - offset) switch
    {
        0 => "(missing)",
        1 => "(unseen)",
        _ => encoder.Token(id),
    };
}
