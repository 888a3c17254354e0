using System.Globalization;
using Consort.Learning.Diagnostics;

namespace Consort.Studies.Reports.Plots;

/// <summary>One curve of a reliability plot.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Curve">Its points.</param>
/// <param name="Look">Colour and shape.</param>
internal sealed record Reliability(string Name, CalibrationCurve Curve, int Look);

/// <summary>
/// Observed click rates against predicted probabilities: on the diagonal the two are equal. Upright bars are 95 % intervals of the observed
/// rate (Wilson 1927).
/// </summary>
internal sealed record ReliabilityPlot
{
    private const double Size = 340;
    private const double Normal95 = 1.959964;

    public required string Description { get; init; }

    public required IReadOnlyList<Reliability> Curves { get; init; }

    /// <summary>The 95 % interval of a share, kept in 0 to 1.</summary>
    public static (double Low, double High) Wilson(double share, long rows)
    {
        const double Z = Normal95 * Normal95;
        var centre = (share + (Z / (2 * rows))) / (1 + (Z / rows));
        var reach = Normal95 / (1 + (Z / rows)) * Math.Sqrt((share * (1 - share) / rows) + (Z / (4.0 * rows * rows)));
        return (Math.Max(0, centre - reach), Math.Min(1, centre + reach));
    }

    /// <summary>Draws it.</summary>
    public string Draw()
    {
        var svg = new Svg(Size + 20, Size, Description);
        var top = Curves.SelectMany(c => c.Curve.Bins).Max(b => Math.Max(b.Predicted, Wilson(b.Observed, b.Rows).High));
        var axis = Axis.Between(0, Math.Min(1, top * 1.06));
        var frame = new Frame(svg, axis, axis, Size + 20, Size, "predicted probability", "observed click rate");
        svg.Line("level", frame.AtX(0), frame.AtY(0), frame.AtX(axis.High), frame.AtY(axis.High));
        foreach (var (name, curve, look) in Curves)
        {
            foreach (var bin in curve.Bins)
            {
                var (low, high) = Wilson(bin.Observed, bin.Rows);
                svg.Line($"bar c{look % Marker.Colours}", frame.AtX(bin.Predicted), frame.AtY(low), frame.AtX(bin.Predicted),
                    frame.AtY(high));
            }

            svg.Path(Marker.Line(look), curve.Bins.Select(b => (frame.AtX(b.Predicted), frame.AtY(b.Observed))));
            foreach (var bin in curve.Bins)
                Marker.Draw(svg, look, frame.AtX(bin.Predicted), frame.AtY(bin.Observed), string.Create(
                    CultureInfo.InvariantCulture, $"{name}: predicted {bin.Predicted:P2}, observed {bin.Observed:P2} of {bin.Rows:N0} rows"));
        }

        return svg.ToString();
    }
}
