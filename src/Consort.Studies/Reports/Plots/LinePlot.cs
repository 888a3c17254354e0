namespace Consort.Studies.Reports.Plots;

/// <summary>A point of a line, with an interval where it has one.</summary>
/// <param name="X">Along the axis below.</param>
/// <param name="Y">Along the axis at the left; NaN interrupts the line.</param>
/// <param name="Low">Lower end of its interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Tip">Shown when the pointer rests on it.</param>
internal sealed record LinePoint(double X, double Y, double? Low = null, double? High = null, string? Tip = null);

/// <summary>A line.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Points">From left to right.</param>
/// <param name="Look">Which colour and shape.</param>
/// <param name="Marks">Whether each point has its shape; without, only the points that have a tip.</param>
/// <param name="IsThin">One of many.</param>
/// <param name="Dots">Single measurements beside it.</param>
internal sealed record Line(
    string Name, IReadOnlyList<LinePoint> Points, int Look, bool Marks = true, bool IsThin = false, IReadOnlyList<LinePoint>? Dots = null);

/// <summary>A level to compare with, across the whole plot.</summary>
internal sealed record Level(double Value, string Name);

/// <summary>Lines over two axes: training curves, spectra, quality against the number of members.</summary>
internal sealed record LinePlot
{
    /// <summary>For who cannot see it.</summary>
    public required string Description { get; init; }

    public required IReadOnlyList<Line> Lines { get; init; }

    public required string XName { get; init; }

    public required string YName { get; init; }

    /// <summary>Levels to compare with.</summary>
    public IReadOnlyList<Level> Levels { get; init; } = [];

    /// <summary>Whether the axis below counts: epochs, members.</summary>
    public bool WholeX { get; init; }

    /// <summary>Whether the axis at the left is logarithmic.</summary>
    public bool LogY { get; init; }

    /// <summary>Places along the axis below where something begins.</summary>
    public IReadOnlyList<Level> Borders { get; init; } = [];

    /// <summary>The axis at the left where several plots share one; null for one of its own.</summary>
    public Axis? SharedY { get; init; }

    public double Width { get; init; } = 360;

    public double Height { get; init; } = 236;

    /// <summary>All values along the axis at the left.</summary>
    public IEnumerable<double> Values => Lines
        .SelectMany(l => l.Points.Concat(l.Dots ?? []).SelectMany(p => new[] { p.Y, p.Low ?? p.Y, p.High ?? p.Y }))
        .Concat(Levels.Select(l => l.Value));

    /// <summary>Draws it.</summary>
    public string Draw()
    {
        var svg = new Svg(Width, Height, Description);
        var places = Lines.SelectMany(l => l.Points.Concat(l.Dots ?? [])).Select(p => p.X).ToList();
        var x = WholeX ? Axis.Whole(places) : Axis.Linear(places);
        var frame = new Frame(svg, x, SharedY ?? (LogY ? Axis.Logarithmic(Values) : Axis.Linear(Values)), Width, Height, XName, YName);
        foreach (var border in Borders)
        {
            svg.Line("border", frame.AtX(border.Value), frame.Bottom - frame.Height, frame.AtX(border.Value), frame.Bottom);
            svg.Text("note", frame.AtX(border.Value) + 4, frame.Bottom - frame.Height + 10, border.Name);
        }

        foreach (var level in Levels)
        {
            var y = frame.AtY(level.Value);
            svg.Line("level", frame.Left, y, frame.Left + frame.Width, y);
            svg.Text("note", frame.Left + frame.Width, y - 4, level.Name, "end");
        }

        foreach (var line in Lines)
        {
            var thin = line.IsThin ? " thin" : "";
            foreach (var dot in line.Dots ?? [])
                svg.Open($"dot c{line.Look % Marker.Colours}", dot.Tip).Circle("shape", frame.AtX(dot.X), frame.AtY(dot.Y), 2.2).Close();
            foreach (var point in line.Points.Where(p => p is { Low: not null, High: not null }))
                Interval(svg, frame, point, line.Look);
            svg.Path(Marker.Line(line.Look) + thin, line.Points.Select(p => (frame.AtX(p.X), frame.AtY(p.Y))));
            foreach (var point in line.Points.Where(p => line.Marks || p.Tip is not null))
                Marker.Draw(svg, line.Look, frame.AtX(point.X), frame.AtY(point.Y), point.Tip);
        }

        return svg.ToString();
    }

    private static void Interval(Svg svg, Frame frame, LinePoint point, int look)
    {
        var (x, low, high) = (frame.AtX(point.X), frame.AtY(point.Low!.Value), frame.AtY(point.High!.Value));
        var css = $"bar c{look % Marker.Colours}";
        svg.Line(css, x, low, x, high).Line(css, x - 3.5, low, x + 3.5, low).Line(css, x - 3.5, high, x + 3.5, high);
    }
}
