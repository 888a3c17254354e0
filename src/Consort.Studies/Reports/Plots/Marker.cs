namespace Consort.Studies.Reports.Plots;

/// <summary>
/// The look of a series: a colour and a shape, so that who cannot tell the colours apart can tell the shapes. The style of the page gives
/// classes c0 … c7 colours that stay apart for the common kinds of colour blindness.
/// </summary>
internal static class Marker
{
    /// <summary>Colours; the next series begin again with another dash.</summary>
    public const int Colours = 8;

    private const double Size = 3.6;

    /// <summary>Classes of a line.</summary>
    public static string Line(int series) => $"line c{series % Colours}{(series % (2 * Colours) >= Colours ? " dashed" : "")}";

    /// <summary>Draws the shape of a series at a point, with a ring around it that is easier to touch.</summary>
    public static void Draw(Svg svg, int series, double x, double y, string? tip = null, bool isOpen = false)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y))
            return;
        svg.Open($"mark c{series % Colours}{(isOpen ? " open" : "")}", tip);
        if (tip is not null)
            svg.Circle("touch", x, y, 9);
        Shape(svg, series, x, y);
        svg.Close();
    }

    /// <summary>A sample for a legend: a stroke with the shape on it.</summary>
    public static string Sample(int series, bool isLine, bool isOpen = false)
    {
        var svg = new Svg(26, 12, "");
        if (isLine)
            svg.Line(Line(series), 1, 6, 25, 6);
        Draw(svg, series, 13, 6, isOpen: isOpen);
        return svg.ToString().Replace("role=\"img\" aria-label=\"\"", "aria-hidden=\"true\" width=\"26\" height=\"12\"",
            StringComparison.Ordinal);
    }

    private static void Shape(Svg svg, int series, double x, double y)
    {
        switch (series % 4)
        {
            case 0:
                svg.Circle("shape", x, y, Size);
                break;
            case 1:
                svg.Rectangle("shape", x - 3.2, y - 3.2, 6.4, 6.4);
                break;
            case 2:
                svg.Path("shape", [(x, y - 4.4), (x + 4.2, y + 3), (x - 4.2, y + 3)], close: true);
                break;
            default:
                svg.Path("shape", [(x, y - 4.6), (x + 4.6, y), (x, y + 4.6), (x - 4.6, y)], close: true);
                break;
        }
    }
}
