namespace Consort.Studies.Reports.Plots;

/// <summary>A row of a strip plot.</summary>
/// <param name="Name">At its left.</param>
/// <param name="Dots">Single measurements with what is said of each.</param>
/// <param name="Mean">Marked by the shape, or null.</param>
/// <param name="Low">Lower end of the mean's interval, or null.</param>
/// <param name="High">Upper end.</param>
/// <param name="Tip">Said of the mean.</param>
/// <param name="Look">Colour and shape.</param>
/// <param name="DotLook">Colour of the dots, or null for the same.</param>
internal sealed record Strip(
    string Name, IReadOnlyList<(double Value, string Tip)> Dots, double? Mean, double? Low, double? High, string Tip, int Look = 0,
    int? DotLook = null);

/// <summary>Measurements as dots on one axis, a row for each setting: the spread is seen, not only told.</summary>
internal sealed record StripPlot
{
    private const double RowHeight = 24;
    private const double CharacterWidth = 6.9;

    public required string Description { get; init; }

    public required IReadOnlyList<Strip> Strips { get; init; }

    public required string Name { get; init; }

    /// <summary>Upright lines to compare with.</summary>
    public IReadOnlyList<Level> Levels { get; init; } = [];

    /// <summary>Draws it.</summary>
    /// <param name="width">In pixels at scale 1; on a narrow picture names stand above their rows.</param>
    public string Draw(double width)
    {
        var longest = Strips.Max(s => s.Name.Length) * CharacterWidth;
        var isAbove = longest > 0.42 * width;
        var left = isAbove ? 8 : longest + 14;
        var rowHeight = isAbove ? RowHeight + 14 : RowHeight;
        var top = Levels.Count > 0 ? 22 : 8;
        var bottom = top + (rowHeight * Strips.Count);
        var svg = new Svg(width, bottom + 40, Description);
        var axis = Axis.Linear(
            Strips.SelectMany(s => s.Dots.Select(d => d.Value).Concat([s.Mean ?? double.NaN, s.Low ?? double.NaN, s.High ?? double.NaN]))
                .Concat(Levels.Select(l => l.Value)), width < 500 ? 4 : 7);
        foreach (var tick in axis.Ticks)
        {
            svg.Line("grid", At(tick.Value), top, At(tick.Value), bottom);
            svg.Text("tick", At(tick.Value), bottom + 16, tick.Label, "middle");
        }

        svg.Text("name", width - 12, bottom + 34, Name, "end");
        foreach (var level in Levels)
        {
            svg.Line("level", At(level.Value), top, At(level.Value), bottom);
            svg.Text("note", At(level.Value), top - 6, level.Name, axis.Place(level.Value) > 0.6 ? "end" : "start");
        }

        for (var i = 0; i < Strips.Count; i++)
        {
            var strip = Strips[i];
            var y = top + (rowHeight * i) + (isAbove ? 27 : 12);
            if (isAbove)
                svg.Text("label", 8, y - 11, Cut(strip.Name, (int)((width - 16) / CharacterWidth)));
            else
                svg.Text("label", left - 8, y + 4, strip.Name, "end");
            svg.Line("row", left, y, width - 12, y);
            foreach (var (value, tip) in strip.Dots.Where(d => double.IsFinite(d.Value)))
                svg.Open($"dot c{(strip.DotLook ?? strip.Look) % Marker.Colours}", tip).Circle("touch", At(value), y, 7)
                    .Circle("shape", At(value), y, 3).Close();
            if (strip is { Low: { } low, High: { } high })
                svg.Line($"bar c{strip.Look % Marker.Colours}", At(low), y, At(high), y);
            if (strip.Mean is { } mean)
                Marker.Draw(svg, strip.Look, At(mean), y, strip.Tip);
        }

        return svg.ToString();

        double At(double value) => left + ((width - 12 - left) * axis.Place(value));
    }

    private static string Cut(string name, int characters) => name.Length <= characters ? name : name[..(characters - 1)] + "…";
}
