using System.Globalization;
using Consort.Data.Schemas;

namespace Consort.Data.Encoders;

/// <summary>What training rows say of a numeric field.</summary>
/// <param name="Count">Rows with a value.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation (divided by n).</param>
/// <param name="Min">The least value.</param>
/// <param name="Max">The greatest value.</param>
internal readonly record struct NumberFacts(long Count, double Mean, double Deviation, double Min, double Max)
{
    /// <summary>How many widths beyond the range a value is far outside.</summary>
    public const double Widths = 10;

    /// <summary>The numbers that are not far outside; see <see cref="Field.Outside"/>.</summary>
    public (double Low, double High) Bounds(TransformKind transform)
    {
        var width = Width(transform);
        return (Min - Widths * width, Max + Widths * width);
    }

    /// <summary>How many widths a value lies beyond the range; 0 within.</summary>
    public double Distance(double value, TransformKind transform)
    {
        var beyond = Math.Max(0, Math.Max(Min - value, value - Max));
        return beyond == 0 ? 0 : beyond / Math.Max(Width(transform), double.Epsilon);
    }

    /// <summary>What these and later rows say together, these counting so much each; the range grows.</summary>
    public NumberFacts Follow(NumberFacts later, double weight)
    {
        var own = (long)(Count * weight);
        if (later.Count == 0 || own == 0) return later.Count == 0 ? this : later;
        var (all, gap) = (own + later.Count, later.Mean - Mean);
        var share = later.Count / (double)all;
        var variance = (1 - share) * Deviation * Deviation + share * later.Deviation * later.Deviation + share * (1 - share) * gap * gap;
        return new NumberFacts(
            all, Mean + share * gap, Math.Sqrt(variance), Math.Min(Min, later.Min), Math.Max(Max, later.Max));
    }

    /// <summary>The range, for messages.</summary>
    public string Range => string.Create(CultureInfo.InvariantCulture, $"{Min:G6} to {Max:G6}");

    // Scaled by its range a constant column is all zeros; as it is, one that was always 0 may well become 1.
    private double Width(TransformKind transform) =>
        transform == TransformKind.None ? Math.Max(Math.Max(Max - Min, 1), Math.Max(Math.Abs(Min), Math.Abs(Max))) : Max - Min;
}
